// A segment simulation that goes on from a real database: its tables as their metas tell, none of
// which is read.
#pragma once

#include <string>
#include <vector>

#include "lsmkit/db/standing.h"
#include "lsmkit/sim/segment_start.h"

namespace lsmkit {

SegmentTreeStart segment_start_of(const Standing& standing);

// What is taken for granted, in sentences; `unflushed`: records in memory, which are left out.
std::vector<std::string> segment_assumptions_of(uint64_t unflushed);

}  // namespace lsmkit
