#include "lsmkit/planner/planner.h"

#include "lsmkit/planner/selection.h"

namespace lsmkit {
namespace {

std::optional<Selection> select(const PlanView& view, const LevelScore& score, bool l0_waits,
                                std::string& why_not) {
  std::optional<Selection> selection;
  if (score.level == 0) {
    selection = view.options.layout == Layout::kHybrid ? select_from_tiered_l0(view, why_not)
                                                       : select_l0_to_base(view, why_not);
    std::string why_not_within;
    if (!selection) selection = select_within_l0(view, why_not_within);
  } else if (l0_waits && score.level == view.targets.base_level) {
    why_not = "L0 waits for this level";  // which would starve it
  } else {
    selection = select_from_level(view, score.level, why_not);
  }
  if (selection) selection->score = score.score;
  return selection;
}

}  // namespace

std::optional<CompactionPlan> plan_compaction(const Version& version, const PlanContext& context,
                                              const CompactionOptions& options) {
  if (context.free_slots == 0) return std::nullopt;
  const LevelTargets targets = level_targets(version, options);
  const Obstacles obstacles(context);
  const PlanView view{version, context, options, targets, obstacles};

  std::optional<CompactionPlan> plan;
  std::vector<RunnerUp> runners_up;
  bool l0_waits = false;
  for (const LevelScore& score : level_scores(version, context, options)) {
    if (plan) {
      if (score.score > 0)
        runners_up.push_back({score.level, score.score,
                              score.priority < 1 ? "it is not due" : "it is less pressing"});
      continue;
    }
    if (score.priority < 1) return std::nullopt;
    std::string why_not;
    if (auto selection = select(view, score, l0_waits, why_not)) {
      plan = make_plan(view, std::move(*selection));
      continue;
    }
    if (score.level == 0) l0_waits = !context.in_flight.empty();  // damage is not waited for
    runners_up.push_back({score.level, score.score, why_not});
  }
  if (!plan || (!plan->trivial_move && plan->input_file_bytes > context.free_bytes))
    return std::nullopt;
  plan->runners_up = std::move(runners_up);
  return plan;
}

}  // namespace lsmkit
