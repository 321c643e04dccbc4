// The table that std::sort puts first, and the plan that begins with it.
#include "lockstep_ties.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "lsmkit/planner/selection.h"

namespace lsmkit::bench {
namespace {

Seqno age_of(const TableMeta& table, Picker picker) {
  return picker == Picker::kOldestSmallestSeqno ? table.smallest_seqno : table.largest_seqno;
}

}  // namespace

std::optional<CompactionPlan> plan_with_rocksdb_ties(const Version& version,
                                                     const PlanContext& context,
                                                     const CompactionOptions& options) {
  auto plan = plan_compaction(version, context, options);
  const Picker picker = options.picker;
  if (!plan || options.layout != Layout::kLeveled || plan->inputs.front().level == 0 ||
      (picker != Picker::kOldestSmallestSeqno && picker != Picker::kOldestLargestSeqno))
    return plan;
  const unsigned level = plan->inputs.front().level;
  const LevelTargets targets = level_targets(version, options);
  const Obstacles obstacles(context);
  const PlanView view{version, context, options, targets, obstacles};
  std::vector<TableRef> tables = view.run_of(level).tables();
  std::sort(tables.begin(), tables.end(), [&](const TableRef& a, const TableRef& b) {
    return age_of(*a, picker) < age_of(*b, picker);
  });
  std::string why_not;
  auto selection = select_table(view, level, tables.front(), why_not);
  if (!selection) return plan;
  selection->score = plan->score;
  selection->output_run = view.run_of(selection->output_level).id();
  return make_plan(view, std::move(*selection));
}

}  // namespace lsmkit::bench
