// How heavy each level should be, and which level L0 is merged into.
#pragma once

#include <cstdint>
#include <vector>

#include "lsmkit/rules/compaction_options.h"
#include "lsmkit/version/version.h"

namespace lsmkit {

struct LevelTargets {
  unsigned base_level = 1;  // L0 is merged into it
  // By level, level_count of them. 0: no target (L0, levels above the base, and all levels of a
  // dynamic tree that has nothing below L0).
  std::vector<uint64_t> weight;
  // Levels from the base down to this one are no longer needed and are drained; 0: none.
  unsigned drain_to_level = 0;

  unsigned last_level() const { return static_cast<unsigned>(weight.size()) - 1; }
};

LevelTargets level_targets(const Version& version, const CompactionOptions& options);

// How many levels a plan may use: the options' count, or more if tables already stand deeper.
unsigned planned_level_count(const Version& version, const CompactionOptions& options);

}  // namespace lsmkit
