#include "lsmkit/sim/segment_run.h"

namespace lsmkit {

bool SegmentRun::step() {
  if (!quiet_ && tree_.compact_once()) return true;
  quiet_ = true;
  const PhaseContents& contents = tree_.contents();
  while (!tree_.memtable_is_full()) {
    if (phase_ == contents.workload().phases.size()) {
      done_ = true;
      return false;
    }
    const uint64_t left = contents.op_count(phase_) - phase_operations_;
    if (left == 0) {
      ++phase_;
      phase_operations_ = 0;
      continue;
    }
    const uint64_t taken = tree_.write({phase_, phase_operations_, left});
    phase_operations_ += taken;
    operations_ += taken;
  }
  quiet_ = false;
  return tree_.flush_memtable();
}

}  // namespace lsmkit
