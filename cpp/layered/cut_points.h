// Pages at which new layers had better begin and end, so that layers of different tiers do so at
// the same ones.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "lsmkit/layered/level_profile.h"

namespace lsmkit {

enum class CutReason : uint8_t {
  kNone,
  kDensity,  // many bytes per page on one side, few on the other
  kGrid,     // a multiple of so many pages
  kEdge,     // other layers begin or end here
};

struct CutPoint {
  PageNumber page = 0;
  CutReason reason = CutReason::kNone;
  uint64_t weight = 0;  // among those of one reason the heavier is the better
  bool operator==(const CutPoint&) const = default;
};

// Where these layers begin and end, in order, each weighing as many as do.
std::vector<CutPoint> edges_of(std::span<const Layer> layers);

// Where the bytes per page change most, at least twofold, from so many bytes before to so many
// behind, in order and at least so many bytes apart. Requires: stretches in order.
std::vector<CutPoint> density_steps(std::span<const PageStretch> stretches, uint64_t window_bytes);

// Both in order.
std::vector<CutPoint> merged_cuts(std::span<const CutPoint> a, std::span<const CutPoint> b);

}  // namespace lsmkit
