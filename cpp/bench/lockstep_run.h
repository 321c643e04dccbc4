// One run in lock-step: which keys are written to a tree, and what came of it.
#pragma once

#include <optional>
#include <vector>

#include "lockstep.h"

namespace lsmkit::bench {

struct LockstepWorkload {
  uint64_t keys = 1'000'000;        // loaded once each, in random order
  uint64_t overwrites = 4'000'000;  // afterwards, among them
  bool zipf = false;                // else uniform
  unsigned delete_percent = 0;      // of the overwrites
  uint64_t seed = 7;
};

struct LockstepOutcome {
  LockstepWork load, end;
  // Over the flushes of the second half of the overwrites. Space: entries in tables over live keys.
  double mean_space = 0, peak_space = 0, mean_runs = 0, mean_tables = 0;
  std::vector<LockstepLevel> levels;  // at the end
  double seconds = 0;                 // a store's compactions, and its files, among them
  double cpu_seconds = 0;             // of all threads of this process
  std::optional<PickTally> picks;
  std::optional<OutputTally> outputs;
};

LockstepOutcome run_lockstep(const LockstepWorkload& workload, const LockstepShape& shape,
                             LockstepTree& tree);

}  // namespace lsmkit::bench
