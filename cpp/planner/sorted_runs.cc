#include "lsmkit/planner/sorted_runs.h"

#include <algorithm>

namespace lsmkit {
std::vector<SortedRun> sorted_runs(const PlanView& view) {
  std::vector<SortedRun> all;
  all.reserve(view.version.run_count());
  for (unsigned n = 0; n < view.version.level_count(); ++n)
    for (const Run& run : view.version.level(n).runs)
      all.push_back({n, run, view.obstacles.to_reading(run)});
  return all;
}

bool can_stand_together(const PlanView& view, const Selection& selection) {
  if (!view.version.has_keys() && selection.inputs.size() > 1) return false;
  std::vector<TableRef> tables;
  for (const PlanInput& input : selection.inputs)
    tables.insert(tables.end(), input.tables.begin(), input.tables.end());
  std::sort(tables.begin(), tables.end(),
            [](const TableRef& a, const TableRef& b) { return a->smallest.key < b->smallest.key; });
  for (size_t i = 0; i < tables.size(); ++i) {
    const TableMeta& table = *tables[i];
    if (i > 0 && !ends_before(*tables[i - 1], table.smallest.key)) return false;
    const bool may_drop = table.tombstone_count > 0 && table.smallest_seqno <= view.elision_seqno();
    if (may_drop && older_runs(view, selection, table.smallest.key, table.largest.key).empty())
      return false;
  }
  return true;
}

Selection select_runs(const PlanView& view, const std::vector<SortedRun>& runs, size_t first,
                      size_t count) {
  Selection selection;
  for (size_t i = first; i < first + count; ++i)
    selection.inputs.push_back({runs[i].level, runs[i].run.id(), runs[i].run.tables()});
  selection.trivial_move = can_stand_together(view, selection);
  return selection;
}

}  // namespace lsmkit
