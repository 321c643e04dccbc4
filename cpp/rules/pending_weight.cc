#include "lsmkit/rules/pending_weight.h"

#include <algorithm>

#include "lsmkit/rules/level_targets.h"

namespace lsmkit {
namespace {

constexpr double kMost = 1e18;  // weights from a damaged MANIFEST may add up to more

}  // namespace

uint64_t pending_weight(const Version& version, const CompactionOptions& options, bool l0_is_due,
                        PendingOf of) {
  const LevelTargets targets = level_targets(version, options);
  double pending = 0;
  double arriving = 0;
  if (l0_is_due) {
    arriving = static_cast<double>(version.level(0).weight());
    const bool is_last = targets.base_level + 1 == targets.weight.size();
    pending = arriving;
    if (of == PendingOf::kAll || !is_last) {
      pending += static_cast<double>(version.level(targets.base_level).weight());
    }
  }
  for (unsigned n = targets.base_level; n + 1 < targets.weight.size(); ++n) {
    const double weight = static_cast<double>(version.level(n).weight()) + arriving;
    const double excess = weight - static_cast<double>(targets.weight[n]);
    arriving = 0;
    if (targets.weight[n] == 0 || excess <= 0) continue;
    arriving = excess;
    const double next_weight = static_cast<double>(version.level(n + 1).weight());
    if (next_weight == 0 && of == PendingOf::kRocksDb) continue;
    pending += excess * (1 + next_weight / weight);
  }
  return static_cast<uint64_t>(std::min(pending, kMost));
}

}  // namespace lsmkit
