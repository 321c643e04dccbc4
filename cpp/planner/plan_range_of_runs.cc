// Manual compaction of a tree whose levels hold several runs: all that overlaps the range becomes
// one stretch of the last level's run, in one job.
#include <algorithm>

#include "lsmkit/planner/planner.h"
#include "lsmkit/planner/selection.h"

namespace lsmkit {
namespace {

// The range as it is asked for, and then as wide as the tables that it meets.
struct Span {
  std::optional<std::string_view> begin, end;  // inclusive; none: no bound

  std::vector<TableRef> met(const Run& run) const {
    return run.overlapping(begin.value_or(run.smallest_key()), end.value_or(run.largest_key()));
  }
  // Returns whether it grew.
  bool take_in(const std::vector<TableRef>& tables) {
    if (tables.empty()) return false;
    const std::string_view smallest = tables.front()->smallest.key;
    const std::string_view largest = tables.back()->largest.key;
    const bool grew = (begin && smallest < *begin) || (end && largest > *end);
    if (begin) begin = std::min(*begin, smallest);
    if (end) end = std::max(*end, largest);
    return grew;
  }
};

// What the request was not yet by, or what it can still free of tombstones and old versions.
bool is_due(const PlanView& view, const Span& range, JobNumber first_job) {
  const unsigned last = view.targets.last_level();
  for (unsigned n = 0; n < view.version.level_count(); ++n) {
    for (const Run& run : view.version.level(n).runs) {
      for (const TableRef& table : range.met(run)) {
        if (job_of(table->number) >= first_job) continue;
        if (n < last || table->tombstone_count > 0 || table->largest_seqno > 0) return true;
      }
    }
  }
  return false;
}

}  // namespace

RangeStep plan_range_of_runs(const PlanView& view, const std::optional<std::string>& begin,
                             const std::optional<std::string>& end, JobNumber first_job) {
  Span span;
  if (begin) span.begin = *begin;
  if (end) span.end = *end;
  if (view.options.layout == Layout::kFifo || !is_due(view, span, first_job))
    return {.plan = std::nullopt, .done = true};

  for (bool grew = true; grew;) {
    grew = false;
    for (unsigned n = 0; n < view.version.level_count(); ++n)
      for (const Run& run : view.version.level(n).runs) grew = span.take_in(span.met(run)) || grew;
  }
  Selection selection;
  selection.reason = EditReason::kManual;
  selection.output_level = view.targets.last_level();
  for (unsigned n = 0; n < view.version.level_count(); ++n) {
    for (const Run& run : view.version.level(n).runs) {
      std::vector<TableRef> tables = span.met(run);
      if (tables.empty()) continue;
      if (!view.obstacles.to_reading(tables).empty()) return {};
      selection.inputs.push_back({n, run.id(), std::move(tables)});
    }
  }
  const auto& last_runs = view.version.level(selection.output_level).runs;
  if (!last_runs.empty()) selection.output_run = last_runs.back().id();
  CompactionPlan plan = make_plan(view, std::move(selection));
  if (!view.obstacles.to_writing(plan.output_level, plan.smallest_key, plan.largest_key).empty() ||
      plan.input_file_bytes > view.context.free_bytes)
    return {};
  return {.plan = std::move(plan)};
}

}  // namespace lsmkit
