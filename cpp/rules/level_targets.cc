#include "lsmkit/rules/level_targets.h"

#include <algorithm>
#include <cmath>

namespace lsmkit {
namespace {

constexpr double kMaxWeight = 1e18;
// One level more is one more run that every read meets: so much less rewriting it must bring.
constexpr double kLeastGainOfALevel = 1;

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
    if (options.sizing == LevelSizing::kDynamic && targets.drain_to_level == 0 &&
        size <= smallest_base)
      targets.drain_to_level = n;
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

// What a byte is rewritten on its way through `levels` levels, from a batch to one that is `ratio`
// times as heavy, at the best: each meets x times its own weight. A level that is fed whole batches
// is half full on average, so the one below may be twice as far away (cf. FAST'16).
struct EvenLevels {
  double x = 0;
  double cost = 0;
};
EvenLevels even_levels(unsigned levels, double ratio) {
  EvenLevels out;
  out.x = std::pow(ratio / std::pow(2.0, levels - 1), 1.0 / levels);
  out.cost = levels * (1 + out.x);
  return out;
}

// The level above the last is a fanout lighter than it, which bounds space. Between that and L0's
// batches stand as many levels as make the least rewriting, evenly spaced; none at all while the
// last level is so light that every batch may as well be merged into it.
LevelTargets hybrid_targets(const Version& version, unsigned level_count,
                            const CompactionOptions& options) {
  LevelTargets targets;
  targets.weight.resize(level_count);
  const unsigned last = level_count - 1;
  unsigned first_filled = last;
  uint64_t heaviest = 0;
  for (unsigned n = last; n > 0; --n) {
    const uint64_t weight = version.level(n).weight();
    if (weight > 0) first_filled = n;
    heaviest = std::max(heaviest, weight);
  }
  targets.base_level = last;
  const double batch = static_cast<double>(options.l0_batch_weight());
  const double ratio = static_cast<double>(heaviest) / batch;
  if (last > 1 && ratio * (1 - 1 / options.fanout) > 1 + options.fanout / 2) {
    unsigned levels = 1;
    EvenLevels best = even_levels(1, ratio / options.fanout);
    while (levels + 1 < last) {
      const EvenLevels more = even_levels(levels + 1, ratio / options.fanout);
      if (more.cost > best.cost - kLeastGainOfALevel) break;
      best = more;
      ++levels;
    }
    targets.base_level = last - levels;
    double weight = best.x * batch;
    for (unsigned n = targets.base_level; n < last; ++n, weight *= 2 * best.x)
      targets.weight[n] = static_cast<uint64_t>(weight);
  }
  targets.weight[last] = std::max(heaviest, options.l0_batch_weight());
  // The base never lies below a filled level, or L0's records would sink past older ones: a filled
  // level that is not called for is drained instead.
  if (first_filled < targets.base_level) {
    targets.drain_to_level = targets.base_level - 1;
    for (unsigned n = first_filled; n < targets.base_level; ++n)
      targets.weight[n] = options.l0_batch_weight();
    targets.base_level = first_filled;
  }
  return targets;
}

// The batch that meets the last level is to weigh at least a fanout's part of it: so many tiers are
// needed above, each gathering l0_trigger_runs times what the one above it does.
LevelTargets lazy_targets(const Version& version, unsigned level_count,
                          const CompactionOptions& options) {
  LevelTargets targets;
  targets.weight.resize(level_count);
  const unsigned last = level_count - 1;
  unsigned first_filled = last;
  for (unsigned n = last; n > 0; --n)
    if (!version.level(n).empty()) first_filled = n;
  const uint64_t weight = version.level(last).weight();
  const double least_batch = static_cast<double>(weight) / options.fanout;
  const double growth = std::max(options.l0_trigger_runs, 2u);
  double batch = static_cast<double>(options.memtable_weight) * growth;
  targets.base_level = last;
  targets.weight[last] = std::max(weight, multiplied(options.memtable_weight, growth));
  std::vector<double> batches;  // of the tiers below L0, from the base on
  while (batch < least_batch && targets.base_level > 1) {
    batch *= growth;
    batches.push_back(batch);
    --targets.base_level;
  }
  for (size_t i = 0; i < batches.size(); ++i)
    targets.weight[targets.base_level + i] =
        static_cast<uint64_t>(std::min(batches[i], kMaxWeight));
  // L0 never goes below a filled level: what is no longer needed is drained.
  if (first_filled < targets.base_level) {
    targets.drain_to_level = targets.base_level - 1;
    targets.base_level = first_filled;
  }
  return targets;
}

// One level takes all that L0 doesn't.
LevelTargets targets_without_levels(unsigned level_count) {
  LevelTargets targets;
  targets.weight.resize(level_count);
  targets.base_level = level_count - 1;
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
  if (options.layout == Layout::kLazyLeveled) return lazy_targets(version, level_count, options);
  if (options.layout == Layout::kTiered || options.layout == Layout::kFifo)
    return targets_without_levels(level_count);
  if (options.sizing == LevelSizing::kStatic) return static_targets(level_count, options);
  return options.layout == Layout::kHybrid ? hybrid_targets(version, level_count, options)
                                           : dynamic_targets(version, level_count, options);
}

}  // namespace lsmkit
