#include "lsmkit/rules/write_delay.h"

#include "lsmkit/rules/l0_tiers.h"
#include "lsmkit/rules/level_targets.h"
#include "lsmkit/rules/pending_weight.h"

namespace lsmkit {
namespace {

// So much oversleeping is made good by shorter pauses afterwards.
constexpr double kMostCreditUs = 5'000;

bool l0_goes_down(const Level& l0, const CompactionOptions& options) {
  if (options.layout == Layout::kHybrid) return l0_tiers(l0.runs, {}, options).full;
  return l0.runs.size() >= options.l0_trigger_runs || l0.weight() >= options.base_weight;
}

// Runs at which a compaction is due in any case.
uint64_t most_runs_at_rest(const CompactionOptions& options) {
  uint64_t most = options.l0_trigger_runs;
  if (options.layout == Layout::kHybrid) most += options.l0_merged_runs - 1;
  if (options.layout == Layout::kTiered) most = std::max<uint64_t>(most, options.max_runs);
  return most;
}

// Of the newest runs, as far as there are more than a tiered tree should have.
uint64_t surplus_weight(const Version& version, const CompactionOptions& options) {
  const size_t most = most_runs_at_rest(options);
  const std::vector<Run>& runs = version.level(0).runs;
  const size_t surplus = version.run_count() > most ? version.run_count() - most : 0;
  uint64_t weight = 0;
  for (size_t i = 0; i < std::min(surplus, runs.size()); ++i) weight += runs[i].weight();
  return weight;
}

}  // namespace

std::string_view name_of(StallCause cause) {
  switch (cause) {
    case StallCause::kNone:
      return "none";
    case StallCause::kMemtables:
      return "memtables";
    case StallCause::kL0Runs:
      return "l0_runs";
    case StallCause::kDebt:
      return "debt";
    case StallCause::kLog:
      return "log";
  }
  return "none";
}

double Pressure::share() const {
  if (used <= free) return 0;
  if (used >= full) return 1;
  return static_cast<double>(used - free) / static_cast<double>(full - free);
}

uint64_t compaction_debt(const Version& version, const CompactionOptions& options) {
  if (options.layout == Layout::kFifo) return 0;
  if (options.layout == Layout::kTiered) return surplus_weight(version, options);
  return pending_weight(version, options, l0_goes_down(version.level(0), options), PendingOf::kAll);
}

Pressure l0_pressure(const Version& version, uint64_t sealed_memtables,
                     const CompactionOptions& options) {
  if (options.layout == Layout::kFifo) return {};
  const uint64_t runs =
      options.layout == Layout::kTiered ? version.run_count() : version.level(0).runs.size();
  const uint64_t most = most_runs_at_rest(options);
  return {runs + sealed_memtables, std::max<uint64_t>(5 * options.l0_trigger_runs, 2 * most),
          std::max<uint64_t>(9 * options.l0_trigger_runs, 5 * most)};
}

Pressure debt_pressure(const Version& version, const CompactionOptions& options) {
  const uint64_t l0 = options.layout == Layout::kHybrid
                          ? options.l0_batch_weight()
                          : options.l0_trigger_runs * options.table_weight;
  const uint64_t free_debt = 4 * (l0 + options.base_weight);
  return {compaction_debt(version, options), free_debt, 8 * free_debt};
}

Pressure memtable_pressure(uint64_t used_bytes, uint64_t room_bytes) {
  return {used_bytes, room_bytes / 2, room_bytes};
}

Pressure log_pressure(uint64_t memtable_weight, uint64_t limit_weight) {
  return {memtable_weight, limit_weight, limit_weight + limit_weight / 2};
}

WriteDelay write_delay(StallCause cause, const Pressure& pressure, double drain_bytes_per_s) {
  const double share = pressure.share();
  if (share == 0) return {};
  const double drain = drain_bytes_per_s > 0 ? drain_bytes_per_s : kAssumedDrainBytesPerS;
  const double let_through = std::max((1 - share) / share, kLeastShare);
  return {1e6 / (drain * let_through), cause};
}

uint64_t PauseQueue::pause_us(uint64_t bytes, double us_per_byte, uint64_t longest_us,
                              uint64_t now_us) {
  const double now = static_cast<double>(now_us);
  free_at_us_ =
      std::max(free_at_us_, now - kMostCreditUs) + static_cast<double>(bytes) * us_per_byte;
  free_at_us_ = std::min(free_at_us_, now + static_cast<double>(longest_us));
  const double pause = free_at_us_ - now;
  return pause < kShortestPauseUs ? 0 : static_cast<uint64_t>(pause);
}

}  // namespace lsmkit
