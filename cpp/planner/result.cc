// What a plan that was carried out comes to: the edit, and what it adds to the counters.
#include <algorithm>

#include "lsmkit/planner/planner.h"

namespace lsmkit {

VersionEdit edit_for(const CompactionPlan& plan, const std::vector<TableRef>& outputs,
                     const std::vector<TableRef>& passed) {
  VersionEdit edit;
  edit.reason = plan.reason;
  edit.job = plan.job;
  edit.score = plan.score;
  std::vector<TableNumber> passed_numbers;
  for (const TableRef& table : passed) passed_numbers.push_back(table->number);
  std::sort(passed_numbers.begin(), passed_numbers.end());
  for (const PlanInput& input : plan.inputs) {
    const bool in_place = input.level == plan.output_level && input.run == plan.output_run;
    for (const TableRef& table : input.tables) {
      const bool stays =
          std::binary_search(passed_numbers.begin(), passed_numbers.end(), table->number);
      if (stays && in_place) continue;
      edit.removed.push_back({input.level, input.run, table->number, table->smallest.key});
      if (plan.trivial_move || stays)
        edit.added.push_back({plan.output_level, plan.output_run, table});
    }
  }
  for (const TableRef& table : outputs)
    edit.added.push_back({plan.output_level, plan.output_run, table});
  if (plan.cursor) edit.cursors.insert(*plan.cursor);
  if (plan.rewrites()) edit.history_floor = plan.merge.history_floor;
  return edit;
}

void count_compaction(const CompactionPlan& plan, const std::vector<TableRef>& outputs,
                      const std::vector<TableRef>& passed, uint64_t dropped_entries,
                      Counters& counters) {
  if (plan.trivial_move) {
    ++counters.trivial_move_count;
    return;
  }
  ++counters.compaction_count;
  counters.compaction_dropped_entries += dropped_entries;
  if (plan.drop) return;
  counters.compaction_read_file_bytes += plan.input_file_bytes;
  counters.compaction_read_weight += plan.input_weight;
  for (const TableRef& table : passed) {
    counters.compaction_read_file_bytes -= table->file_bytes;
    counters.compaction_read_weight -= table->weight;
  }
  for (const TableRef& table : outputs) {
    counters.compaction_written_file_bytes += table->file_bytes;
    counters.compaction_written_weight += table->weight;
  }
}

}  // namespace lsmkit
