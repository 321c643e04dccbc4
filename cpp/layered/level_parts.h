// The parts of a level that can be looked at by themselves, and how much stands open in each.
#pragma once

#include <cstdint>
#include <vector>

#include "lsmkit/layered/level_finder.h"

namespace lsmkit {

// Where the pages can be cut so that every delta of the level lies on one side: ranges from the
// first page to the last, each with a delta. One range where there is none.
std::vector<PageRange> partitions_of(const LayerLevel& level);

struct PartState {
  uint64_t depth = 0;  // as depth_of() has it, see there; what is below says what does not count
  uint64_t open_bytes = 0;      // of deltas that no images cover
  std::vector<Lsn> open_tiers;  // where these end, each once, from the bottom up
  bool had_images = false;      // of all of it, at some LSN of the level
  bool is_steady = false;       // several tiers are open, the newest as large as those before
};

// Of these pages, of which each delta of the level has all or none. What the level below has left
// undone there is not yet part of the depth. Where all deltas are of one page they do count.
PartState state_of(const LayerLevel& level, const PageRange& pages);

}  // namespace lsmkit
