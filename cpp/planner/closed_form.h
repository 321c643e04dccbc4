// What a configuration costs in the long run under overwrites, by formula: no records are modelled
// and no workload is run.
//
// Where key k of n is drawn with probability p_k, x puts write U(x) = sum (1 - e^(-p_k x))
// different keys; uniform draws make that n (1 - e^(-x/n)). A level is fed everywhere once every C
// puts (its feed), and any place in it is emptied downwards in its turn after c feeds. So places
// hold what 0 to c - 1 feeds left, the level weighs W = (U(0) + U(C) + ... + U((c-1) C)) / c, which
// is its target, and gives c. A feed rewrites what is there and what comes, (U(C) + ... + U(cC)) /
// c, and the level below is fed every cC puts; the last one is emptied nowhere, and a feed rewrites
// all n. Under uniform draws and with q = e^(-C/n), W = n (1 - (1 - q^c) / (c (1 - q))). It is the
// reasoning of Lim et al. (FAST 2016, "Towards Accurate and Fast Evaluation of Multi-Stage
// Log-structured Designs") for a round robin picker, with L0's batches as the first feed.
//
// Below the base level, which L0 feeds all at once, four things are ours:
//   - Feeds come by turns, too, a stretch of keys at a time and in the same order, so a place is
//     fed a whole number of times: as often as the target allows, c rounded down.
//   - What comes to an emptied place meets nothing and is moved there: U(C) of every c feeds is not
//     written.
//   - A level that has room for less than a feed and a stretch is emptied ahead of what comes
//     (W <= U(C) (1 - stretch), where the level above is emptied by `stretch` of the keys at a
//     time): everything is moved through it, and the level below has the same feed.
//   - A job meets half a table more at each of its edges than its keys span. It takes as many
//     tables as come at once, or as its weight limit allows together with those that they meet.
// Left out: that a picker may do better than by turns, and jobs from two levels into a third.
//
// Lazy leveling: K runs of a feed each gather in a level and go down as one, so each level writes
// U(C) every C puts and feeds the next every KC (Dayan and Idreos 2018). Tiered picks runs by their
// weights and nothing else, so the planner itself is asked, about a tree that has one table for
// each run: merged, those of x and y puts weigh U(x + y).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "lsmkit/rules/compaction_options.h"

namespace lsmkit {

// Keys that are equally likely: how many, and each one's share of the puts.
struct KeyShare {
  double keys = 0;
  double probability = 0;
};

// Weight that is written / put, kept / visible, and sorted runs that a scan merges: means over
// time.
struct ExpectedCost {
  double write_amp = 0;
  double space_amp = 0;
  double runs = 0;
  std::vector<double> level_write_amp;  // of write_amp, by the level written to; L0 with the flush
  std::vector<double> level_weight;
};

// For all layouts but fifo. Throws InvalidArgument for that one, and where the numbers make no
// tree.
ExpectedCost expected_cost(const CompactionOptions& options, std::span<const KeyShare> keys,
                           uint64_t record_weight);
// `keys` of them, each as likely as any other.
ExpectedCost expected_cost(const CompactionOptions& options, uint64_t keys, uint64_t record_weight);

}  // namespace lsmkit
