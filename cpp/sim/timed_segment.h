// A segment tree and the operations that are done to it, on average, as a timed run (timed_run.h)
// drives them.
//
// What is done goes into slices once a memtable: when it is sealed, and where a phase ends. Until
// then it is counted as operations, so counters and live weight are those of the last seal.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "lsmkit/sim/segment_run.h"
#include "lsmkit/sim/segment_tree.h"
#include "lsmkit/sim/timed_subject.h"

namespace lsmkit {

class TimedSegmentTree {
 public:
  // From `tree` on, if it is given. Throws as SegmentTree does.
  TimedSegmentTree(const WorkloadSpec& spec, const CompactionOptions& options,
                   SegmentStart start = SegmentStart::kEmpty, std::optional<FileModel> files = {},
                   const std::optional<SegmentTreeStart>& tree = {});
  TimedSegmentTree(const TimedSegmentTree&) = delete;
  TimedSegmentTree& operator=(const TimedSegmentTree&) = delete;

  // ---- What timed_subject.h asks for.
  const WorkloadSpec& spec() const { return tree_.contents().workload(); }
  const CompactionOptions& options() const { return tree_.options(); }
  OpChunk draw(uint64_t most_weight);
  void commit(uint64_t ops);
  void end_phase();
  void set_time_us(uint64_t now_us) { tree_.set_time_us(now_us); }
  const Version& version() const { return tree_.version(); }
  uint64_t memtable_weight() const;
  bool memtable_is_full() const;
  size_t sealed_count() const { return tree_.sealed_count(); }
  uint64_t sealed_weight() const { return tree_.sealed_weight(); }
  void seal();
  TimedJob begin_flush() { return jobs_.enter(tree_.begin_flush()); }
  std::optional<TimedJob> begin_compaction(double busy_cores);
  void finish(JobNumber job) { tree_.finish(jobs_.take(job)); }

  // That were done, on average.
  double ops_of(OpKind kind) const { return done_by_kind_[static_cast<size_t>(kind)]; }

  // Of a real tree that it began with.
  uint64_t start_live_weight() const { return start_live_weight_; }
  SegmentTree& tree() { return tree_; }
  const SegmentTree& tree() const { return tree_; }

 private:
  void write_pending();
  void next_phase();

  SegmentTree tree_;
  uint64_t start_live_weight_ = 0;
  size_t phase_ = 0;        // of what is drawn next
  uint64_t phase_ops_ = 0;  // of it, drawn
  OpChunk drawn_;           // last
  OpWindow pending_;        // done, and in no slices yet
  JobsUnderWay<SegmentJob> jobs_;
  std::array<double, kOpKindCount> done_by_kind_{};
};

}  // namespace lsmkit
