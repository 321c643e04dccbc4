// LevelDB in lock-step. It has no listener and no call that waits for compactions, so its Env
// counts the work that it schedules, and its own log tells what each job wrote, by level and in
// keys.
#include <leveldb/db.h>
#include <leveldb/env.h>
#include <leveldb/options.h>

#include <condition_variable>
#include <cstdarg>
#include <cstdio>
#include <map>
#include <mutex>
#include <set>
#include <sstream>
#include <stdexcept>

#include "lockstep.h"

namespace lsmkit::bench {
namespace {

constexpr uint64_t kL1Bytes = 10 << 20;  // LevelDB's own; ten times as many at each level below
// What an entry takes beyond its value, in a table's blocks and, with index and footer, in its
// file: 16.8 and 20.2. Rounded up: in the default shape four tables just fit into L1, and a byte
// too few here would have one of them always go down.
constexpr uint64_t kBlockOverheadBytes = 17;
constexpr uint64_t kFileOverheadBytes = 21;
constexpr uint64_t kBlockBytes = 4096;  // LevelDB's default, for whose end a full table waits

void ensure(const leveldb::Status& status) {
  if (!status.ok()) throw std::runtime_error(status.ToString());
}

// LevelDB schedules the next job before the last one returns, so nothing is due once none is left.
class CountingEnv final : public leveldb::EnvWrapper {
 public:
  CountingEnv() : EnvWrapper(leveldb::Env::Default()) {}

  void Schedule(void (*function)(void*), void* argument) override {
    {
      const std::lock_guard lock(mutex_);
      ++scheduled_;
    }
    target()->Schedule(&CountingEnv::run, new Work{this, function, argument});
  }
  void wait_until_idle() {
    std::unique_lock lock(mutex_);
    idle_.wait(lock, [&] { return scheduled_ == 0; });
  }

 private:
  struct Work {
    CountingEnv* env;
    void (*function)(void*);
    void* argument;
  };
  static void run(void* opaque) {
    const std::unique_ptr<Work> work(static_cast<Work*>(opaque));
    work->function(work->argument);
    const std::lock_guard lock(work->env->mutex_);
    --work->env->scheduled_;
    work->env->idle_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable idle_;
  uint64_t scheduled_ = 0;
};

// Reads "Generated table #7@1: 4519 keys, ...", "Moved #7 to level-2 ..." and "Compacted ...".
class ReadingLogger final : public leveldb::Logger {
 public:
  void Logv(const char* format, std::va_list arguments) override {
    char line[512];
    std::vsnprintf(line, sizeof line, format, arguments);
    const std::lock_guard lock(mutex_);
    unsigned long long number = 0, keys = 0;
    unsigned input_level = 0;
    if (std::sscanf(line, "Generated table #%llu@%u: %llu keys", &number, &input_level, &keys) ==
        3) {
      if (work_.written.size() <= input_level + 1) work_.written.resize(input_level + 2);
      work_.written[input_level + 1] += keys;
      entries_[number] = keys;
    } else if (std::sscanf(line, "Moved #%llu to", &number) == 1) {
      ++work_.moves;
    } else if (std::string_view(line).starts_with("Compacted ")) {
      ++work_.jobs;
    } else if (std::sscanf(line, "Level-0 table #%llu: %llu bytes", &number, &keys) == 2) {
      flushed_tables_.push_back(number);
    }
  }
  // What the memtable held that has just been flushed, and of how many keys.
  void flushed(uint64_t entries, uint64_t keys) {
    const std::lock_guard lock(mutex_);
    for (const uint64_t number : flushed_tables_) entries_[number] = entries;
    flushed_tables_.clear();
    work_.flushed += keys;
  }
  LockstepWork work() const {
    const std::lock_guard lock(mutex_);
    return work_;
  }
  uint64_t entries_of(uint64_t table) const {
    const std::lock_guard lock(mutex_);
    return entries_.at(table);
  }

 private:
  mutable std::mutex mutex_;
  LockstepWork work_;
  std::map<uint64_t, uint64_t> entries_;
  std::vector<uint64_t> flushed_tables_;
};

class LevelDbTree final : public LockstepTree {
 public:
  LevelDbTree(const LockstepShape& shape, const std::string& path) {
    if (shape.dynamic_levels || shape.fanout != 10 || shape.l0_trigger != 4)
      throw std::invalid_argument(
          "LevelDB has static levels, a fanout of 10 and an L0 trigger of 4");
    // Its first level is of fixed size, so the size of an entry gives how many it holds.
    const uint64_t file_bytes = kL1Bytes / shape.base_entries;
    if (file_bytes <= kFileOverheadBytes)
      throw std::invalid_argument("LevelDB's first level holds at most " +
                                  std::to_string(kL1Bytes / (kFileOverheadBytes + 1)) + " entries");
    value_.assign(file_bytes - kFileOverheadBytes, 'v');
    const uint64_t entry_bytes = value_.size() + kBlockOverheadBytes;
    options_.create_if_missing = true;
    options_.compression = leveldb::kNoCompression;
    options_.env = &env_;
    options_.info_log = &log_;
    options_.write_buffer_size = size_t{1} << 30;  // flushes are asked for
    options_.block_size = kBlockBytes;
    options_.max_file_size = shape.table_entries * entry_bytes - kBlockBytes / 2;
    if (options_.max_file_size < size_t{1} << 20)
      throw std::invalid_argument("LevelDB's tables are a tenth of its first level at least");
    leveldb::DB* db = nullptr;
    ensure(leveldb::DB::Open(options_, path, &db));
    db_.reset(db);
    span_all_keys();
  }

  void put(std::string_view key) override {
    note(key);
    ensure(db_->Put({}, leveldb::Slice(key.data(), key.size()), value_));
  }
  void remove(std::string_view key) override {
    note(key);
    ensure(db_->Delete({}, leveldb::Slice(key.data(), key.size())));
  }
  // A manual compaction flushes first; above all keys it does nothing else.
  void flush_and_settle() override {
    const leveldb::Slice above("~", 1);
    db_->CompactRange(&above, &above);
    env_.wait_until_idle();
    log_.flushed(memtable_entries_, memtable_keys_.size());
    memtable_entries_ = 0;
    memtable_keys_.clear();
  }

  LockstepWork work() const override { return log_.work(); }
  // The property lists "--- level 1 ---" and below it " 17:123['a' @ 1 : 1 .. 'd' @ 9 : 1]".
  std::vector<LockstepLevel> levels() const override {
    std::string text;
    if (!db_->GetProperty("leveldb.sstables", &text)) throw std::runtime_error("leveldb.sstables");
    std::vector<LockstepLevel> out;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      unsigned long long number = 0;
      if (line.starts_with("---")) {
        out.emplace_back();
      } else if (std::sscanf(line.c_str(), " %llu:", &number) == 1) {
        ++out.back().tables;
        out.back().entries += log_.entries_of(number);
      }
    }
    return out;
  }
  uint64_t run_count() const override {
    uint64_t runs = 0;
    const auto all = levels();
    for (size_t n = 0; n < all.size(); ++n) runs += n == 0 ? all[n].tables : all[n].tables > 0;
    return runs;
  }

 private:
  // A memtable that overlaps neither L0 nor L1 is flushed into L1 or L2. After the least key in L2,
  // it and the greatest in L1, all memtables go to L0, as ours do: else one job of L0 fewer is
  // done in the end, which is several per cent of what goes into L1.
  void span_all_keys() {
    put("!");
    flush_and_settle();
    put("!");
    put("}");
    flush_and_settle();
  }

  // LevelDB writes each version that a memtable holds into its table. Counted as flushed is what a
  // flush writes that keeps one of a key: how often keys come again is no matter of compaction.
  void note(std::string_view key) {
    ++memtable_entries_;
    memtable_keys_.emplace(key);
  }

  CountingEnv env_;
  ReadingLogger log_;
  leveldb::Options options_;
  std::unique_ptr<leveldb::DB> db_;  // goes before what it uses
  std::string value_;
  uint64_t memtable_entries_ = 0;
  std::set<std::string, std::less<>> memtable_keys_;
};

}  // namespace

std::unique_ptr<LockstepTree> lockstep_leveldb(const LockstepShape& shape,
                                               const std::string& path) {
  return std::make_unique<LevelDbTree>(shape, path);
}

}  // namespace lsmkit::bench
