// What a configuration costs in the long run under uniform overwrites, by formula: no tree is made
// and nothing is run.
//
// Among N keys written at random, x puts write d(x) = N (1 - e^(-x/N)) different ones. A level is
// fed everywhere once every C puts (its feed), and any place in it is emptied downwards in its turn
// after c feeds. So places hold what 0 to c - 1 feeds left, and with q = e^(-C/N) the level holds
//
//     W = N (1 - (1 - q^c) / (c (1 - q))),
//
// which is its target, and gives c. A feed rewrites what is there and what comes,
//
//     N (1 - q (1 - q^c) / (c (1 - q))),
//
// and the level below is fed every c C puts; the last one is emptied nowhere, and a feed rewrites
// all N. It is the reasoning of Lim et al. (FAST 2016, "Towards Accurate and Fast Evaluation of
// Multi-Stage Log-structured Designs") for a round robin picker, with L0's batches as the first
// feed. Left out: that a job meets a table more at each edge than it must, and that a picker may do
// better than by turns.
#pragma once

#include <cstdint>
#include <vector>

#include "lsmkit/rules/compaction_options.h"

namespace lsmkit {

// Weight that is written / put, kept / visible, and sorted runs that a scan merges: means over
// time.
struct ExpectedCost {
  double write_amp = 0;
  double space_amp = 0;
  double runs = 0;
  std::vector<double> level_write_amp;  // of write_amp, by the level written to; L0 with the flush
  std::vector<double> level_weight;
};

// For leveled, hybrid and lazy_leveled; `keys` distinct ones of `record_weight` each. Throws
// InvalidArgument for other layouts, and where the numbers make no tree.
ExpectedCost expected_cost(const CompactionOptions& options, uint64_t keys, uint64_t record_weight);

}  // namespace lsmkit
