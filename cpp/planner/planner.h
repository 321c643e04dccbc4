// What to compact next, and why: a pure function of a Version, the world handed in, and options. No
// clock, file, thread or random number. Start here; layouts.h says what layouts there are.
//
// How plan_compaction thinks under the leveled layouts:
//   1. Score every level (level_scores) and try them from the highest down; below 1 nothing is due.
//   2. L0 goes to the base level: the oldest run, all runs that overlap, all base tables that
//      overlap. If that is blocked and L0 is high, the newest runs are merged within L0.
//   3. Ln goes to Ln+1: the picker's first table that can run, all tables it overlaps below, and
//      then more of Ln as long as that adds nothing below and stays within the weight limit.
//   4. Where nothing below is met, tables are moved, not rewritten (see can_move in leveled.cc).
//   5. Where jobs wait for each other, few run side by side (postpone.cc).
//   6. The plan takes along pins, floor, older runs and cuts, so executing it decides nothing.
// A user key never lies in two tables of a run (V2), so every set of whole tables is a clean cut.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lsmkit/planner/level_scores.h"
#include "lsmkit/planner/plan.h"
#include "lsmkit/rules/compaction_options.h"
#include "lsmkit/version/version.h"

namespace lsmkit {

// The most pressing compaction that can run now; none if nothing is due or all that is due is
// blocked by jobs in flight or damaged tables.
std::optional<CompactionPlan> plan_compaction(const Version& version, const PlanContext& context,
                                              const CompactionOptions& options);

// The shape of plan_compaction. One's own goes to OpenRequest, and makes its plans by plan_chosen.
using Planner = std::function<std::optional<CompactionPlan>(const Version&, const PlanContext&,
                                                            const CompactionOptions&)>;

// The same with all that became of it. explanation.h tells it in words.
struct Decision {
  std::optional<CompactionPlan> plan;
  std::vector<RunnerUp> runners_up;  // also without a plan: levels that are due and why none goes
  std::string postponed;             // why not even the plan that was found can run; empty: it can
};
Decision decide_compaction(const Version& version, const PlanContext& context,
                           const CompactionOptions& options);

// The next step of moving everything in [begin, end] (absent: no bound) down to the deepest level
// that holds any of it, where it is rewritten once so that tombstones and old versions go.
// `first_job` is the first job number that was free when the request came: tables that later jobs
// made at the deepest level are done.
struct RangeStep {
  std::optional<CompactionPlan> plan;
  bool done = false;  // without a plan and not done: blocked, ask again after a job has ended
  // How far it is, in weight that jobs have to take a level down or rewrite at the bottom: what is
  // left, and about what of it the plan does.
  uint64_t left_weight = 0;
  uint64_t plan_weight = 0;
};
RangeStep plan_range(const Version& version, const PlanContext& context,
                     const CompactionOptions& options, const std::optional<std::string>& begin,
                     const std::optional<std::string>& end, JobNumber first_job);

// The edit that publishes a plan's result. `outputs` in key order; empty for a trivial move, or if
// everything was dropped. `passed` are inputs that became outputs as they are.
VersionEdit edit_for(const CompactionPlan& plan, const std::vector<TableRef>& outputs,
                     const std::vector<TableRef>& passed = {});

// What carrying the plan out adds to the counters.
void count_compaction(const CompactionPlan& plan, const std::vector<TableRef>& outputs,
                      const std::vector<TableRef>& passed, uint64_t dropped_entries,
                      Counters& counters);

// The plan in words and figures, several lines.
std::string explain(const CompactionPlan& plan);

}  // namespace lsmkit
