#include "lsmkit/rules/l0_tiers.h"

#include <algorithm>

namespace lsmkit {
namespace {

// A run is young up to so many memtables: more than flushes weigh, less than merged runs do.
constexpr double kYoungMemtables = 1.5;
// L0 goes down at this share of a batch; uniform writes reach nearly all of it.
constexpr double kFullShare = 0.75;

double share(uint64_t part, uint64_t whole) {
  return static_cast<double>(part) / static_cast<double>(std::max<uint64_t>(whole, 1));
}

}  // namespace

L0Tiers l0_tiers(std::span<const Run> runs, const CompactionOptions& options) {
  L0Tiers out;
  uint64_t weight = 0;
  for (size_t i = 0; i < runs.size(); ++i) {
    weight += runs[i].weight();
    if (out.young == i && share(runs[i].weight(), options.memtable_weight) <= kYoungMemtables)
      ++out.young;
  }
  const size_t merged = runs.size() - out.young;
  const size_t most_runs = options.l0_trigger_runs + options.l0_merged_runs - 1;
  const double batches = share(weight, options.l0_batch_weight());
  out.crowded = runs.size() >= most_runs ||
                (out.young >= options.l0_trigger_runs && merged + 1 >= options.l0_merged_runs);
  out.full = batches >= 1 || (out.crowded && batches >= kFullShare);
  out.score =
      std::max({share(out.young, options.l0_trigger_runs), share(runs.size(), most_runs), batches});
  return out;
}

}  // namespace lsmkit
