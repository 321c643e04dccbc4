// Two levels into a third in one merge.
//
// A job from Ln writes what it picked and what that meets in L(n+1), weights u and m. When L(n+1)
// is about full, as much again has soon to leave it, and writes u + m and what that meets in
// L(n+2). One merge of all three, which meets d there, spares the first of the two writes. The
// picker would have found cheaper tables in L(n+1) than those that happen to lie here; so what is
// met per weight, d / (u + m), is held against that of its cheapest table. Half of what is spared
// pays for the difference.
#include <algorithm>

#include "lsmkit/planner/level_scores.h"
#include "lsmkit/planner/selection.h"

namespace lsmkit {
namespace {

// Such a job takes nothing in that would not be rewritten anyway, so it may be heavier than others;
// but the room that it needs while it runs is bounded.
constexpr uint64_t kMaxWeightInLimits = 4;

using Wide = unsigned __int128;

bool is_about_full(const PlanView& view, unsigned level) {
  return Wide{10} * idle_weight(view.version, view.context, level) >=
         Wide{9} * view.targets.weight[level];
}

// Of the cheapest table of a run: its own weight, and what it meets one level down.
std::pair<uint64_t, uint64_t> cheapest(const Run& run) {
  std::pair<uint64_t, uint64_t> out{0, 0};
  run.for_each_in(TableOrder::kOverlap, [&](const TableRef& table, uint64_t next_weight) {
    out = {table->weight, next_weight};
    return true;
  });
  return out;
}

bool pays(const Run& middle, uint64_t upper_weight, uint64_t deeper_weight) {
  const auto [weight, meets] = cheapest(middle);
  return Wide{2} * deeper_weight * weight <= Wide{upper_weight} * (Wide{2} * meets + weight);
}

}  // namespace

void take_a_third_level(const PlanView& view, Selection& selection) {
  if (!view.options.multi_level || selection.reason != EditReason::kLevelFull ||
      selection.inputs.size() != 2)
    return;
  const unsigned middle = selection.output_level;
  if (middle + 1 >= view.options.level_count || !is_about_full(view, middle)) return;
  const Run& run = view.run_of(middle + 1);
  const auto& [picked, met] = std::tie(selection.inputs[0].tables, selection.inputs[1].tables);
  const std::string_view smallest =
      std::min<std::string_view>(picked.front()->smallest.key, met.front()->smallest.key);
  const std::string_view largest =
      std::max<std::string_view>(picked.back()->largest.key, met.back()->largest.key);

  const uint64_t upper_weight = total_weight(picked) + total_weight(met);
  const uint64_t deeper_weight = run.overlapping_weight(smallest, largest);
  if (deeper_weight == 0 || !pays(view.run_of(middle), upper_weight, deeper_weight) ||
      upper_weight + deeper_weight > kMaxWeightInLimits * view.options.compaction_weight_limit())
    return;
  std::vector<TableRef> deeper = run.overlapping(smallest, largest);
  if (!view.obstacles.to_reading(deeper).empty() ||
      !view.obstacles.to_writing(middle + 1, smallest, largest).empty())
    return;
  selection.reason = EditReason::kTwoLevels;
  selection.output_level = middle + 1;
  selection.inputs.push_back({middle + 1, run.id(), std::move(deeper)});
}

}  // namespace lsmkit
