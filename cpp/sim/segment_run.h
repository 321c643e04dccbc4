// Drives a segment simulation through a workload in lock-step, one edit at a time.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <utility>

#include "lsmkit/sim/lockstep_clock.h"
#include "lsmkit/sim/segment_tree.h"

namespace lsmkit {

enum class SegmentStart : uint8_t {
  kEmpty,
  kFilled,  // with all the workload's keys, by the first phase (SegmentTree::fill)
};

class SegmentRun {
 public:
  // Throws InvalidArgument, as check() does, and NotSupported for what slices cannot hold.
  SegmentRun(const WorkloadSpec& workload, const CompactionOptions& options,
             SegmentStart start = SegmentStart::kEmpty,
             const std::optional<ReadOptions>& reads = std::nullopt,
             std::optional<FileModel> files = {})
      : tree_(workload, options, std::move(files), PhaseEnds::kInLockstep, reads) {
    if (start == SegmentStart::kFilled) tree_.fill(0);
  }
  SegmentRun(const WorkloadSpec& workload, const CompactionOptions& options,
             const SegmentTreeStart& start, std::optional<FileModel> files = {})
      : tree_(workload, options, std::move(files)) {
    tree_.start_from(start);
  }

  // Goes on until the next edit; false if the workload ends before one. What is then in the
  // memtable stays there.
  bool step();
  bool done() const { return done_; }
  // The clock of a lock-step, as lockstep_clock.h has it.
  uint64_t now_us() const { return clock_.now_us(); }
  // Of each kind so far, on average.
  double operations_of(OpKind kind) const { return by_kind_[static_cast<size_t>(kind)]; }

  SegmentTree& tree() { return tree_; }
  const SegmentTree& tree() const { return tree_; }
  // Operations so far, and the phase of the next one.
  uint64_t operations() const { return operations_; }
  size_t phase() const { return phase_; }
  // Whether nothing is due that a write would have to wait for.
  bool quiet() const { return quiet_; }

 private:
  void count(uint64_t operations, uint64_t bytes_before);

  SegmentTree tree_;
  LockstepClock clock_;
  std::array<double, kOpKindCount> by_kind_{};
  size_t phase_ = 0;
  uint64_t phase_operations_ = 0;
  uint64_t operations_ = 0;
  bool quiet_ = true;
  bool done_ = false;
};

}  // namespace lsmkit
