// Layouts whose levels below L0 are one run each.
#include <utility>

#include "lsmkit/planner/layouts.h"
#include "lsmkit/planner/sorted_runs.h"

namespace lsmkit {

Choice choose_by_score(const PlanView& view, const SelectLevel& select,
                       std::vector<RunnerUp>& lost) {
  Choice choice;
  for (const LevelScore& score : level_scores(view.version, view.context, view.options)) {
    if (choice) {
      if (score.score > 0)
        lost.push_back({score.level, score.score,
                        score.priority < 1 ? "it is not due" : "it is less pressing"});
      continue;
    }
    if (score.priority < 1) return std::nullopt;
    std::string why_not;
    choice = select(score, why_not);
    if (choice)
      choice->score = score.score;
    else
      lost.push_back({score.level, score.score, why_not});
  }
  return choice;
}

Choice select_gathering(const PlanView& view) {
  for (unsigned n = view.version.level_count(); n-- > 1;) {
    const std::vector<Run>& runs = view.version.level(n).runs;
    if (runs.size() < 2) continue;
    Selection selection;
    selection.reason = EditReason::kGather;
    selection.score = static_cast<double>(runs.size());
    selection.output_level = n;
    bool free = true;
    for (const Run& run : runs) {
      free = free && view.obstacles.to_reading(run).empty();
      selection.inputs.push_back({n, run.id(), run.tables()});
    }
    if (!free) continue;
    selection.trivial_move = can_stand_together(view, selection);
    return selection;
  }
  return std::nullopt;
}

Choice choose_leveled(const PlanView& view, std::vector<RunnerUp>& lost) {
  if (Choice choice = select_gathering(view)) return choice;
  if (view.has_several_runs_below_l0()) return std::nullopt;  // nothing below is safe before
  bool l0_waits = false;
  const auto select = [&](const LevelScore& score, std::string& why_not) -> Choice {
    if (score.level > 0) {
      if (!l0_waits || score.level != view.targets.base_level)
        return select_from_level(view, score.level, why_not);
      why_not = "L0 waits for this level";  // which would starve it
      return std::nullopt;
    }
    Choice choice = view.options.layout == Layout::kHybrid ? select_from_tiered_l0(view, why_not)
                                                           : select_l0_to_base(view, why_not);
    std::string why_not_within;
    if (!choice) choice = select_within_l0(view, why_not_within);
    l0_waits = !choice && !view.context.in_flight.empty();  // damage is not waited for
    return choice;
  };
  Choice choice = select_for_space(view);
  if (!choice) choice = choose_by_score(view, select, lost);
  if (!choice) choice = select_for_tombstones(view);
  if (choice && choice->output_level > 0)
    choice->output_run = view.run_of(choice->output_level).id();
  return choice;
}

}  // namespace lsmkit
