// The exact simulator: a tree whose tables hold columns of records instead of files. Planner, rules
// and merge are the engine's own, and it goes through them in the same order as an engine with
// background="inline": so beside that engine, given the same writes, it makes the same edits.
//
//   put -> memtable -> full: flush -> plan and carry out until nothing is due -> next put
//
// Or jobs take time: then whoever has a clock (timed_run.h) commits, seals, and begins and finishes
// each job, and only what is finished is seen.
//
// All integers, no clock of its own, no randomness.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "lsmkit/planner/planner.h"
#include "lsmkit/rules/merge_tables.h"
#include "lsmkit/sim/exact_reads.h"
#include "lsmkit/sim/exact_start.h"
#include "lsmkit/sim/key_universe.h"
#include "lsmkit/sim/newest_records.h"
#include "lsmkit/sim/record_merge.h"
#include "lsmkit/sim/sim_job.h"
#include "lsmkit/trace/event.h"

namespace lsmkit {

struct SimWrite {
  KeyRank rank = 0;
  Kind kind = Kind::kPut;
  uint32_t value_bytes = 0;  // puts only
};

class ExactTree {
 public:
  // Told of each flush and compaction, after the edit.
  using Observer = std::function<void(const Event&)>;

  // Without `reads`, get and scan do nothing.
  ExactTree(std::shared_ptr<const KeyUniverse> keys, const CompactionOptions& options,
            const std::optional<ReadOptions>& reads = std::nullopt);
  // Goes on from there: counters begin at 0, pins are none. Without a model of files, these are as
  // large as their weight. Requires: the start's ranks are those of `keys`; it is empty, or there
  // are no `reads`.
  ExactTree(std::shared_ptr<const KeyUniverse> keys, const CompactionOptions& options,
            ExactStart start, std::optional<FileModel> files = {},
            const std::optional<ReadOptions>& reads = std::nullopt);

  void observe(Observer observer) { observer_ = std::move(observer); }
  // In place of plan_compaction. Its plans come from plan_chosen.
  void plan_by(Planner planner) {
    planner_ = std::move(planner);
    own_planner_ = true;
  }

  // One commit of all of them; the last word on a key wins. Throws InvalidArgument for what is no
  // write to this universe; nothing is written then.
  void write(std::span<const SimWrite> commit);
  void put(KeyRank rank, uint32_t value_bytes);
  void remove(KeyRank rank);
  // What is in memtables becomes runs of L0, and what is due then is compacted. Requires, as
  // compact_range: no job has begun and is not finished.
  void flush();
  // All that lies in [begin, end] (none: no bound) goes to the deepest level, as
  // Db::compact_range.
  void compact_range(const std::optional<std::string>& begin,
                     const std::optional<std::string>& end);

  // As write, but background work is the caller's.
  void commit(std::span<const SimWrite> commit);
  bool memtable_is_full() const;
  // The memtable takes no more, and the next one does. Requires: it is not empty.
  void seal();
  // The oldest sealed memtable's. Requires: there is one; one flush at a time.
  SimJob begin_flush();
  // What the planner wants next beside the jobs in flight, if anything.
  std::optional<SimJob> begin_compaction(unsigned free_slots, double busy_cores = kOneCore);
  // Its result is seen from now on. Requires: begun here, and every flush in its turn.
  void finish(SimJob job);

  // Read the newest; what they look into is counted, and changes no edit.
  void get(const SoughtKey& key);
  void scan(KeyRank first, uint64_t entries);
  ReadCounts read_counts() const { return reads_ ? reads_->counts() : ReadCounts{}; }
  std::vector<LevelReadCounts> level_read_counts() const;
  uint64_t cache_bytes() const { return reads_ ? reads_->cache_bytes() : 0; }

  // A reader that stays at this moment, until unpin.
  Seqno pin();
  void unpin(Seqno seqno);

  // Virtual time, for events and picks by age.
  void set_time_us(uint64_t now_us) { now_us_ = now_us; }

  const Version& version() const { return version_; }
  const Counters& counters() const { return counters_; }
  Seqno last_seqno() const { return last_seqno_; }
  const CompactionOptions& options() const { return options_; }
  const KeyUniverse& keys() const { return *keys_; }
  uint64_t memtable_weight() const { return memtable_.weight; }
  uint64_t memtable_entries() const { return memtable_.records.size(); }
  size_t sealed_count() const { return sealed_.size(); }
  uint64_t sealed_weight() const { return sealed_weight_; }
  // Of the newest record of each key, tombstones aside: what a reader sees now.
  uint64_t live_weight() const { return newest().live_weight(); }
  uint64_t live_keys() const { return newest().live_keys(); }
  // As it was at the start.
  uint64_t start_live_weight() const { return start_live_weight_; }
  // Records that went into merges, so far.
  uint64_t merged_records() const { return merged_records_; }

  // Looks each key up in the tree and compares with what was written last. Throws
  // std::logic_error that tells the first key's history if one differs. Fifo drops what is oldest:
  // there a key may be gone.
  void check_contents() const;

 private:
  struct Memtable {
    std::vector<SimRecord> records;  // in order of writing
    uint64_t weight = 0;
    Seqno largest_seqno = 0;
  };

  void start_from(ExactStart start);
  void take_tables();
  uint64_t wall_us() const { return wall_us_at_start_ + now_us_; }
  void check(const SimWrite& write) const;
  void count_user_write(const SimWrite& write);
  void insert(const SimWrite& write);
  SimJob begin(CompactionPlan plan);
  void merge(SimJob& job);
  RecordSink sink_for(uint32_t level, const MergeRules& rules) const;
  PlanContext context(unsigned free_slots) const;
  std::vector<Seqno> pinned_seqnos() const;
  void publish(const SimJob& job);
  const NewestRecords& newest() const;
  void check_newest(KeyRank rank, const std::optional<SimRecord>& found) const;
  void forget_flushed();
  void for_each_record(
      KeyRank rank, const std::function<bool(const std::string& where, const SimRecord&)>& f) const;

  const std::shared_ptr<const KeyUniverse> keys_;
  const CompactionOptions options_;
  std::optional<FileModel> files_;
  Planner planner_ = plan_compaction;
  bool own_planner_ = false;
  Observer observer_;
  uint64_t now_us_ = 0;
  uint64_t wall_us_at_start_ = 0;

  Memtable memtable_;
  std::deque<Memtable> sealed_;  // oldest first
  uint64_t sealed_weight_ = 0;
  Seqno last_seqno_ = 0;
  Seqno flushed_seqno_ = 0;
  std::multiset<Seqno> pins_;
  // Looked up by key, which misses the processor's caches: so for many records at once, when they
  // are sealed or when somebody asks.
  mutable NewestRecords newest_;
  mutable size_t taken_ = 0;  // so many of the memtable's records are in it
  uint64_t start_live_weight_ = 0;

  Version version_;
  std::map<TableNumber, std::shared_ptr<const Records>> contents_;
  uint64_t next_job_ = 1;
  std::vector<JobInFlight> in_flight_;
  Counters counters_;
  uint64_t merged_records_ = 0;

  std::unique_ptr<ExactReads> reads_;  // null: they are not modelled
  bool scans_ = false;
  std::set<KeyRank> in_memory_;  // keys in memtables, if there are scans
};

}  // namespace lsmkit
