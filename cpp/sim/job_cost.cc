#include "lsmkit/sim/job_cost.h"

#include <algorithm>

namespace lsmkit {
JobCost cost_of_inputs(const CompactionPlan& plan, const std::vector<TableRef>& passed) {
  JobCost cost;
  cost.output_level = plan.output_level;
  if (!plan.rewrites()) return cost;
  std::vector<TableNumber> left_out;
  for (const TableRef& table : passed) left_out.push_back(table->number);
  std::sort(left_out.begin(), left_out.end());
  for (const PlanInput& input : plan.inputs) {
    for (const TableRef& table : input.tables) {
      if (input.level == 0 && plan.output_level > 0) cost.weight_from_l0 += table->weight;
      if (std::binary_search(left_out.begin(), left_out.end(), table->number)) continue;
      cost.read_bytes += table->file_bytes;
      cost.read_weight += table->weight;
    }
  }
  return cost;
}

void add_outputs(JobCost& cost, const std::vector<TableRef>& outputs) {
  for (const TableRef& table : outputs) {
    cost.written_bytes += table->file_bytes;
    cost.written_weight += table->weight;
  }
  cost.written_tables = static_cast<uint32_t>(outputs.size());
}

}  // namespace lsmkit
