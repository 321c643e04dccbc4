// Choosing runs of L0.
#include <algorithm>

#include "lsmkit/planner/level_scores.h"
#include "lsmkit/planner/selection.h"
#include "lsmkit/rules/l0_tiers.h"

namespace lsmkit {
namespace {

constexpr size_t kMinRunsWithinL0 = 4;

// Which of L0's runs are taken, and the keys they span.
struct Group {
  std::vector<bool> taken;
  std::string smallest;
  std::string largest;

  void take(size_t i, const Run& run) {
    const bool first = std::find(taken.begin(), taken.end(), true) == taken.end();
    taken[i] = true;
    if (first || run.smallest_key() < smallest) smallest = run.smallest_key();
    if (first || run.largest_key() > largest) largest = run.largest_key();
  }
};

// The seed and every run that overlaps what is taken so far, until none is left: no older run that
// overlaps may stay behind, and a newer one would soon have to follow.
Group overlapping_group(const std::vector<Run>& runs, size_t seed) {
  Group group;
  group.taken.resize(runs.size());
  group.take(seed, runs[seed]);
  for (bool grew = true; grew;) {
    grew = false;
    for (size_t i = 0; i < runs.size(); ++i) {
      if (group.taken[i] || !runs[i].overlaps(group.smallest, group.largest)) continue;
      group.take(i, runs[i]);
      grew = true;
    }
  }
  return group;
}

std::vector<PlanInput> inputs_of(const std::vector<Run>& runs, const std::vector<bool>& taken) {
  std::vector<PlanInput> inputs;
  for (size_t i = 0; i < runs.size(); ++i)
    if (taken[i]) inputs.push_back({0, runs[i].id(), runs[i].tables()});
  return inputs;
}

// Without keys, runs of L0 lie above each other, and one of them speaks for all.
std::vector<TableRef> met_by_group(const PlanView& view, const Group& group, const Run& seed) {
  const uint32_t base = view.targets.base_level;
  if (view.version.has_keys()) return view.run_of(base).overlapping(group.smallest, group.largest);
  return view.version.met_by(seed.tables(), view.run_of(base), base);
}

std::string obstacle(const PlanView& view, const std::vector<PlanInput>& inputs) {
  std::string why;
  for (const PlanInput& input : inputs)
    if (why.empty()) why = view.obstacles.to_reading(input.tables);
  return why;
}

bool all_can_move(const PlanView& view, const Run& run) {
  bool can = true;
  run.for_each([&](const TableRef& table) {
    can = can &&
          !view.run_of(view.targets.base_level).overlaps(table->smallest.key, table->largest.key) &&
          can_move(view, table, view.targets.base_level);
  });
  return can;
}

// If the oldest runs can be moved as they are, those runs, up to the first that overlaps what goes
// before it or cannot move: so a sorted load costs one edit, not a merge for every run. An empty
// base is not filled with a run that newer ones overlap; they make better tables together.
std::optional<Selection> select_moves(const PlanView& view) {
  if (!view.obstacles.to_merging_l0().empty()) return std::nullopt;
  const std::vector<Run>& runs = view.version.level(0).runs;
  const uint32_t base = view.targets.base_level;
  std::vector<bool> taken(runs.size());
  size_t count = 0;
  for (size_t i = runs.size(); i-- > 0;) {
    bool apart = true;
    for (size_t j = i + 1; j < runs.size(); ++j)
      apart = apart && !runs[j].overlaps(runs[i].smallest_key(), runs[i].largest_key());
    if (!apart || !all_can_move(view, runs[i]) ||
        !view.obstacles.to_reading(runs[i].tables()).empty() ||
        !view.obstacles.to_writing(base, runs[i].smallest_key(), runs[i].largest_key()).empty())
      break;
    taken[i] = true;
    ++count;
  }
  if (count == 0) return std::nullopt;
  if (view.run_of(base).empty()) {
    for (size_t newer = 0; newer < runs.size() - count; ++newer)
      for (size_t i = runs.size() - count; i < runs.size(); ++i)
        if (runs[newer].overlaps(runs[i].smallest_key(), runs[i].largest_key()))
          return std::nullopt;
  }
  Selection selection;
  selection.trivial_move = true;
  selection.inputs = inputs_of(runs, taken);
  selection.output_level = base;
  return selection;
}

// The newest `count` runs become one. Requires: nothing older than them is in flight that a newer
// run of L0 could come to stand below.
std::optional<Selection> merge_newest(const PlanView& view, size_t count, std::string& why_not) {
  const std::vector<Run>& runs = view.version.level(0).runs;
  std::vector<bool> taken(runs.size());
  std::fill_n(taken.begin(), count, true);
  Selection selection;
  selection.reason = EditReason::kIntraL0;
  selection.inputs = inputs_of(runs, taken);
  selection.output_level = 0;
  selection.output_run = runs.front().id();
  why_not = obstacle(view, selection.inputs);
  if (!why_not.empty()) return std::nullopt;
  return selection;
}

}  // namespace

std::vector<size_t> oldest_l0_first(const PlanView& view) {
  std::vector<size_t> indices(view.version.level(0).runs.size());
  for (size_t i = 0; i < indices.size(); ++i) indices[i] = indices.size() - 1 - i;
  return indices;
}

std::optional<Selection> select_l0_group(const PlanView& view, const std::vector<size_t>& seeds,
                                         bool may_move, std::string& why_not) {
  why_not = view.obstacles.to_merging_l0();
  if (!why_not.empty()) return std::nullopt;
  const std::vector<Run>& runs = view.version.level(0).runs;
  const uint32_t base = view.targets.base_level;
  std::vector<bool> tried(runs.size());
  for (const size_t seed : seeds) {
    if (tried[seed]) continue;
    const Group group = overlapping_group(runs, seed);
    for (size_t i = 0; i < runs.size(); ++i) tried[i] = tried[i] || group.taken[i];

    Selection selection;
    selection.output_level = base;
    selection.inputs = inputs_of(runs, group.taken);
    const std::vector<TableRef> met = met_by_group(view, group, runs[seed]);
    if (!met.empty()) selection.inputs.push_back({base, view.run_of(base).id(), met});
    std::string why = obstacle(view, selection.inputs);
    if (why.empty()) why = view.obstacles.to_writing(base, group.smallest, group.largest);
    if (why.empty()) {
      const bool alone = selection.inputs.size() == 1;
      selection.trivial_move = may_move && alone && all_can_move(view, runs[seed]);
      return selection;
    }
    if (why_not.empty()) why_not = why;
  }
  return std::nullopt;
}

std::optional<Selection> select_l0_to_base(const PlanView& view, std::string& why_not) {
  auto selection = select_moves(view);
  if (!selection) selection = select_l0_group(view, oldest_l0_first(view), true, why_not);
  if (selection) selection->reason = EditReason::kL0ToBase;
  return selection;
}

// The newest runs, as many as make the work per run removed smaller. Costs little, and readers see
// fewer runs while the base is busy. Not before L0 stands two runs above its trigger.
std::optional<Selection> select_within_l0(const PlanView& view, std::string& why_not) {
  const std::vector<Run>& runs = view.version.level(0).runs;
  if (runs.size() < view.options.l0_trigger_runs + 2) {
    why_not = "L0 is not high";
    return std::nullopt;
  }
  uint64_t weight = 0;
  uint64_t weight_per_run_removed = UINT64_MAX;
  size_t count = 0;
  for (; count < runs.size(); ++count) {
    why_not = view.obstacles.to_reading(runs[count].tables());
    if (!why_not.empty()) break;
    weight += runs[count].weight();
    if (weight > view.options.compaction_weight_limit()) break;
    if (count > 0) {
      const uint64_t per_run = weight / count;
      if (per_run > weight_per_run_removed) break;
      weight_per_run_removed = per_run;
    }
  }
  if (count < kMinRunsWithinL0) {
    if (why_not.empty()) why_not = "too few runs of L0 would be worth merging";
    return std::nullopt;
  }
  return merge_newest(view, count, why_not);
}

std::optional<Selection> select_from_tiered_l0(const PlanView& view, std::string& why_not) {
  const L0Tiers tiers =
      l0_tiers(view.version.level(0).runs, busy_l0_runs(view.version, view.context), view.options);
  auto selection = select_moves(view);
  if (!selection && tiers.full)
    selection = select_l0_group(view, oldest_l0_first(view), true, why_not);
  if (selection) {
    selection->reason = EditReason::kL0ToBase;
    return selection;
  }
  // If the way down is blocked, the young ones at least.
  const size_t count = tiers.crowded && !tiers.full ? tiers.count : tiers.young;
  if (count < view.options.l0_trigger_runs || count < 2) {
    if (why_not.empty()) why_not = "few young runs stand in L0";
    return std::nullopt;
  }
  return merge_newest(view, count, why_not);
}

}  // namespace lsmkit
