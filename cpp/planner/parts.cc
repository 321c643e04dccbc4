#include "lsmkit/planner/parts.h"

#include <algorithm>

namespace lsmkit {
namespace {

constexpr uint64_t kLeastTables = 4;  // a part weighs at least as much as so many

}  // namespace

std::vector<std::string> part_bounds(const PlanView& view, const CompactionPlan& plan) {
  std::vector<std::string> bounds;
  const uint64_t most =
      plan.input_weight / std::max<uint64_t>(kLeastTables * view.options.table_weight, 1);
  const uint64_t parts = std::min<uint64_t>(view.options.max_parts, most);
  if (plan.output_level == 0 || parts < 2) return bounds;
  const PlanInput* heaviest = nullptr;
  uint64_t heaviest_weight = 0;
  for (const PlanInput& input : plan.inputs) {
    const uint64_t weight = total_weight(input.tables);
    if (heaviest != nullptr && weight <= heaviest_weight) continue;
    heaviest = &input;
    heaviest_weight = weight;
  }
  uint64_t before = 0;
  for (const TableRef& table : heaviest->tables) {
    const uint64_t due = heaviest_weight / parts * (bounds.size() + 1);
    if (before >= due && bounds.size() + 1 < parts) bounds.push_back(table->smallest.key);
    before += table->weight;
  }
  return bounds;
}

}  // namespace lsmkit
