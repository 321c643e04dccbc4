// RocksDB in lock-step: explicit flushes, one job at a time, its own listener counts. Before each
// of its jobs our planner is asked what it would do with the same tables.
#include <rocksdb/db.h>
#include <rocksdb/listener.h>
#include <rocksdb/options.h>
#include <rocksdb/table.h>

#include <exception>
#include <mutex>
#include <stdexcept>

#include "lockstep.h"
#include "lockstep_cursors.h"
#include "lockstep_ties.h"

namespace lsmkit::bench {
namespace {

// RocksDB decides by the bytes of files, in steps of whole blocks: how heavy a table is while it is
// written shows when a block is full, so it ends up to 36 entries of 116 bytes off its target. Here
// it is given one entry a block, whole keys in the index, and the bytes of an entry asked for. A
// tombstone takes 41 of an entry's 2,041 bytes of data, and 69 of 2,069 with its index, where both
// are to weigh alike: so values are large, and ours such that a tombstone weighs what lies between
// (kLockstepValueBytesBesideRocksDb).
struct Sizes {
  size_t value_bytes;
  uint64_t entry_bytes;  // of a file, by which levels and inputs are measured
  uint64_t data_bytes;   // of an entry in the data blocks, which end a table
  uint64_t table_bytes;  // of a file, whatever is in it
};

Sizes sizes_of(const LockstepShape& shape) {
  if (!shape.exact) return {kLockstepValueBytes, 115, 113, 0};
  return {2000, 2069, 2041, 0};
}

uint64_t target_bytes(const LockstepShape& shape) {
  // The last entry is counted when the next one comes.
  return (shape.table_entries - (shape.exact ? 1 : 0)) * sizes_of(shape).data_bytes;
}
uint64_t base_bytes(const LockstepShape& shape) {
  const Sizes sizes = sizes_of(shape);
  return shape.base_entries * sizes.entry_bytes +
         shape.base_entries / shape.table_entries * sizes.table_bytes;
}
// As many tables as RocksDB takes by default.
uint64_t job_bytes(const LockstepShape& shape) {
  const Sizes sizes = sizes_of(shape);
  if (!shape.exact) return 25 * target_bytes(shape);
  return 25 * (shape.table_entries * sizes.entry_bytes + sizes.table_bytes - sizes.entry_bytes / 2);
}

CompactionOptions judge_options(const LockstepShape& shape, OurRules rules) {
  CompactionOptions out = lockstep_options(shape, rules, sizes_of(shape).entry_bytes);
  out.table_weight = target_bytes(shape);
  out.base_weight = base_bytes(shape);
  out.max_compaction_weight = job_bytes(shape);
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

std::vector<ForeignTable> live_tables(rocksdb::DB* db) {
  std::vector<rocksdb::LiveFileMetaData> files;
  db->GetLiveFilesMetaData(&files);
  std::vector<ForeignTable> tables;
  for (const auto& file : files) tables.push_back(foreign_table(file));
  return tables;
}

class Counting final : public rocksdb::EventListener {
 public:
  Counting(const LockstepShape& shape, OurRules rules)
      : judge_(judge_options(shape, rules),
               shape.exact ? Planner(plan_with_rocksdb_ties) : plan_compaction, shape.differences),
        outputs_(lockstep_options(shape, rules, lockstep_entry_weight(shape, rules)),
                 lockstep_universe(shape.keys), shape.table_entries / 100, shape.differences),
        cursors_(rules == OurRules::kAsRocksDb && shape.picker == "round_robin",
                 [this](uint64_t table, std::string_view key) {
                   return outputs_.newest_in(table, key);
                 }),
        value_bytes_(lockstep_value_bytes(shape, rules)) {}

  void wrote(std::string_view key, bool is_delete) { outputs_.wrote(key, is_delete, value_bytes_); }

  // Nothing else runs, so these are still the tables that the job was chosen from.
  void OnCompactionBegin(rocksdb::DB* db, const rocksdb::CompactionJobInfo& info) override {
    const std::vector<ForeignTable> tables = live_tables(db);
    ForeignJob job;
    job.output_level = static_cast<uint32_t>(info.output_level);
    for (const auto& input : info.input_file_infos) job.inputs.push_back(input.file_number);
    const std::lock_guard lock(mutex_);
    guarded([&] {
      outputs_.meet(tables);
      const std::vector<std::string> cursors = cursors_.for_ours(tables, job);
      outputs_.begin(tables, job, cursors);
      judge_.judge(tables, job, cursors);
      cursors_.move(tables, job);
    });
  }
  void OnFlushCompleted(rocksdb::DB*, const rocksdb::FlushJobInfo& info) override {
    const std::lock_guard lock(mutex_);
    guarded([&] { outputs_.flushed(info.file_number); });
    work_.flushed += info.table_properties.num_entries;
  }
  void OnCompactionCompleted(rocksdb::DB* db, const rocksdb::CompactionJobInfo& info) override {
    const std::vector<ForeignTable> tables = live_tables(db);
    const std::lock_guard lock(mutex_);
    guarded([&] { outputs_.end(tables); });
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
  // Throws what a judge threw, which RocksDB's threads must not.
  void check() const {
    const std::lock_guard lock(mutex_);
    if (first_error_) std::rethrow_exception(first_error_);
  }
  // Compactions, moves among them.
  uint64_t ended() const {
    const std::lock_guard lock(mutex_);
    return ended_;
  }
  // Requires: no job is running.
  const PickTally& picks() const { return judge_.tally(); }
  const OutputTally& outputs() const { return outputs_.tally(); }

 private:
  // Requires: mutex_ held.
  template <class Judge>
  void guarded(const Judge& judge) {
    if (first_error_) return;
    try {
      judge();
    } catch (...) {
      first_error_ = std::current_exception();
    }
  }

  mutable std::mutex mutex_;
  std::exception_ptr first_error_;
  LockstepWork work_;
  uint64_t ended_ = 0;
  PickJudge judge_;
  OutputJudge outputs_;
  RocksDbCursors cursors_;
  const uint32_t value_bytes_;
};

rocksdb::CompactionPri priority_of(const std::string& picker) {
  if (picker == "min_overlapping_ratio") return rocksdb::kMinOverlappingRatio;
  if (picker == "round_robin") return rocksdb::kRoundRobin;
  if (picker == "oldest_smallest_seq") return rocksdb::kOldestSmallestSeqFirst;
  if (picker == "oldest_largest_seq") return rocksdb::kOldestLargestSeqFirst;
  throw std::invalid_argument("RocksDB has no picker " + picker);
}

// So that a table's size is known to the entry.
void set_entry_blocks(rocksdb::Options& options) {
  rocksdb::BlockBasedTableOptions tables;
  tables.block_size = 1;
  tables.index_shortening = rocksdb::BlockBasedTableOptions::IndexShorteningMode::kNoShortening;
  tables.no_block_cache = true;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(tables));
  options.compaction_readahead_size = size_t{1} << 20;
}

class RocksDbTree final : public LockstepTree {
 public:
  RocksDbTree(const LockstepShape& shape, OurRules rules, const std::string& path)
      : counting_(std::make_shared<Counting>(shape, rules)),
        value_(sizes_of(shape).value_bytes, 'v') {
    rocksdb::Options options;
    options.create_if_missing = true;
    options.compression = rocksdb::kNoCompression;
    if (rules == OurRules::kAsUniversal)
      options.compaction_style = rocksdb::kCompactionStyleUniversal;
    options.write_buffer_size = size_t{1} << 30;  // flushes are asked for
    options.target_file_size_base = target_bytes(shape);
    options.max_bytes_for_level_base = base_bytes(shape);
    options.max_compaction_bytes = job_bytes(shape);
    options.max_bytes_for_level_multiplier = shape.fanout;
    options.level0_file_num_compaction_trigger = static_cast<int>(shape.l0_trigger);
    options.level0_slowdown_writes_trigger = options.level0_stop_writes_trigger = 1'000;
    options.soft_pending_compaction_bytes_limit = options.hard_pending_compaction_bytes_limit = 0;
    options.level_compaction_dynamic_level_bytes = shape.dynamic_levels;
    options.compaction_pri = priority_of(shape.picker);
    options.max_background_jobs = 2;
    options.max_subcompactions = 1;
    options.listeners.push_back(counting_);
    if (shape.exact) set_entry_blocks(options);
    rocksdb::DB* db = nullptr;
    ensure(rocksdb::DB::Open(options, path, &db));
    db_.reset(db);
    writing_.disableWAL = true;
  }

  void put(std::string_view key) override {
    counting_->wrote(key, false);
    ensure(db_->Put(writing_, rocksdb::Slice(key.data(), key.size()), value_));
  }
  void remove(std::string_view key) override {
    counting_->wrote(key, true);
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
    counting_->check();
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
  const OutputTally* outputs() const override { return &counting_->outputs(); }

 private:
  std::shared_ptr<Counting> counting_;
  std::unique_ptr<rocksdb::DB> db_;
  rocksdb::WriteOptions writing_;
  const std::string value_;
};

}  // namespace

std::unique_ptr<LockstepTree> lockstep_rocksdb(const LockstepShape& shape, OurRules rules,
                                               const std::string& path) {
  return std::make_unique<RocksDbTree>(shape, rules, path);
}

}  // namespace lsmkit::bench
