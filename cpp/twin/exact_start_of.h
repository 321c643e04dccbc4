// An exact simulation that goes on from a real database: every record that it stores is read, by
// key, seqno, kind and length.
#pragma once

#include <string>
#include <vector>

#include "lsmkit/db/db.h"
#include "lsmkit/db/standing.h"
#include "lsmkit/sim/exact_start.h"

namespace lsmkit {

// Throws InvalidArgument for more than 2^28 records, NotSupported for kinds that are not simulated,
// CorruptionError for what can't be read, and what `poll` does. Reads all tables twice: the order
// of all keys has to be known before the first record can be placed.
StartOfExactRun exact_start_of(const Standing& standing, const WorkloadSpec& workload,
                               const Poll& poll);
// The tree alone. Requires: `keys` has all that the database holds.
ExactStart exact_start_of(const Standing& standing, const KeyUniverse& keys, const Poll& poll);

// What a simulation that goes on from there leaves out, in sentences; none if nothing.
std::vector<std::string> assumptions_of(const Standing& standing);

}  // namespace lsmkit
