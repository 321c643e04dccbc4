#include "lsmkit/rules/filter_bits.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "lsmkit/rules/level_targets.h"

namespace lsmkit {
namespace {

// Levels that hold data, or will, between `level` and the deepest one. L0 stands on the base level.
unsigned levels_below(const Version& version, unsigned level, const CompactionOptions& options) {
  unsigned deepest = level;
  for (unsigned n = level + 1; n < version.level_count(); ++n)
    if (!version.level(n).empty()) deepest = n;
  if (level > 0 || deepest == 0) return deepest - level;
  const unsigned base = level_targets(version, options).base_level;
  return base < deepest ? deepest - base + 1 : 1;
}

}  // namespace

double filter_bits_at(const Version& version, unsigned level, const CompactionOptions& options) {
  const double bits = options.filter_bits_per_key;
  if (bits == 0 || options.filter_allocation == FilterAllocation::kUniform) return bits;
  const double step = std::log(options.fanout) / (std::numbers::ln2 * std::numbers::ln2);
  // With shares of the data that fall by a fanout each level up, the mean number of levels below a
  // key is 1 / (fanout - 1), so on average a key has `bits` again.
  const double mean = step / (options.fanout - 1);
  const double here = bits - mean + step * levels_below(version, level, options);
  return std::clamp(here, 1.0, std::max(bits, kMaxFilterBitsPerKey));
}

}  // namespace lsmkit
