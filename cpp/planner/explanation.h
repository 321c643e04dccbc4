// Why the planner does what it does, or why it does nothing: all that it weighed, as figures and as
// sentences. It decides nothing itself; it asks decide_compaction and looks at the same Version.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lsmkit/planner/planner.h"

namespace lsmkit {

// What became of a level.
struct LevelVerdict {
  uint32_t level = 0;
  size_t run_count = 0;
  size_t table_count = 0;
  uint64_t weight = 0;
  uint64_t busy_weight = 0;    // of it, being compacted
  uint64_t target_weight = 0;  // 0: no target
  double score = 0;
  double priority = 0;  // due from 1 on
  bool chosen = false;  // its tables are the plan's
  std::string why;      // it was chosen or not; how far it is from being due
};

// A table that the picker looked at, or would have next.
struct Candidate {
  uint32_t level = 0;
  TableRef table;
  uint64_t overlap_weight = 0;  // of what it meets in the next level
  bool chosen = false;
  std::string why;
};

struct Explanation {
  std::optional<CompactionPlan> plan;  // none: nothing is due, or nothing can run
  bool blocked = false;                // something is due, but can't run now
  unsigned base_level = 1;
  std::vector<LevelVerdict> levels;  // from L0 on
  // Of the level that goes down, or of the most pressing one if nothing can: the first few in the
  // picker's order, and all that were chosen. None where whole runs go together, as in L0.
  std::vector<Candidate> candidates;
  std::vector<std::string> bounds;  // what limited the plan, or keeps it from being made
};
Explanation explain_decision(const Version& version, const PlanContext& context,
                             const CompactionOptions& options);

// The same with another's plan, asked for here, in place of the layout's; what the layout makes of
// the levels stands beside it.
Explanation explain_own_decision(const Version& version, const PlanContext& context,
                                 const CompactionOptions& options, const Planner& planner);

// Several lines: what is done or why nothing is, the levels, the candidates, the bounds.
std::string to_text(const Explanation& explanation);

// Weights for people: "12.3 MiB".
std::string weight_text(uint64_t weight);

}  // namespace lsmkit
