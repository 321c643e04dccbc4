// What reads of an engine with such options would be in a simulation, and what they were in it.
#pragma once

#include "lsmkit/db/db.h"
#include "lsmkit/db/options.h"
#include "lsmkit/sim/exact_reads.h"

namespace lsmkit {

ReadOptions read_options_of(const Options& options);

// Scans are the caller's to count.
ReadCounts read_counts_of(const EngineStats& stats);

}  // namespace lsmkit
