#include "lsmkit/planner/planner.h"

#include "lsmkit/planner/layouts.h"
#include "lsmkit/planner/selection.h"

namespace lsmkit {
namespace {

Choice choose(const PlanView& view, std::vector<RunnerUp>& lost) {
  switch (view.options.layout) {
    case Layout::kLeveled:
    case Layout::kHybrid:
      return choose_leveled(view, lost);
    case Layout::kLazyLeveled:
      return choose_lazy_leveled(view, lost);
    case Layout::kTiered:
      return choose_tiered(view, lost);
    case Layout::kFifo:
      return choose_fifo(view, lost);
  }
  return std::nullopt;
}

}  // namespace

Decision decide_compaction(const Version& version, const PlanContext& context,
                           const CompactionOptions& options) {
  Decision decision;
  if (context.free_slots == 0) {
    decision.postponed = "no background slot is free";
    return decision;
  }
  const LevelTargets targets = level_targets(version, options);
  const Obstacles obstacles(context);
  const PlanView view{version, context, options, targets, obstacles};

  Choice choice = choose(view, decision.runners_up);
  if (!choice) return decision;
  drop_if_empty(view, *choice);
  decision.postponed = why_later(view, *choice);
  CompactionPlan plan = make_plan(view, std::move(*choice));
  if (plan.rewrites() && plan.input_file_bytes > context.free_bytes) {
    decision.postponed = "it may take " + std::to_string(plan.input_file_bytes) +
                         " bytes of disk, and " + std::to_string(context.free_bytes) + " are free";
  }
  plan.runners_up = decision.runners_up;
  decision.plan = std::move(plan);
  return decision;
}

std::optional<CompactionPlan> plan_compaction(const Version& version, const PlanContext& context,
                                              const CompactionOptions& options) {
  Decision decision = decide_compaction(version, context, options);
  if (!decision.postponed.empty()) return std::nullopt;
  return std::move(decision.plan);
}

}  // namespace lsmkit
