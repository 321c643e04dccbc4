// The layouts as sibling pure functions: each looks at the tree and chooses what is to be compacted
// next. Any layout is four choices (Sarkar et al., "Constructing and Analyzing the LSM Compaction
// Design Space", VLDB 2021):
//
//               trigger               runs per level     granularity       movement
// leveled       L0's runs; a level's  L0 many,           L0: all that      the picker's table, with
//               weight over target    others one         overlaps; below:  what it meets one level
//                                                        a table or more   down, or two
// hybrid        likewise, and L0's    L0 two tiers,      likewise          likewise; within L0 the
//               tiers (l0_tiers.h)    others one                           young runs
// lazy_leveled  runs of a level       all many, the      a level's runs    one level down as a run
//                                       last one                             more; into the last's
// tiered        runs of the tree;     each run is a      whole runs,       to the deepest level
//               space; weight ratio   level              neighbours in     that is free
//                                                        age
// fifo          weight; age           all in L0          a table           out of the tree
//
// A tree may have been made by another layout: whatever stands, each of them reads it correctly and
// turns it into its own shape bit by bit.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "lsmkit/planner/level_scores.h"
#include "lsmkit/planner/selection.h"

namespace lsmkit {

// Without a choice nothing is due, or all that is due is blocked. `lost` gets what might have been
// chosen instead.
using Choice = std::optional<Selection>;
Choice choose_leveled(const PlanView& view, std::vector<RunnerUp>& lost);  // and hybrid
Choice choose_lazy_leveled(const PlanView& view, std::vector<RunnerUp>& lost);
Choice choose_tiered(const PlanView& view, std::vector<RunnerUp>& lost);
Choice choose_fifo(const PlanView& view, std::vector<RunnerUp>& lost);

// Asks `select` for one level after the other, the most pressing first, as long as they are due.
using SelectLevel = std::function<Choice(const LevelScore&, std::string& why_not)>;
Choice choose_by_score(const PlanView& view, const SelectLevel& select,
                       std::vector<RunnerUp>& lost);

// Of the leveled layouts. What to do about max_space_amp, first of all; and what is worth doing
// when no level is due: tombstones that hide much are carried down, and those that nobody needs any
// more are taken out of the last level.
Choice select_for_space(const PlanView& view);
Choice select_for_tombstones(const PlanView& view);

// Tables that hold nothing but tombstones, which nobody needs any more where they lie, go unread.
void drop_if_empty(const PlanView& view, Selection& selection);

// A level below L0 that holds several runs, which leveled layouts don't: they become one.
Choice select_gathering(const PlanView& view);

}  // namespace lsmkit
