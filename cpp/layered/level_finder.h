// Which layers form a level. Nothing says so but their shapes: going down from an LSN, a level goes
// on as long as deltas are no taller than the level's height, and ends at an LSN that no delta
// crosses.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "lsmkit/layered/cut_points.h"
#include "lsmkit/layered/layer.h"

namespace lsmkit {

struct LayerLevel {
  LsnRange lsns;
  std::vector<Layer> layers;  // from the top down
  // Where layers in it or below begin and end, if cuts are to be there.
  std::vector<CutPoint> edges{};
  Lsn lower_begin = UINT64_MAX;  // where the level below this one in height begins, if any
  Lsn same_pages_from = 0;       // from here to its end the same pages are in use
};

// The level whose top is `end_lsn`, of deltas at most so tall; none if the first is taller or there
// is none. Layers above are not part of it, and of those below only its own are looked at.
// Requires: layers from the bottom up, as stands_below() has it. Throws InvalidArgument if a delta
// crosses `end_lsn`.
std::optional<LayerLevel> find_level(std::span<const Layer> layers, Lsn end_lsn,
                                     uint64_t most_height);

// How many deltas are stacked at most above the highest image, over all of these pages. Deltas of a
// single page do not count: where that page is hot there may be any number.
uint64_t depth_of(std::span<const Layer> layers, const PageRange& pages = {});

}  // namespace lsmkit
