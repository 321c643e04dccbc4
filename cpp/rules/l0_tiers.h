// The hybrid layout's L0: flushes gather until so many of them stand, and are merged into one run;
// when enough of these stand, all of L0 goes to the base level at once. An entry is rewritten once
// more than it would be without tiers, but L0 meets the base level a quarter as often, and levels
// that a smaller batch would need in between are spared (measured: cpp/bench/DECISIONS.md).
//
// Where keys are written over and over, merged runs are lighter than what went in. While all of L0
// is well below a batch it is merged into one run instead of going down, so that it gathers more
// writes: hot keys end here.
#pragma once

#include <cstddef>
#include <span>

#include "lsmkit/rules/compaction_options.h"
#include "lsmkit/version/version.h"

namespace lsmkit {

// L0 goes down at this share of a batch; uniform writes reach nearly all of it.
inline constexpr double kFullL0Share = 0.75;

// Of the runs of L0 that are not being compacted.
struct L0Tiers {
  double score = 0;      // something is due from 1 on
  size_t count = 0;      // of all of them
  size_t young = 0;      // the newest, which were not merged yet
  bool crowded = false;  // as many stand as may
  bool full = false;     // all of L0 goes to the base level
};

// `runs`: L0's, newest first; `busy`: those that are being compacted, ascending.
L0Tiers l0_tiers(std::span<const Run> runs, std::span<const RunId> busy,
                 const CompactionOptions& options);

}  // namespace lsmkit
