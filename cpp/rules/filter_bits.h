// How many filter bits a key gets at which level.
#pragma once

#include "lsmkit/rules/compaction_options.h"
#include "lsmkit/version/version.h"

namespace lsmkit {

// More bits than this buy nothing in a filter whose probes share a cache line.
inline constexpr double kMaxFilterBitsPerKey = 24;

// For tables that will be written to `level` of `version`. By level (Monkey, Dayan et al., SIGMOD
// 2017): an absent key asks every run, and a bit in a small run costs less memory than one in a
// large run. The false positives of all runs together are fewest for the same memory if each level
// has a fanout fewer of them than the one below, that is ln(fanout) / ln(2)^2 more bits a key. The
// last level, most of the data, pays for that with a little.
double filter_bits_at(const Version& version, unsigned level, const CompactionOptions& options);

}  // namespace lsmkit
