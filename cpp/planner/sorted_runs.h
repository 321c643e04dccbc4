// The tree as layouts with several runs per level see it: all runs by age, and merges of
// neighbours.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lsmkit/planner/selection.h"

namespace lsmkit {

struct SortedRun {
  uint32_t level = 0;
  Run run;
  std::string why_not;  // it can't be read now; empty: it can
};

// Newest first. What is not empty of a level below L0 counts by run, as in L0.
std::vector<SortedRun> sorted_runs(const PlanView& view);

// `runs` [first, first + count) as inputs, without a place to go to. Where no two of their tables
// overlap, nothing has to be rewritten: the tables are moved, unless tombstones in them could go.
Selection select_runs(const PlanView& view, const std::vector<SortedRun>& runs, size_t first,
                      size_t count);

// Whether the tables of `inputs` may stand in one run as they are: no two overlap, and none of them
// holds tombstones that a merge would drop there.
bool can_stand_together(const PlanView& view, const Selection& selection);

}  // namespace lsmkit
