// The segment simulator: a tree whose tables hold shares of keys (slices.h) instead of records.
// Planner, version and the rules of cutting and passing are the engine's own; what a merge leaves
// is what it leaves on average. So a terabyte takes seconds, and numbers come within a few percent
// of the exact simulator's.
//
//   operations of a phase -> memtable -> full: flush -> plan and carry out until nothing is due
//
// Or jobs take time, as in exact_tree.h.
//
// Keys are ranks in the order of the workload's keys. What is random (where the next key lies
// behind a cut, whether a table passes that others hardly meet) has streams of its own.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "lsmkit/numbers/random.h"
#include "lsmkit/planner/planner.h"
#include "lsmkit/rules/merge_tables.h"
#include "lsmkit/sim/key_survival.h"
#include "lsmkit/sim/phase_contents.h"
#include "lsmkit/sim/segment_files.h"
#include "lsmkit/sim/segment_reads.h"
#include "lsmkit/sim/segment_start.h"
#include "lsmkit/sim/seqno_cohorts.h"
#include "lsmkit/sim/sim_job.h"
#include "lsmkit/sim/slice_merge.h"
#include "lsmkit/sim/stretch_splitter.h"
#include "lsmkit/trace/event.h"
#include "lsmkit/trace/read_counts.h"

namespace lsmkit {

struct SegmentJob : ModelledJob<SegmentTable> {
  std::vector<SeqnoCohorts> cohorts;  // of each output
};

class SegmentTree {
 public:
  // Told of each flush and compaction, after the edit.
  using Observer = std::function<void(const Event&)>;

  // Throws NotSupported for a workload that slices cannot hold; it says to use exact mode. Without
  // a model of files, these are as large as their weight. What is read is followed with `reads`, if
  // SegmentReads can.
  SegmentTree(const WorkloadSpec& workload, const CompactionOptions& options,
              std::optional<FileModel> files = {}, PhaseEnds ends = PhaseEnds::kInLockstep,
              const std::optional<ReadOptions>& reads = std::nullopt);
  SegmentTree(const SegmentTree&) = delete;
  SegmentTree& operator=(const SegmentTree&) = delete;

  void observe(Observer observer) { observer_ = std::move(observer); }
  // In place of plan_compaction. Its plans come from plan_chosen.
  void plan_by(Planner planner) { planner_ = std::move(planner); }

  // Starts full instead of empty: all keys are in the last level, and those above hold what they do
  // once the phase has been overwriting for long, at a little below their targets. Assumed is that
  // such levels are equally dense everywhere. Leveled and hybrid layouts, and keys drawn by chance
  // only; throws NotSupported else. Requires: nothing was written.
  void fill(size_t phase);
  // Starts from a real tree's tables (segment_start.h). Throws NotSupported for keys that are not
  // of the workload's encoding. Requires: nothing was written.
  void start_from(const SegmentTreeStart& start);

  // Takes operations from the window's first on until the memtable is full or the window ends, and
  // says how many. Requires: the memtable is not full.
  uint64_t write(const OpWindow& window);
  bool memtable_is_full() const;
  // One edit each: what is in the memtable becomes a run of L0 (nothing if it is empty); what is
  // due most is compacted. False if there was nothing to do.
  bool flush_memtable();
  bool compact_once();
  // Both, until nothing is due.
  void flush();

  // ---- Background work is the caller's.
  // All of the window's operations.
  void commit(OpWindow window);
  // The memtable takes no more, and the next one does. Requires: it is not empty.
  void seal();
  // The oldest sealed memtable's. Requires: there is one; one flush at a time.
  SegmentJob begin_flush();
  // What the planner wants next beside the jobs in flight, if anything.
  std::optional<SegmentJob> begin_compaction(double busy_cores = kOneCore);
  // Its result is seen from now on. Requires: begun here, and every flush in its turn.
  void finish(SegmentJob job);

  // Virtual time, for events and picks by age.
  void set_time_us(uint64_t now_us) { now_us_ = now_us; }

  const PhaseContents& contents() const { return contents_; }
  const CompactionOptions& options() const { return options_; }
  const Version& version() const { return version_; }
  const Counters& counters() const { return counters_; }
  Seqno last_seqno() const { return last_seqno_; }
  uint64_t memtable_weight() const;
  size_t sealed_count() const { return sealed_.size(); }
  uint64_t sealed_weight() const;
  // Of the newest record of each key, tombstones aside: what a reader sees now.
  uint64_t live_weight() const;
  uint64_t live_keys() const;
  // Records that went into merges, so far.
  uint64_t merged_records() const { return merged_records_; }
  bool models_reads() const { return reads_ != nullptr; }
  ReadCounts read_counts() const { return reads_ ? reads_->counts() : ReadCounts{}; }
  std::vector<LevelReadCounts> level_read_counts() const;
  // What slices of tables take in memory.
  uint64_t allocated_bytes() const;

 private:
  struct Memtable {
    Slices contents;
    double weight = 0;
    double records = 0;
    Seqno largest_seqno = 0;
  };

  void place(Slices contents, uint64_t draws, unsigned level);
  void count_user_writes(const OpWeights& weights, uint64_t op_count);
  PlanContext context() const;
  void write_all(const OpWindow& window);
  SegmentJob begin(CompactionPlan plan);
  void merge(SegmentJob& job);
  std::vector<SegmentTable> merge(const MergeRules& rules, SliceMerge merge,
                                  const StretchSplitter::Ends& ends, MergeCounts& counts);
  void describe_files(SegmentJob& job, uint32_t level, const MergeRules& rules);
  SeqnoCohorts cohorts_of(const TableMeta& output, const CompactionPlan& plan);
  bool pass_table(const MergeRules& rules, SliceMerge& merge, StretchSplitter& tables,
                  MergeCounts& counts);
  void publish(const SegmentJob& job);

  const PhaseContents contents_;
  const CompactionOptions options_;
  std::optional<SegmentFiles> files_;
  Planner planner_ = plan_compaction;
  Observer observer_;
  uint64_t now_us_ = 0;
  Random gaps_;
  Random passes_;
  Random ages_;

  Memtable memtable_;
  std::deque<Memtable> sealed_;  // oldest first
  double seqnos_ = 0;            // given out: whole ones, but for what a batch is not full of
  Seqno last_seqno_ = 0;
  Seqno sealed_seqno_ = 0;
  Seqno flushed_seqno_ = 0;
  Slices live_;  // all that was ever written, as one table
  KeySurvival survival_;
  std::optional<size_t> survival_phase_;

  Version version_;
  struct Contents {
    std::shared_ptr<const Slices> slices;
    SeqnoCohorts cohorts;  // none where seqnos are zeroed
  };
  std::unordered_map<uint64_t, Contents> tables_;  // by number
  uint64_t next_job_ = 1;
  std::vector<JobInFlight> in_flight_;
  Counters counters_;
  double user_value_bytes_ = 0;
  double user_puts_ = 0;
  double user_deletes_ = 0;
  uint64_t merged_records_ = 0;
  std::unique_ptr<SegmentReads> reads_;  // null: they are not modelled
};

}  // namespace lsmkit
