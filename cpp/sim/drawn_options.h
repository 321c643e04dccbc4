// What is assumed where keys are not modelled: how many tables a table meets one level down, and
// what merging leaves.
#pragma once

#include <cstdint>
#include <vector>

#include "lsmkit/version/version.h"

namespace lsmkit {

enum class OverlapKind : uint8_t {
  kUniform,      // each count from `least` to `most` as likely
  kExponential,  // a sixth of such a draw is the share of the way from `least` to `most`
  kGeometric,    // how many tries until one succeeds, with this probability
  kFixed,        // this share of the way from `least` to `most`
};

struct DrawnOptions {
  OverlapKind kind = OverlapKind::kGeometric;
  double parameter = 0.3;  // rate, probability or share; kUniform has none
  uint64_t least = 1;      // tables
  uint64_t most = 0;       // 0: all that stand
  // What a merge writes / what it reads, by output level; deeper ones have the last. Empty: what it
  // comes to where keys are written at random.
  std::vector<double> kept_share;
};

// Throws InvalidArgument naming the option and what would do.
void check(const DrawnOptions& options);

// By counters alone (seed, edit, table, level), so it may be asked as often as one likes.
OverlapDraw overlap_draw(const DrawnOptions& options, uint64_t seed);

}  // namespace lsmkit
