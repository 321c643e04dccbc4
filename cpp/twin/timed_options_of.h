// What an engine with such options would be in a simulation in time.
#pragma once

#include "lsmkit/db/options.h"
#include "lsmkit/sim/timed_options.h"

namespace lsmkit {

// Background threads, flow control, memory, log and sync mode as the options have them; device,
// cores and costs as `machine` has them.
TimedOptions timed_options_of(const Options& options, TimedOptions machine);

}  // namespace lsmkit
