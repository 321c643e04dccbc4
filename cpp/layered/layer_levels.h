// The levels of a layered store as compaction would find them, for people to look at.
#pragma once

#include <cstdint>
#include <vector>

#include "lsmkit/layered/layer.h"
#include "lsmkit/layered/layer_planner.h"

namespace lsmkit {

struct LayerLevelView {
  uint32_t level = 0;
  LsnRange lsns;
  uint64_t deltas = 0;
  uint64_t images = 0;
  uint64_t bytes = 0;
  uint64_t depth = 0;       // depth_of() these alone
  uint64_t partitions = 0;  // partitions_of() these; 0 without deltas
};

// From the top down; a level has the layers that its height takes in and the one above does not,
// and levels without a layer are left out. Requires: what lives under one that ends at `end_lsn`.
std::vector<LayerLevelView> levels_of(std::vector<Layer> layers, Lsn end_lsn,
                                      const LayeredOptions& options);

}  // namespace lsmkit
