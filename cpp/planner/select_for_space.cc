// Getting space back: too much above the last level, tombstones that hide much, tombstones that are
// no longer needed.
#include <algorithm>

#include "lsmkit/planner/layouts.h"

namespace lsmkit {
namespace {

constexpr double kWorthEliding = 0.1;  // of a table's entries

unsigned deepest_filled(const PlanView& view) {
  unsigned deepest = 0;
  for (unsigned n = 1; n < view.version.level_count(); ++n)
    if (!view.version.level(n).empty()) deepest = n;
  return deepest;
}

// What a tombstone hides, on average.
double entry_weight(const Level& level) {
  return static_cast<double>(level.weight()) /
         static_cast<double>(std::max<uint64_t>(level.entry_count(), 1));
}

uint64_t tombstones(const Level& level) {
  uint64_t count = 0;
  for (const Run& run : level.runs) count += run.tombstone_count();
  return count;
}

Choice select_l0(const PlanView& view) {
  std::string why_not;
  return select_l0_group(view, oldest_l0_first(view), false, why_not);
}

bool can_drop_something(const PlanView& view, const TableMeta& table) {
  return table.smallest_seqno <= view.elision_seqno();
}

// L0's tombstones together.
Choice select_l0_tombstones(const PlanView& view, double hidden_weight) {
  const Level& l0 = view.version.level(0);
  const uint64_t count = tombstones(l0);
  if (count == 0) return std::nullopt;
  uint64_t rewritten = l0.weight();
  for (unsigned n = view.targets.base_level; n < view.version.level_count(); ++n) {
    rewritten += view.version.level(n).weight();
    if (!view.version.level(n).empty()) break;
  }
  if (static_cast<double>(count) * hidden_weight <
      view.options.tombstone_gain * static_cast<double>(rewritten))
    return std::nullopt;
  for (const Run& run : l0.runs)
    if (run.tombstone_count() > 0 && run.smallest_seqno() > view.elision_seqno())
      return std::nullopt;
  return select_l0(view);
}

// The table of a level whose tombstones bring most for what it costs.
Choice select_level_tombstones(const PlanView& view, unsigned level, double hidden_weight) {
  Choice choice;
  std::string why_not;
  view.run_of(level).for_each_in(
      TableOrder::kTombstones, [&](const TableRef& table, uint64_t next_weight) {
        const double rewritten = static_cast<double>(table->weight + next_weight);
        if (static_cast<double>(table->tombstone_count) * hidden_weight <
                view.options.tombstone_gain * rewritten ||
            table->tombstone_count == 0)
          return true;
        if (can_drop_something(view, *table)) choice = select_table(view, level, table, why_not);
        if (choice)
          choice->score = static_cast<double>(table->tombstone_count) * hidden_weight / rewritten;
        return choice.has_value();
      });
  if (choice) choice->cursor.reset();  // out of turn
  return choice;
}

Choice select_elision(const PlanView& view, unsigned level) {
  Choice choice;
  const Run& run = view.run_of(level);
  run.for_each_in(TableOrder::kTombstones, [&](const TableRef& table, uint64_t) {
    if (table->tombstone_count == 0) return true;
    const double share = static_cast<double>(table->tombstone_count) /
                         static_cast<double>(std::max<uint64_t>(table->entry_count, 1));
    // Only if all of them can go: what is left would be found again.
    if (share < kWorthEliding || table->largest_seqno > view.elision_seqno() ||
        !view.obstacles.to_reading({table}).empty() ||
        !view.obstacles.to_writing(level, table->smallest.key, table->largest.key).empty())
      return false;
    Selection selection;
    selection.reason = EditReason::kElision;
    selection.score = share;
    selection.output_level = level;
    selection.inputs.push_back({level, run.id(), {table}});
    choice = std::move(selection);
    return true;
  });
  return choice;
}

}  // namespace

Choice select_for_space(const PlanView& view) {
  if (view.options.max_space_amp == 0) return std::nullopt;
  const unsigned last = deepest_filled(view);
  if (last == 0) return std::nullopt;
  const Level& oldest = view.version.level(last);
  double hidden = 0;
  std::vector<unsigned> above;
  for (unsigned n = 0; n < last; ++n) {
    hidden += static_cast<double>(tombstones(view.version.level(n))) * entry_weight(oldest);
    if (!view.version.level(n).empty()) above.push_back(n);
  }
  const double visible = std::max(static_cast<double>(oldest.weight()) - hidden, 1.0);
  const double space_amp = static_cast<double>(view.version.weight()) / visible;
  if (space_amp <= view.options.max_space_amp) return std::nullopt;
  std::stable_sort(above.begin(), above.end(), [&](unsigned a, unsigned b) {
    return view.version.level(a).weight() > view.version.level(b).weight();
  });
  for (const unsigned level : above) {
    std::string why_not;
    Choice choice = level == 0 ? select_l0(view) : select_from_level(view, level, why_not);
    if (!choice) continue;
    choice->reason = EditReason::kSpaceAmp;
    choice->score = space_amp / view.options.max_space_amp;
    return choice;
  }
  return std::nullopt;
}

Choice select_for_tombstones(const PlanView& view) {
  const unsigned last = deepest_filled(view);
  if (last == 0 || view.options.tombstone_gain == 0) return std::nullopt;
  const double hidden_weight = entry_weight(view.version.level(last));
  Choice choice = select_elision(view, last);
  for (unsigned n = last; n-- > 1 && !choice;) {
    if (n >= view.targets.base_level) choice = select_level_tombstones(view, n, hidden_weight);
    if (choice) choice->reason = EditReason::kTombstones;
  }
  if (!choice && (choice = select_l0_tombstones(view, hidden_weight)))
    choice->reason = EditReason::kTombstones;
  return choice;
}

void drop_if_empty(const PlanView& view, Selection& selection) {
  for (const PlanInput& input : selection.inputs) {
    for (const TableRef& table : input.tables) {
      if (table->tombstone_count != table->entry_count || table->entry_count == 0 ||
          table->largest_seqno > view.elision_seqno() ||
          !older_runs(view, selection, table->smallest.key, table->largest.key).empty())
        return;
    }
  }
  selection.drop = true;
  selection.trivial_move = false;
}

}  // namespace lsmkit
