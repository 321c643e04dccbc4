// Lazy leveling (Dayan and Idreos, "Dostoevsky", SIGMOD 2018): every level but the last gathers
// l0_trigger_runs runs, which go one level down as one; the last level is one run, into which they
// are merged. An entry is rewritten once a level and about a fanout times in the last, and space
// stays as it is under leveling, since nearly all data lies in the last level.
#include <algorithm>

#include "lsmkit/planner/layouts.h"
#include "lsmkit/planner/sorted_runs.h"

namespace lsmkit {
namespace {

// All of a level's runs, so that none overtakes an older one.
Choice select_tier(const PlanView& view, unsigned level, std::string& why_not) {
  const Level& tier = view.version.level(level);
  const uint32_t last = view.targets.last_level();
  Selection selection;
  selection.reason = level > 0 && level <= view.targets.drain_to_level ? EditReason::kLevelDrain
                                                                       : EditReason::kTierFull;
  selection.output_level = level == 0 ? view.targets.base_level : level + 1;
  std::string_view smallest = tier.runs.front().smallest_key();
  std::string_view largest = tier.runs.front().largest_key();
  for (const Run& run : tier.runs) {
    selection.inputs.push_back({level, run.id(), run.tables()});
    smallest = std::min(smallest, run.smallest_key());
    largest = std::max(largest, run.largest_key());
  }
  if (selection.output_level == last) {
    const Run& below = view.run_of(last);
    selection.output_run = below.id();
    const std::vector<TableRef> met =
        view.version.has_keys() ? below.overlapping(smallest, largest)
                                : view.version.met_by(tier.runs.back().tables(), below, last);
    if (!met.empty()) {
      selection.inputs.push_back({last, below.id(), met});
      smallest = std::min<std::string_view>(smallest, met.front()->smallest.key);
      largest = std::max<std::string_view>(largest, met.back()->largest.key);
    }
    why_not = view.obstacles.to_writing(last, smallest, largest);
  } else {  // a tier takes any number of runs, one beside the other
    selection.output_run = static_cast<RunId>(view.context.job);  // the newest that stands there
  }
  for (const PlanInput& input : selection.inputs)
    if (why_not.empty()) why_not = view.obstacles.to_reading(input.tables);
  if (!why_not.empty()) return std::nullopt;
  selection.trivial_move = can_stand_together(view, selection);
  return selection;
}

}  // namespace

Choice choose_lazy_leveled(const PlanView& view, std::vector<RunnerUp>& lost) {
  if (view.version.level(view.targets.last_level()).runs.size() > 1) return select_gathering(view);
  return choose_by_score(
      view,
      [&](const LevelScore& score, std::string& why_not) {
        return select_tier(view, score.level, why_not);
      },
      lost);
}

}  // namespace lsmkit
