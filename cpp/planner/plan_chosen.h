// A choice made elsewhere, by one's own planner, as a plan: checked as strictly as the layouts
// check themselves, so that no choice can make a tree that reads wrongly.
#pragma once

#include <cstdint>
#include <vector>

#include "lsmkit/planner/plan.h"
#include "lsmkit/rules/compaction_options.h"

namespace lsmkit {

struct ChosenTables {
  std::vector<TableNumber> inputs;
  uint32_t output_level = 0;
  bool move = false;     // they change their level or run as they are; nothing is rewritten
  bool drop = false;     // they go unread, and what is in them is gone; output_level says nothing
  bool new_run = false;  // they become the output level's newest run, beside those that stand
};

// The run written to: in L0 that of the newest input; below it the job's with new_run, else that of
// the newest input that stands there, else the level's only one.
//
// Throws InvalidArgument, naming the table and what to do, if a table does not stand or can't be
// read now; if newer records would come to lie below older ones, or older ones come to light; if
// tables of a run would overlap; if there is no room on disk.
CompactionPlan plan_chosen(const Version& version, const PlanContext& context,
                           const CompactionOptions& options, const ChosenTables& chosen);

// A planner that wants more jobs in a row, with no flush between, never comes to rest. Throws
// InvalidArgument then.
void check_comes_to_rest(uint64_t plans_in_a_row);

}  // namespace lsmkit
