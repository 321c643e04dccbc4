// Manual compaction, a step at a time: the state of an unfinished request is the version itself.
#include <algorithm>

#include "lsmkit/planner/planner.h"
#include "lsmkit/planner/selection.h"

namespace lsmkit {
namespace {

class RangePlanner {
 public:
  RangePlanner(const PlanView& view, const std::optional<std::string>& begin,
               const std::optional<std::string>& end, JobNumber first_job)
      : view_(view), begin_(begin), end_(end), first_job_(first_job) {}

  RangeStep next_step() {
    const std::vector<size_t> l0_runs = met_l0_runs();
    const unsigned deepest = deepest_level();
    std::optional<Selection> selection;
    bool due = false;
    if (!l0_runs.empty()) {
      due = true;
      std::string why_not;
      const bool may_move = deepest > view_.targets.base_level;
      selection = select_l0_group(view_, l0_runs, may_move, why_not);
    }
    for (unsigned n = 1; n < deepest && !due; ++n) {
      const std::vector<TableRef> tables = met(n);
      due = !tables.empty();
      if (due) selection = select_downwards(n, tables, n + 1 < deepest);
    }
    if (!due && deepest > 0) {
      const std::vector<TableRef> tables = tables_to_rewrite(deepest);
      due = !tables.empty();
      if (due) selection = select_rewrite(deepest, tables);
    }
    if (!due) return {.plan = std::nullopt, .done = true};
    if (!selection) return {};
    selection->reason = EditReason::kManual;
    if (selection->output_level > 0)
      selection->output_run = view_.run_of(selection->output_level).id();
    CompactionPlan plan = make_plan(view_, std::move(*selection));
    if (!plan.trivial_move && plan.input_file_bytes > view_.context.free_bytes) return {};
    return {.plan = std::move(plan)};
  }

  // What lies some levels above the bottom has to go down so many times.
  uint64_t left_weight() const {
    const uint32_t base = view_.targets.base_level;
    const std::vector<size_t> l0_runs = met_l0_runs();
    const unsigned bottom = l0_runs.empty() ? deepest_level() : std::max(deepest_level(), base);
    uint64_t left = 0;
    for (const size_t i : l0_runs)
      left += (bottom - base + 1) * total_weight(met(view_.version.level(0).runs[i]));
    for (unsigned n = 1; n < bottom; ++n) left += (bottom - n) * total_weight(met(n));
    return bottom == 0 ? left : left + total_weight(tables_to_rewrite(bottom));
  }

 private:
  std::vector<TableRef> met(const Run& run) const {
    if (run.empty()) return {};
    return run.overlapping(begin_ ? std::string_view(*begin_) : run.smallest_key(),
                           end_ ? std::string_view(*end_) : run.largest_key());
  }
  std::vector<TableRef> met(unsigned level) const { return met(view_.run_of(level)); }

  std::vector<size_t> met_l0_runs() const {  // oldest first
    const std::vector<Run>& runs = view_.version.level(0).runs;
    std::vector<size_t> indices;
    for (size_t i = runs.size(); i-- > 0;)
      if (!met(runs[i]).empty()) indices.push_back(i);
    return indices;
  }

  unsigned deepest_level() const {
    for (unsigned n = view_.version.level_count(); n-- > 1;)
      if (!met(n).empty()) return n;
    return 0;
  }

  // From the first table that can go, as many to its right as stay within the weight limit.
  std::optional<Selection> select_downwards(unsigned level, const std::vector<TableRef>& tables,
                                            bool may_move) const {
    const Run& lower = view_.run_of(level + 1);
    for (size_t first = 0; first < tables.size(); ++first) {
      std::vector<TableRef> picked{tables[first]};
      std::vector<TableRef> below = overlapped(lower, picked);
      if (!is_free(level + 1, picked, below)) continue;
      for (size_t i = first + 1; i < tables.size(); ++i) {
        std::vector<TableRef> more = picked;
        more.push_back(tables[i]);
        std::vector<TableRef> more_below = overlapped(lower, more);
        if (total_weight(more) + total_weight(more_below) > limit() ||
            !is_free(level + 1, more, more_below))
          break;
        picked = std::move(more);
        below = std::move(more_below);
      }
      Selection selection;
      selection.output_level = level + 1;
      selection.trivial_move = may_move && below.empty() &&
                               std::all_of(picked.begin(), picked.end(), [&](const TableRef& t) {
                                 return can_move(view_, t, level + 1);
                               });
      selection.inputs.push_back({level, view_.run_of(level).id(), picked});
      if (!below.empty()) selection.inputs.push_back({level + 1, lower.id(), below});
      return selection;
    }
    return std::nullopt;
  }

  // Tables of the deepest level that hold tombstones, or records that more than one reader could
  // tell apart, unless the request has come by there already.
  std::vector<TableRef> tables_to_rewrite(unsigned level) const {
    std::vector<TableRef> tables = met(level);
    std::erase_if(tables, [&](const TableRef& t) {
      return job_of(t->number) >= first_job_ || (t->tombstone_count == 0 && t->largest_seqno == 0);
    });
    return tables;
  }

  std::optional<Selection> select_rewrite(unsigned level,
                                          const std::vector<TableRef>& tables) const {
    const Run& run = view_.run_of(level);
    for (size_t first = 0; first < tables.size(); ++first) {
      std::vector<TableRef> picked{tables[first]};
      if (!is_free(level, picked, {})) continue;
      for (size_t i = first + 1; i < tables.size(); ++i) {
        const bool neighbour = run.first_after(picked.back()->smallest.key) == tables[i];
        if (!neighbour || total_weight(picked) + tables[i]->weight > limit() ||
            !is_free(level, {tables[i]}, {}))
          break;
        picked.push_back(tables[i]);
      }
      Selection selection;
      selection.output_level = level;
      selection.output_run = run.id();
      selection.inputs.push_back({level, run.id(), picked});
      return selection;
    }
    return std::nullopt;
  }

  static std::vector<TableRef> overlapped(const Run& lower, const std::vector<TableRef>& tables) {
    return lower.overlapping(tables.front()->smallest.key, tables.back()->largest.key);
  }

  bool is_free(unsigned output_level, const std::vector<TableRef>& picked,
               const std::vector<TableRef>& below) const {
    std::string_view smallest = picked.front()->smallest.key;
    std::string_view largest = picked.back()->largest.key;
    if (!below.empty()) {
      smallest = std::min<std::string_view>(smallest, below.front()->smallest.key);
      largest = std::max<std::string_view>(largest, below.back()->largest.key);
    }
    return view_.obstacles.to_reading(picked).empty() &&
           view_.obstacles.to_reading(below).empty() &&
           view_.obstacles.to_writing(output_level, smallest, largest).empty();
  }

  uint64_t limit() const { return view_.options.compaction_weight_limit(); }

  const PlanView& view_;
  const std::optional<std::string>& begin_;
  const std::optional<std::string>& end_;
  const JobNumber first_job_;
};

// Of the tables that go down; of all, where none does.
uint64_t lowered_weight(const CompactionPlan& plan) {
  uint64_t weight = 0;
  for (const PlanInput& input : plan.inputs)
    if (input.level != plan.output_level) weight += total_weight(input.tables);
  return weight != 0 ? weight : plan.input_weight;
}

}  // namespace

RangeStep plan_range(const Version& version, const PlanContext& context,
                     const CompactionOptions& options, const std::optional<std::string>& begin,
                     const std::optional<std::string>& end, JobNumber first_job) {
  const LevelTargets targets = level_targets(version, options);
  const Obstacles obstacles(context);
  const PlanView view{version, context, options, targets, obstacles};
  const bool leveled = options.layout == Layout::kLeveled || options.layout == Layout::kHybrid;
  const bool by_level = leveled && !view.has_several_runs_below_l0();
  RangePlanner planner(view, begin, end, first_job);
  RangeStep step = by_level ? planner.next_step() : plan_range_of_runs(view, begin, end, first_job);
  if (step.done) return step;
  step.left_weight = planner.left_weight();
  if (step.plan) step.plan_weight = by_level ? lowered_weight(*step.plan) : step.plan->input_weight;
  if (step.plan && !by_level) step.left_weight = step.plan_weight;  // it is all done at once
  return step;
}

}  // namespace lsmkit
