// One's own planner: a Python callable in the shape that the engine asks.
#pragma once

#include <pybind11/pybind11.h>

#include "lsmkit/planner/planner.h"

namespace lsmkit {

// `ask(version, job, history_floor, pinned_seqnos, now_us, damaged, busy)` returns None, or what
// ChosenTables holds as a tuple in its order. What it raises is thrown as lsmkit::Error with its
// text, and comes out of the long call under way as it was.
Planner planner_of(const pybind11::object& ask);

}  // namespace lsmkit
