#include "lsmkit/sim/timed_segment.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "lsmkit/rules/flow.h"
#include "lsmkit/workload/sizes.h"

namespace lsmkit {
namespace {

constexpr uint64_t kMostChunkOps = 1'000'000;  // of which none need be a write

uint64_t whole(double x) {
  return static_cast<uint64_t>(std::max(0.0, x) + .5);
}

}  // namespace

TimedSegmentTree::TimedSegmentTree(const WorkloadSpec& spec, const CompactionOptions& options,
                                   SegmentStart start, std::optional<FileModel> files,
                                   const std::optional<SegmentTreeStart>& tree)
    : tree_(spec, options, std::move(files), PhaseEnds::kByClock) {
  if (tree)
    tree_.start_from(*tree);
  else if (start == SegmentStart::kFilled)
    tree_.fill(0);
  start_live_weight_ = tree ? tree_.live_weight() : 0;
}

OpChunk TimedSegmentTree::draw(uint64_t most_weight) {
  const PhaseContents& contents = tree_.contents();
  while (phase_ < spec().phases.size() && phase_ops_ == contents.op_count(phase_)) next_phase();
  drawn_ = {};
  if (phase_ == spec().phases.size()) return drawn_;
  const Phase& phase = spec().phases[phase_];
  const OpWeights& weights = contents.weights(phase_);
  const double weight_per_op = weights.writes * weights.weight;
  uint64_t ops = kMostChunkOps, least = 1;
  if (weight_per_op > 0) {
    ops = std::min(ops, whole(std::ceil(static_cast<double>(most_weight) / weight_per_op)));
    least = whole(std::ceil(1 / weights.writes));  // of which one is a write
  }
  const uint64_t batch = phase.batch_ops;
  ops = (std::max(ops, least) + batch - 1) / batch * batch;
  const uint64_t left = contents.op_count(phase_) - phase_ops_;
  if (ops + least > left) ops = left;
  const auto begin = static_cast<double>(phase_ops_);
  phase_ops_ += ops;
  const auto end = static_cast<double>(phase_ops_);

  // Whole numbers that add up to what comes on average.
  const auto part = [&](double per_op) { return whole(end * per_op) - whole(begin * per_op); };
  const auto batch_ops = static_cast<double>(batch);
  drawn_.phase = static_cast<uint32_t>(phase_);
  drawn_.ops = ops;
  drawn_.commits = part(std::min(1.0, weights.writes * batch_ops) / batch_ops);
  drawn_.writes = part(weights.writes);
  drawn_.gets = part(phase.mix.share(OpKind::kGet) + phase.mix.share(OpKind::kReadModifyWrite));
  drawn_.scans = part(phase.mix.share(OpKind::kScan));
  drawn_.scan_entries = part(phase.mix.share(OpKind::kScan) * mean_size(phase.scan_entries));
  drawn_.written_bytes = part(weights.writes * (weights.weight - 8));
  drawn_.weight = part(weights.writes * weights.weight);
  drawn_.ends_phase = phase_ops_ == contents.op_count(phase_);
  return drawn_;
}

void TimedSegmentTree::commit(uint64_t ops) {
  const OpMix& mix = spec().phases[drawn_.phase].mix;
  for (size_t i = 0; i < kOpKindCount; ++i)
    done_by_kind_[i] += static_cast<double>(ops) * mix.share(static_cast<OpKind>(i));
  if (pending_.op_count > 0 && pending_.phase != drawn_.phase) write_pending();
  if (pending_.op_count == 0) pending_ = {drawn_.phase, phase_ops_ - drawn_.ops, 0};
  pending_.op_count += ops;
  if (ops != drawn_.ops || drawn_.ends_phase) write_pending();
}

void TimedSegmentTree::write_pending() {
  tree_.commit(std::exchange(pending_, {}));
}

// What was drawn and never came is not drawn again: the phase is over.
void TimedSegmentTree::end_phase() {
  write_pending();
  if (phase_ == drawn_.phase) next_phase();
}

void TimedSegmentTree::next_phase() {
  ++phase_;
  phase_ops_ = 0;
}

uint64_t TimedSegmentTree::memtable_weight() const {
  const OpWeights& weights = tree_.contents().weights(pending_.phase);
  return tree_.memtable_weight() +
         whole(static_cast<double>(pending_.op_count) * weights.writes * weights.weight);
}

bool TimedSegmentTree::memtable_is_full() const {
  return lsmkit::memtable_is_full(memtable_weight(), options().memtable_weight);
}

void TimedSegmentTree::seal() {
  write_pending();
  tree_.seal();
}

std::optional<TimedJob> TimedSegmentTree::begin_compaction(double busy_cores) {
  auto job = tree_.begin_compaction(busy_cores);
  if (!job) return std::nullopt;
  return jobs_.enter(std::move(*job));
}

}  // namespace lsmkit
