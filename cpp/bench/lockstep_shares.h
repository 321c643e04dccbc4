// What each mechanism of our defaults is worth: the same keys with one of them switched off at a
// time.
#pragma once

#include <string>

#include "lockstep_run.h"

namespace lsmkit::bench {

struct SharesAsked {
  LockstepWorkload workload;  // distribution and deletes are the cases' own
  LockstepShape shape;
  unsigned jobs = 1;   // cases at a time
  std::string filter;  // only workloads whose name holds it: uniform, zipf, deletes
};

// Prints a table. Throws std::invalid_argument if no workload takes part.
void run_shares(const SharesAsked& asked);

}  // namespace lsmkit::bench
