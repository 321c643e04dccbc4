// First in, first out, as a log is kept: flushes gather in L0 and are never merged; the oldest
// tables go when the tree weighs more than fifo_weight, or when they are older than fifo_ttl_us.
// What goes is gone: it is for data that loses its worth with time. Oldest first, so no older
// record comes back to light.
#include <algorithm>

#include "lsmkit/planner/layouts.h"
#include "lsmkit/planner/sorted_runs.h"

namespace lsmkit {
namespace {

class FifoChooser {
 public:
  explicit FifoChooser(const PlanView& view) : view_(view), options_(view.options) {}

  Choice choose() const {
    const uint64_t weight = view_.version.weight();
    uint64_t kept = weight;
    Selection selection;
    selection.drop = true;
    selection.reason = EditReason::kFifoWeight;
    selection.score = static_cast<double>(weight) /
                      static_cast<double>(std::max<uint64_t>(options_.fifo_weight, 1));
    const std::vector<SortedRun> runs = sorted_runs(view_);
    for (size_t i = runs.size(); i-- > 0;) {
      PlanInput input{runs[i].level, runs[i].run.id(), {}};
      bool all = true;
      for (const TableRef& table : runs[i].run.tables()) {
        const bool for_room = kept > options_.fifo_weight;
        if (!for_room && !is_too_old(*table)) {
          all = false;
          break;
        }
        // A damaged table needs no reading to be dropped.
        if (view_.obstacles.is_busy(table->number)) return std::nullopt;
        if (!for_room && selection.inputs.empty() && input.tables.empty()) {
          selection.reason = EditReason::kFifoAge;
          selection.score = age_of(*table) / static_cast<double>(options_.fifo_ttl_us);
        }
        kept -= table->weight;
        input.tables.push_back(table);
      }
      if (!input.tables.empty()) selection.inputs.insert(selection.inputs.begin(), input);
      if (!all) break;
    }
    if (selection.inputs.empty()) return std::nullopt;
    selection.output_level = selection.inputs.back().level;
    return selection;
  }

 private:
  // 0 if nobody knows when the table was made.
  double age_of(const TableMeta& table) const {
    if (table.created_us == 0 || table.created_us > view_.context.now_us) return 0;
    return static_cast<double>(view_.context.now_us - table.created_us);
  }
  bool is_too_old(const TableMeta& table) const {
    return options_.fifo_ttl_us != 0 && age_of(table) >= static_cast<double>(options_.fifo_ttl_us);
  }

  const PlanView& view_;
  const CompactionOptions& options_;
};

}  // namespace

Choice choose_fifo(const PlanView& view, std::vector<RunnerUp>&) {
  return FifoChooser(view).choose();
}

}  // namespace lsmkit
