// RocksDB in lock-step: explicit flushes, one job at a time, its own listener counts. Before each
// of its jobs our planner is asked what it would do with the same tables.
#include <rocksdb/db.h>
#include <rocksdb/listener.h>
#include <rocksdb/options.h>

#include <mutex>
#include <stdexcept>

#include "lockstep.h"

namespace lsmkit::bench {
namespace {

// What an entry takes in RocksDB's files, which levels are measured in: less than key and value,
// for keys share their beginnings. And in the data blocks alone, which end a table. So tables and
// levels of the shape hold as many entries here as in the other trees.
constexpr uint64_t kEntryBytes = 115;
constexpr uint64_t kEntryDataBytes = 113;

CompactionOptions judge_options(const LockstepShape& shape, OurRules rules) {
  CompactionOptions out = lockstep_options(shape, rules, kEntryBytes);
  out.table_weight = shape.table_entries * kEntryDataBytes;
  return out;
}

void ensure(const rocksdb::Status& status) {
  if (!status.ok()) throw std::runtime_error(status.ToString());
}

// Keys without their seqnos.
ForeignTable foreign_table(const rocksdb::LiveFileMetaData& file) {
  ForeignTable table;
  table.number = file.file_number;
  table.level = static_cast<uint32_t>(file.level);
  table.bytes = file.size;
  table.smallest = file.smallestkey;
  table.largest = file.largestkey;
  table.smallest_seqno = file.smallest_seqno;
  table.largest_seqno = file.largest_seqno;
  table.entries = file.num_entries;
  table.tombstones = file.num_deletions;
  return table;
}

class Counting final : public rocksdb::EventListener {
 public:
  explicit Counting(PickJudge judge) : judge_(std::move(judge)) {}

  // Nothing else runs, so these are still the tables that the job was chosen from.
  void OnCompactionBegin(rocksdb::DB* db, const rocksdb::CompactionJobInfo& info) override {
    std::vector<rocksdb::LiveFileMetaData> files;
    db->GetLiveFilesMetaData(&files);
    std::vector<ForeignTable> tables;
    for (const auto& file : files) tables.push_back(foreign_table(file));
    ForeignJob job;
    job.output_level = static_cast<uint32_t>(info.output_level);
    for (const auto& input : info.input_file_infos) job.inputs.push_back(input.file_number);
    const std::lock_guard lock(mutex_);
    judge_.judge(tables, job);
  }
  void OnFlushCompleted(rocksdb::DB*, const rocksdb::FlushJobInfo& info) override {
    const std::lock_guard lock(mutex_);
    work_.flushed += info.table_properties.num_entries;
  }
  void OnCompactionCompleted(rocksdb::DB*, const rocksdb::CompactionJobInfo& info) override {
    const std::lock_guard lock(mutex_);
    ++ended_;
    const auto level = static_cast<size_t>(info.output_level);
    if (work_.written.size() <= level) work_.written.resize(level + 1);
    if (info.stats.num_output_records == 0 && info.stats.num_input_records == 0) {
      work_.moves += info.input_files.size();
      return;
    }
    work_.written[level] += info.stats.num_output_records;
    ++work_.jobs;
  }
  LockstepWork work() const {
    const std::lock_guard lock(mutex_);
    return work_;
  }
  // Compactions, moves among them.
  uint64_t ended() const {
    const std::lock_guard lock(mutex_);
    return ended_;
  }
  // Requires: no job is running.
  const PickTally& picks() const { return judge_.tally(); }

 private:
  mutable std::mutex mutex_;
  LockstepWork work_;
  uint64_t ended_ = 0;
  PickJudge judge_;
};

rocksdb::CompactionPri priority_of(const std::string& picker) {
  if (picker == "min_overlapping_ratio") return rocksdb::kMinOverlappingRatio;
  if (picker == "round_robin") return rocksdb::kRoundRobin;
  if (picker == "oldest_smallest_seq") return rocksdb::kOldestSmallestSeqFirst;
  if (picker == "oldest_largest_seq") return rocksdb::kOldestLargestSeqFirst;
  throw std::invalid_argument("RocksDB has no picker " + picker);
}

class RocksDbTree final : public LockstepTree {
 public:
  RocksDbTree(const LockstepShape& shape, OurRules rules, const std::string& path)
      : counting_(
            std::make_shared<Counting>(PickJudge(judge_options(shape, rules), shape.differences))) {
    rocksdb::Options options;
    options.create_if_missing = true;
    options.compression = rocksdb::kNoCompression;
    if (rules == OurRules::kAsUniversal)
      options.compaction_style = rocksdb::kCompactionStyleUniversal;
    options.write_buffer_size = size_t{1} << 30;  // flushes are asked for
    options.target_file_size_base = shape.table_entries * kEntryDataBytes;
    options.max_bytes_for_level_base = shape.base_entries * kEntryBytes;
    options.max_bytes_for_level_multiplier = shape.fanout;
    options.level0_file_num_compaction_trigger = static_cast<int>(shape.l0_trigger);
    options.level0_slowdown_writes_trigger = options.level0_stop_writes_trigger = 1'000;
    options.soft_pending_compaction_bytes_limit = options.hard_pending_compaction_bytes_limit = 0;
    options.level_compaction_dynamic_level_bytes = shape.dynamic_levels;
    options.compaction_pri = priority_of(shape.picker);
    options.max_background_jobs = 2;
    options.max_subcompactions = 1;
    options.listeners.push_back(counting_);
    rocksdb::DB* db = nullptr;
    ensure(rocksdb::DB::Open(options, path, &db));
    db_.reset(db);
    writing_.disableWAL = true;
  }

  void put(std::string_view key) override {
    ensure(db_->Put(writing_, rocksdb::Slice(key.data(), key.size()), value_));
  }
  void remove(std::string_view key) override {
    ensure(db_->Delete(writing_, rocksdb::Slice(key.data(), key.size())));
  }
  // A pause waits for what is scheduled and lets nothing else begin; what became due by then is
  // scheduled when it ends. So nothing is due when nothing was done between two of them. (The
  // universal style says compaction-pending also where its picker finds nothing to do.)
  void flush_and_settle() override {
    ensure(db_->Flush({}));
    ensure(db_->PauseBackgroundWork());
    for (uint64_t before = counting_->ended() + 1; before != counting_->ended();) {
      before = counting_->ended();
      ensure(db_->ContinueBackgroundWork());
      ensure(db_->PauseBackgroundWork());
    }
    ensure(db_->ContinueBackgroundWork());
  }

  LockstepWork work() const override { return counting_->work(); }
  std::vector<LockstepLevel> levels() const override {
    std::vector<rocksdb::LiveFileMetaData> files;
    db_->GetLiveFilesMetaData(&files);
    std::vector<LockstepLevel> out(static_cast<size_t>(db_->NumberLevels()));
    for (const auto& file : files) {
      LockstepLevel& level = out[static_cast<size_t>(file.level)];
      ++level.tables;
      level.entries += file.num_entries;
    }
    return out;
  }
  uint64_t run_count() const override {
    uint64_t runs = 0;
    const auto all = levels();
    for (size_t n = 0; n < all.size(); ++n) runs += n == 0 ? all[n].tables : all[n].tables > 0;
    return runs;
  }
  const PickTally* picks() const override { return &counting_->picks(); }

 private:
  std::shared_ptr<Counting> counting_;
  std::unique_ptr<rocksdb::DB> db_;
  rocksdb::WriteOptions writing_;
  const std::string value_ = std::string(kLockstepValueBytes, 'v');
};

}  // namespace

std::unique_ptr<LockstepTree> lockstep_rocksdb(const LockstepShape& shape, OurRules rules,
                                               const std::string& path) {
  return std::make_unique<RocksDbTree>(shape, rules, path);
}

}  // namespace lsmkit::bench
