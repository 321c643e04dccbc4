#include "lsmkit/sim/segment_run.h"

namespace lsmkit {
namespace {

uint64_t bytes_put(const Counters& counters) {
  return counters.user_key_bytes + counters.user_value_bytes;
}

}  // namespace

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
    if (phase_operations_ == 0) clock_.begin_phase(contents.workload().phases[phase_]);
    const uint64_t bytes_before = bytes_put(tree_.counters());
    count(tree_.write({phase_, phase_operations_, left}), bytes_before);
  }
  quiet_ = false;
  return tree_.flush_memtable();
}

void SegmentRun::count(uint64_t operations, uint64_t bytes_before) {
  phase_operations_ += operations;
  operations_ += operations;
  const OpMix& mix = tree_.contents().workload().phases[phase_].mix;
  for (size_t i = 0; i < kOpKindCount; ++i)
    by_kind_[i] += static_cast<double>(operations) * mix.share(static_cast<OpKind>(i));
  clock_.advance(bytes_put(tree_.counters()) - bytes_before, operations);
  tree_.set_time_us(clock_.now_us());
}

}  // namespace lsmkit
