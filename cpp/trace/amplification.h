// What storing costs beyond the data itself. Each figure is defined here and nowhere else.
#pragma once

#include <cstdint>

#include "lsmkit/version/version.h"

namespace lsmkit {

// Counted between two moments: `end - begin`, field by field. Requires: begin came first.
Counters difference(const Counters& end, const Counters& begin);

// File bytes written by flush and compaction / bytes of keys and values put. NaN where nothing was
// put, as in all of these.
double write_amp(const Counters& counted);
// Weight written by flush and compaction / weight put: what the planner's choices cost, whatever
// the codec.
double write_amp_weight(const Counters& counted);
// Log bytes / bytes of keys and values put.
double log_amp(const Counters& counted);
// File bytes written by flush and compaction / by flush alone: the figure RocksDB prints.
double write_amp_over_flush(const Counters& counted);
// Weight in the version / weight of the newest visible record of each key, which the caller knows.
double space_amp(const Version& version, uint64_t live_weight);
// File bytes / (key bytes + value bytes) of what is stored; below 1 where compression pays.
double compression_ratio(const Version& version);

}  // namespace lsmkit
