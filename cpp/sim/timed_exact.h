// An exact tree and the operations that are done to it, as a timed run (timed_run.h) drives them.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "lsmkit/sim/exact_tree.h"
#include "lsmkit/sim/timed_subject.h"
#include "lsmkit/sim/workload_keys.h"
#include "lsmkit/workload/workload_stream.h"

namespace lsmkit {

class TimedExactTree {
 public:
  // The keys are the workload's, with room for its inserts in lock-step or for so many. Throws
  // InvalidArgument. With `reads` the tree models them; those of a chunk look into the tree as it
  // is when the chunk is drawn, and count then.
  TimedExactTree(const WorkloadSpec& spec, const CompactionOptions& options,
                 const std::optional<ReadOptions>& reads = std::nullopt);
  TimedExactTree(const WorkloadSpec& spec, const CompactionOptions& options, uint64_t most_inserts);
  // From a tree that is not empty. Requires: the start's keys have the workload's among them.
  TimedExactTree(const WorkloadSpec& spec, const CompactionOptions& options, StartOfExactRun start,
                 std::optional<FileModel> files = {},
                 const std::optional<ReadOptions>& reads = std::nullopt);
  TimedExactTree(const TimedExactTree&) = delete;
  TimedExactTree& operator=(const TimedExactTree&) = delete;

  // ---- What timed_subject.h asks for.
  const WorkloadSpec& spec() const { return spec_; }
  const CompactionOptions& options() const { return tree_.options(); }
  OpChunk draw(uint64_t most_weight);
  void commit(uint64_t ops);
  void end_phase();
  void set_time_us(uint64_t now_us) { tree_.set_time_us(now_us); }
  const Version& version() const { return tree_.version(); }
  uint64_t memtable_weight() const { return tree_.memtable_weight(); }
  bool memtable_is_full() const { return tree_.memtable_is_full(); }
  size_t sealed_count() const { return tree_.sealed_count(); }
  uint64_t sealed_weight() const { return tree_.sealed_weight(); }
  void seal() { tree_.seal(); }
  TimedJob begin_flush() { return jobs_.enter(tree_.begin_flush()); }
  std::optional<TimedJob> begin_compaction(double busy_cores);
  void finish(JobNumber job) { tree_.finish(jobs_.take(job)); }

  // That were done.
  uint64_t ops_of(OpKind kind) const { return done_by_kind_[static_cast<size_t>(kind)]; }

  // Of a real tree that it began with.
  uint64_t start_live_weight() const { return tree_.start_live_weight(); }
  ExactTree& tree() { return tree_; }
  const ExactTree& tree() const { return tree_; }

 private:
  bool peek();
  void add_write(const Operation& op);
  void add_read(const Operation& op, OpChunk& chunk);

  const WorkloadSpec spec_;
  WorkloadStream stream_;
  const WorkloadKeys keys_;
  ExactTree tree_;
  const bool models_reads_ = false;

  std::optional<Operation> next_;  // drawn, and in no chunk yet
  uint32_t drawn_phase_ = 0;       // of the chunk
  std::vector<OpKind> kinds_;      // of its operations
  std::vector<SimWrite> writes_;   // of the chunk
  std::vector<uint32_t> op_of_write_;
  std::vector<size_t> commit_ends_;  // in writes_
  JobsUnderWay<SimJob> jobs_;
  std::array<uint64_t, kOpKindCount> done_by_kind_{};
};

}  // namespace lsmkit
