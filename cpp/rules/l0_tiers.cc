#include "lsmkit/rules/l0_tiers.h"

#include <algorithm>

namespace lsmkit {
namespace {

// A run is young up to so many memtables: more than flushes weigh, less than merged runs do.
constexpr double kYoungMemtables = 1.5;

double share(uint64_t part, uint64_t whole) {
  return static_cast<double>(part) / static_cast<double>(std::max<uint64_t>(whole, 1));
}

}  // namespace

L0Tiers l0_tiers(std::span<const Run> runs, std::span<const RunId> busy,
                 const CompactionOptions& options) {
  L0Tiers out;
  const double most_young = kYoungMemtables * static_cast<double>(options.memtable_weight);
  uint64_t weight = 0;
  for (const Run& run : runs) {
    if (!busy.empty() && std::binary_search(busy.begin(), busy.end(), run.id())) continue;
    weight += run.weight();
    if (out.young == out.count && static_cast<double>(run.weight()) <= most_young) ++out.young;
    ++out.count;
  }
  const size_t merged = out.count - out.young;
  const size_t most_runs = std::max(options.l0_trigger_runs + options.l0_merged_runs, 3u) - 1;
  const double batches = share(weight, options.l0_batch_weight());
  out.crowded = out.count >= most_runs ||
                (out.young >= options.l0_trigger_runs && merged + 1 >= options.l0_merged_runs);
  out.full = batches >= 1 || (out.crowded && batches >= kFullL0Share);
  out.score = std::max(share(out.count, most_runs), batches);
  // A trigger of one: flushes are not merged before they go down.
  if (options.l0_trigger_runs > 1)
    out.score = std::max(out.score, share(out.young, options.l0_trigger_runs));
  return out;
}

}  // namespace lsmkit
