#include "lsmkit/sim/timed_drawn.h"

#include <algorithm>
#include <cmath>

#include "lsmkit/sim/workload_driver.h"
#include "lsmkit/workload/sizes.h"

namespace lsmkit {
namespace {

constexpr uint64_t kMostChunkOps = 1'000'000;  // of which none need be a write
constexpr double kEndless = 1e12;

// A closed loop that ends by the clock: how many operations that makes, the clock says.
WorkloadSpec countable(WorkloadSpec spec, bool in_time) {
  check_simulated(spec);
  for (Phase& phase : spec.phases)
    if (in_time && phase.end.unit == EndUnit::kSeconds &&
        std::holds_alternative<ClosedLoop>(phase.rate))
      phase.end = {EndUnit::kOps, kEndless};
  return spec;
}

// Of the operations in [first, first + count), such a share.
uint64_t share_of(double share, uint64_t first, uint64_t count) {
  const auto until = [share](uint64_t op) {
    return static_cast<uint64_t>(share * static_cast<double>(op) + .5);
  };
  return until(first + count) - until(first);
}

}  // namespace

TimedDrawnTree::TimedDrawnTree(const WorkloadSpec& spec, const CompactionOptions& options,
                               const DrawnOptions& drawn, bool in_time)
    : spec_(spec), in_time_(in_time), tree_(countable(spec, in_time), options, drawn) {}

uint64_t TimedDrawnTree::left_in_phase() const {
  if (in_time_ && spec_.phases[phase_].end.unit == EndUnit::kSeconds) return UINT64_MAX;
  return tree_.contents().op_count(phase_) - phase_ops_;
}

OpChunk TimedDrawnTree::draw(uint64_t most_weight) {
  OpChunk chunk;
  while (!over_ && left_in_phase() == 0) end_phase();
  if (over_) return chunk;
  const Phase& phase = spec_.phases[phase_];
  const OpWeights& weights = tree_.contents().weights(phase_);
  const double per_op = weights.writes * weights.weight;
  uint64_t ops = kMostChunkOps;
  if (per_op > 0)
    ops = std::clamp<uint64_t>(
        static_cast<uint64_t>(std::ceil(static_cast<double>(most_weight) / per_op)), 1, ops);
  ops = std::min(ops, left_in_phase());

  const auto count = [&](double share) { return share_of(share, phase_ops_, ops); };
  const OpMix& mix = phase.mix;
  chunk.phase = static_cast<uint32_t>(phase_);
  chunk.ops = drawn_ops_ = ops;
  chunk.writes = count(weights.writes);
  const auto batches = std::max<uint64_t>(phase.batch_ops, 1);
  chunk.commits = std::min(chunk.writes, std::max<uint64_t>((ops + batches - 1) / batches, 1));
  chunk.gets = count(mix.share(OpKind::kGet) + mix.share(OpKind::kReadModifyWrite));
  chunk.scans = count(mix.share(OpKind::kScan));
  chunk.scan_entries =
      static_cast<uint64_t>(static_cast<double>(chunk.scans) * mean_size(phase.scan_entries));
  const auto writes = static_cast<double>(chunk.writes);
  chunk.weight = static_cast<uint64_t>(writes * weights.weight + .5);
  chunk.written_bytes = chunk.weight - 8 * chunk.writes;
  chunk.ends_phase = ops == left_in_phase();
  return chunk;
}

void TimedDrawnTree::commit(uint64_t ops) {
  tree_.write({phase_, phase_ops_, ops});
  for (size_t i = 0; i < kOpKindCount; ++i)
    done_by_kind_[i] +=
        static_cast<double>(ops) * spec_.phases[phase_].mix.share(static_cast<OpKind>(i));
  phase_ops_ += ops;
  ops_ += ops;
  drawn_ops_ -= std::min(drawn_ops_, ops);
}

void TimedDrawnTree::end_phase() {
  phase_ops_ = drawn_ops_ = 0;
  if (phase_ + 1 < spec_.phases.size())
    ++phase_;
  else
    over_ = true;
}

bool DrawnRun::step() {
  if (!quiet_ && tree().compact_once()) return true;
  quiet_ = true;
  while (!tree().memtable_is_full()) {
    const uint64_t limit = tree().options().memtable_weight;
    const OpChunk chunk = subject_.draw(limit - std::min(limit, tree().memtable_weight()));
    if (chunk.ops == 0) {
      done_ = true;
      return false;
    }
    if (phase_ != chunk.phase) {
      phase_ = chunk.phase;
      clock_.begin_phase(subject_.spec().phases[*phase_]);
    }
    subject_.commit(chunk.ops);
    clock_.advance(chunk.written_bytes, chunk.ops);
    subject_.set_time_us(clock_.now_us());
  }
  quiet_ = false;
  return tree().flush_memtable();
}

}  // namespace lsmkit
