// How a heavy job is split, so that its parts can run side by side.
#pragma once

#include <string>
#include <vector>

#include "lsmkit/planner/selection.h"

namespace lsmkit {

// Keys at which parts begin, ascending: starts of tables of the heaviest input, so that most parts
// read whole tables, about evenly by weight. Tables are cut at them whoever runs the job and
// however many parts run at a time, so the result is the same.
std::vector<std::string> part_bounds(const PlanView& view, const CompactionPlan& plan);

}  // namespace lsmkit
