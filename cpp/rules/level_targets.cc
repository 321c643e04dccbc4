#include "lsmkit/rules/level_targets.h"

#include <algorithm>

namespace lsmkit {
namespace {

constexpr double kMaxWeight = 1e18;

uint64_t divided(uint64_t weight, double fanout) {
  return static_cast<uint64_t>(static_cast<double>(weight) / fanout);
}

uint64_t multiplied(uint64_t weight, double fanout) {
  return static_cast<uint64_t>(std::min(static_cast<double>(weight) * fanout, kMaxWeight));
}

LevelTargets static_targets(unsigned level_count, const CompactionOptions& options) {
  LevelTargets targets;
  targets.weight.resize(level_count);
  for (unsigned n = 1; n < level_count; ++n)
    targets.weight[n] =
        n == 1 ? options.base_weight : multiplied(targets.weight[n - 1], options.fanout);
  return targets;
}

// As RocksDB. The heaviest level is taken for the last one's wish; dividing by the fanout upwards
// gives the size each level above should have. The base level is where that size lies between
// base_weight / fanout and base_weight, so each level below it is about a fanout larger.
LevelTargets dynamic_targets(const Version& version, unsigned level_count,
                             const CompactionOptions& options) {
  LevelTargets targets;
  targets.weight.resize(level_count);
  unsigned first_filled = 0;
  uint64_t heaviest = 0;
  for (unsigned n = 1; n < level_count; ++n) {
    const uint64_t weight = version.level(n).weight();
    if (weight > 0 && first_filled == 0) first_filled = n;
    heaviest = std::max(heaviest, weight);
  }
  if (heaviest == 0) {  // L0 goes straight to the last level
    targets.base_level = level_count - 1;
    return targets;
  }

  const uint64_t largest_base = options.base_weight;
  const uint64_t smallest_base = divided(options.base_weight, options.fanout);
  uint64_t size = heaviest;
  for (unsigned n = level_count - 1; n-- > first_filled;) {
    size = divided(size, options.fanout);
    if (targets.drain_to_level == 0 && size <= smallest_base) targets.drain_to_level = n;
  }

  // The base never lies below a filled level, or L0's records would sink past older ones; a filled
  // level that the sizes don't call for is drained instead.
  targets.base_level = first_filled;
  if (size <= smallest_base) {
    size = smallest_base + 1;
  } else {
    while (targets.base_level > 1 && size > largest_base) {
      --targets.base_level;
      size = divided(size, options.fanout);
    }
    size = std::clamp<uint64_t>(size, 1, largest_base);
  }

  // No target below base_weight: levels smaller than L0 would only take turns with it.
  for (unsigned n = targets.base_level; n < level_count; ++n) {
    targets.weight[n] = std::max(size, largest_base);
    size = multiplied(size, options.fanout);
  }
  return targets;
}

}  // namespace

unsigned planned_level_count(const Version& version, const CompactionOptions& options) {
  unsigned count = std::clamp(options.level_count, 2u, kMaxLevels);
  for (unsigned n = count; n < version.level_count(); ++n)
    if (!version.level(n).empty()) count = n + 1;
  return count;
}

LevelTargets level_targets(const Version& version, const CompactionOptions& options) {
  const unsigned level_count = planned_level_count(version, options);
  return options.sizing == LevelSizing::kStatic ? static_targets(level_count, options)
                                                : dynamic_targets(version, level_count, options);
}

}  // namespace lsmkit
