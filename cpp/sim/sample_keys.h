// Keys as they lie in a workload's key space: some from its middle, so far from each other that
// what they have in common with their neighbours is what those of a table of that density have.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lsmkit/workload/workload_spec.h"

namespace lsmkit {

// So many keys in their order, every `mean_gap`-th on average, by chance; fewer if there are not so
// many. Requires: mean_gap is at least 1.
std::vector<std::string> spread_keys(const WorkloadSpec& workload, uint64_t count, double mean_gap);

}  // namespace lsmkit
