#include "lsmkit/rules/flow.h"

#include <algorithm>

#include "lsmkit/rules/l0_tiers.h"

namespace lsmkit {
namespace {

constexpr double kMaxDebt = 1e18;  // weights from a damaged MANIFEST may add up to more

}  // namespace

BackgroundJob next_background_job(const BackgroundState& state) {
  if (state.sealed_memtables > 0 && !state.flush_running) return BackgroundJob::kFlush;
  const unsigned for_compactions = state.slots > 1 ? state.slots - 1 : 1;
  if (state.compactions_running < for_compactions) return BackgroundJob::kCompaction;
  return BackgroundJob::kNone;
}

static bool l0_goes_down(const Level& l0, const CompactionOptions& options) {
  if (options.layout == Layout::kHybrid) return l0_tiers(l0.runs, {}, options).full;
  return l0.runs.size() >= options.l0_trigger_runs || l0.weight() >= options.base_weight;
}

// Of the newest runs, as far as there are more than a tiered tree should have.
static uint64_t surplus_weight(const Version& version, const CompactionOptions& options) {
  const size_t most = std::max(options.l0_trigger_runs, options.max_runs);
  const std::vector<Run>& runs = version.level(0).runs;
  const size_t surplus = version.run_count() > most ? version.run_count() - most : 0;
  uint64_t weight = 0;
  for (size_t i = 0; i < std::min(surplus, runs.size()); ++i) weight += runs[i].weight();
  return weight;
}

// What L0 holds, once it is due, goes to the base together with all of the base; what a level then
// has above its target goes one level down, together with as much of that level as the sizes
// suggest, and so on.
uint64_t compaction_debt(const Version& version, const CompactionOptions& options) {
  if (options.layout == Layout::kFifo) return 0;
  if (options.layout == Layout::kTiered) return surplus_weight(version, options);
  const LevelTargets targets = level_targets(version, options);
  const Level& l0 = version.level(0);
  double debt = 0;
  double arriving = 0;
  if (l0_goes_down(l0, options)) {
    arriving = static_cast<double>(l0.weight());
    debt = arriving + static_cast<double>(version.level(targets.base_level).weight());
  }
  for (unsigned n = targets.base_level; n + 1 < targets.weight.size(); ++n) {
    const double weight = static_cast<double>(version.level(n).weight()) + arriving;
    const double excess = weight - static_cast<double>(targets.weight[n]);
    arriving = 0;
    if (targets.weight[n] == 0 || excess <= 0) continue;
    arriving = excess;
    const double next_weight = static_cast<double>(version.level(n + 1).weight());
    debt += excess * (1 + next_weight / weight);
  }
  return static_cast<uint64_t>(std::min(debt, kMaxDebt));
}

DelayLimits default_delay_limits(const CompactionOptions& options) {
  const uint64_t l0 = options.layout == Layout::kHybrid
                          ? options.l0_batch_weight()
                          : options.l0_trigger_runs * options.table_weight;
  const uint64_t free_debt = 4 * (l0 + options.base_weight);
  return {free_debt, 8 * free_debt};
}

// The share of the longest pause grows with the square of the way from free to full debt: it begins
// without a step and is felt only when compaction really falls behind.
uint64_t write_delay_us(uint64_t debt, const DelayLimits& limits, uint64_t bytes) {
  if (debt <= limits.free_debt) return 0;
  double share = 1;
  if (debt < limits.full_debt) {
    const double way = static_cast<double>(debt - limits.free_debt) /
                       static_cast<double>(limits.full_debt - limits.free_debt);
    share = way * way;
  }
  const double chunks = static_cast<double>(bytes) / static_cast<double>(kMaxPauseBytes);
  return static_cast<uint64_t>(share * chunks * static_cast<double>(kMaxPauseUs));
}

}  // namespace lsmkit
