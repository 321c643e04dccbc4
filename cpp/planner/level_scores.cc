#include "lsmkit/planner/level_scores.h"

#include <algorithm>
#include <span>

#include "lsmkit/rules/l0_tiers.h"

namespace lsmkit {
namespace {

double ratio(uint64_t weight, uint64_t target) {
  return target == 0 ? 0 : static_cast<double>(weight) / static_cast<double>(target);
}

// RocksDB's priorities under dynamic sizing. Whoever is due is lifted by ten, and a due level is
// measured against its target and what is about to arrive from above: compacting it first would
// only mean compacting it again.
constexpr double kDueScale = 10;

struct Weights {
  uint64_t total = 0;
  uint64_t idle = 0;  // not being compacted
  size_t idle_runs = 0;
};

double dynamic_l0_priority(const Weights& l0, const Version& version, const LevelTargets& targets,
                           const CompactionOptions& options) {
  double priority =
      static_cast<double>(l0.idle_runs) / static_cast<double>(options.l0_trigger_runs);
  if (l0.idle >= options.base_weight) priority = std::max(priority, 1.01);
  const uint64_t base_target = targets.weight[targets.base_level];
  if (base_target != 0 && l0.idle > base_target) {
    const uint64_t base = std::max(version.level(targets.base_level).weight(), base_target);
    priority = std::max(priority, ratio(l0.idle, base));
  }
  return priority > 1 ? priority * kDueScale : priority;
}

double dynamic_priority(unsigned n, const Weights& level, const LevelTargets& targets,
                        double arriving) {
  const uint64_t target = targets.weight[n];
  double priority = ratio(level.idle, target);
  if (priority >= 1)
    priority =
        kDueScale * static_cast<double>(level.idle) / (static_cast<double>(target) + arriving);
  if (level.idle > 0 && n <= targets.drain_to_level)
    priority = std::max(priority, kDueScale * (1.001 + 0.001 * (targets.drain_to_level - n)));
  return priority;
}

std::vector<Weights> level_weights(const Version& version, const PlanContext& context,
                                   std::span<const RunId> busy_l0_runs, size_t level_count) {
  std::vector<Weights> levels(level_count);
  for (unsigned n = 0; n < level_count; ++n) {
    levels[n].total = version.level(n).weight();
    levels[n].idle = idle_weight(version, context, n);
  }
  levels[0].idle_runs = version.level(0).runs.size() - busy_l0_runs.size();
  return levels;
}

void most_pressing_first(std::vector<LevelScore>& scores) {
  std::stable_sort(scores.begin(), scores.end(), [](const LevelScore& a, const LevelScore& b) {
    return a.priority > b.priority;
  });
}

// Of layouts that count runs: lazy_leveled level by level, tiered in all of the tree, fifo by what
// the tree weighs.
std::vector<LevelScore> run_scores(const Version& version, const CompactionOptions& options) {
  const LevelTargets targets = level_targets(version, options);
  const double trigger = options.l0_trigger_runs;
  std::vector<LevelScore> scores;
  for (unsigned n = 0; n < targets.last_level(); ++n) {
    double score = 0;
    if (options.layout == Layout::kLazyLeveled) {
      const size_t runs = version.level(n).runs.size();
      score = static_cast<double>(runs) / trigger;
      if (runs > 0 && n > 0 && n <= targets.drain_to_level) score = std::max(score, 1.0);
    } else if (n == 0 && options.layout == Layout::kTiered) {
      score = static_cast<double>(version.run_count()) / trigger;
    } else if (n == 0) {
      score = ratio(version.weight(), options.fifo_weight);
    }
    scores.push_back({n, score, score});
  }
  most_pressing_first(scores);
  return scores;
}

}  // namespace

uint64_t idle_weight(const Version& version, const PlanContext& context, unsigned level) {
  uint64_t weight = version.level(level).weight();
  for (const JobInFlight& job : context.in_flight) {
    for (const TableNumber number : job.inputs) {
      const auto place = version.find(number);
      if (place && place->level == level) weight -= place->table->weight;
    }
  }
  return weight;
}

std::vector<RunId> busy_l0_runs(const Version& version, const PlanContext& context) {
  std::vector<RunId> busy;
  for (const JobInFlight& job : context.in_flight) {
    if (!job.from_l0) continue;
    for (const TableNumber number : job.inputs) {
      const auto place = version.find(number);
      if (place && place->level == 0) busy.push_back(place->run);
    }
  }
  std::sort(busy.begin(), busy.end());
  busy.erase(std::unique(busy.begin(), busy.end()), busy.end());
  return busy;
}

std::vector<LevelScore> level_scores(const Version& version, const PlanContext& context,
                                     const CompactionOptions& options) {
  if (options.layout != Layout::kLeveled && options.layout != Layout::kHybrid)
    return run_scores(version, options);
  const LevelTargets targets = level_targets(version, options);
  const std::vector<RunId> busy = busy_l0_runs(version, context);
  const std::vector<Weights> levels = level_weights(version, context, busy, targets.weight.size());
  const bool dynamic = options.sizing != LevelSizing::kStatic;

  std::vector<LevelScore> scores;
  double arriving = 0;
  for (unsigned n = 0; n + 1 < levels.size(); ++n) {
    const Weights& level = levels[n];
    LevelScore score{n, 0, 0};
    if (n == 0 && options.layout == Layout::kHybrid) {
      score.score = score.priority = l0_tiers(version.level(0).runs, busy, options).score;
      if (dynamic && score.priority > 1) score.priority *= kDueScale;
      arriving += static_cast<double>(level.total);
    } else if (n == 0) {
      score.score = std::max(
          static_cast<double>(level.idle_runs) / static_cast<double>(options.l0_trigger_runs),
          ratio(level.idle, options.base_weight));
      score.priority =
          dynamic ? dynamic_l0_priority(level, version, targets, options) : score.score;
      arriving += static_cast<double>(level.total);
    } else {
      score.score = ratio(level.idle, targets.weight[n]);
      score.priority = dynamic ? dynamic_priority(n, level, targets, arriving) : score.score;
      if (n <= targets.drain_to_level)
        arriving += static_cast<double>(level.total);
      else if (targets.weight[n] != 0 && level.total > targets.weight[n])
        arriving += static_cast<double>(level.total - targets.weight[n]);
    }
    scores.push_back(score);
  }
  most_pressing_first(scores);
  return scores;
}

}  // namespace lsmkit
