#include "lsmkit/sim/sample_values.h"

#include <algorithm>

#include "lsmkit/workload/sizes.h"

namespace lsmkit {
namespace {

// A phase that ends after a time counts as if each operation took a microsecond.
double ops_of(const Phase& phase) {
  switch (phase.end.unit) {
    case EndUnit::kOps:
      return phase.end.after;
    case EndUnit::kBytes:
      return phase.end.after / std::max(1.0, mean_size(phase.value_bytes));
    case EndUnit::kSeconds:
      return phase.end.after * 1e6;
  }
  return 0;
}

double writes_of(const OpMix& mix) {
  return mix[OpKind::kPut] + mix[OpKind::kInsert] + mix[OpKind::kReadModifyWrite] +
         mix[OpKind::kDelete];
}

}  // namespace

SampleValues::SampleValues(const WorkloadSpec& workload)
    : workload_(workload), random_(workload.seed, "sampled values") {
  double sum = 0;
  for (const Phase& phase : workload.phases) {
    const OpMix& mix = phase.mix;
    if (writes_of(mix) > 0) sum += ops_of(phase) * writes_of(mix) / mix.total();
    ends_.push_back(sum);
  }
}

SampleValues::Value SampleValues::draw(bool with_tombstones) {
  const double at = random_.unit() * ends_.back();
  size_t i = 0;
  while (i + 1 < ends_.size() && ends_[i] <= at) ++i;
  const Phase& phase = workload_.phases[i];
  const double deletes = phase.mix[OpKind::kDelete];
  if (with_tombstones && deletes > 0 && random_.unit() * writes_of(phase.mix) < deletes)
    return {0, 1, true};
  return {draw_size(phase.value_bytes, random_), phase.compressed_share, false};
}

}  // namespace lsmkit
