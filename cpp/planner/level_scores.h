// How due each level is for compaction.
#pragma once

#include <cstdint>
#include <vector>

#include "lsmkit/planner/plan.h"
#include "lsmkit/rules/level_targets.h"

namespace lsmkit {

struct LevelScore {
  uint32_t level = 0;
  // L0: the larger of runs / trigger and weight / base; below: weight not being compacted / target.
  double score = 0;
  // Decides who goes first and is due from 1 on. Static sizing: the score. Dynamic sizing:
  // RocksDB's rule, in which a level that is about to receive much from above waits.
  double priority = 0;
};

// Highest priority first, equals by level; the last level has none.
std::vector<LevelScore> level_scores(const Version& version, const PlanContext& context,
                                     const CompactionOptions& options);

// Of the tables of `level` that no job has among its inputs.
uint64_t idle_weight(const Version& version, const PlanContext& context, unsigned level);

// Runs of L0 that some job has among its inputs, ascending.
std::vector<RunId> busy_l0_runs(const Version& version, const PlanContext& context);

}  // namespace lsmkit
