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

std::optional<CompactionPlan> plan_compaction(const Version& version, const PlanContext& context,
                                              const CompactionOptions& options) {
  if (context.free_slots == 0) return std::nullopt;
  const LevelTargets targets = level_targets(version, options);
  const Obstacles obstacles(context);
  const PlanView view{version, context, options, targets, obstacles};

  std::vector<RunnerUp> lost;
  Choice choice = choose(view, lost);
  if (!choice) return std::nullopt;
  drop_if_empty(view, *choice);
  CompactionPlan plan = make_plan(view, std::move(*choice));
  if (plan.rewrites() && plan.input_file_bytes > context.free_bytes) return std::nullopt;
  plan.runners_up = std::move(lost);
  return plan;
}

}  // namespace lsmkit
