// Choosing tables of a level that goes one level down.
#include <algorithm>

#include "lsmkit/planner/level_scores.h"
#include "lsmkit/planner/selection.h"

namespace lsmkit {
namespace {

constexpr size_t kMaxTablesMoved = 4;  // at once, so that the next level is not flooded

class LevelSelector {
 public:
  LevelSelector(const PlanView& view, unsigned level)
      : view_(view),
        level_(level),
        upper_(view.run_of(level)),
        lower_(view.run_of(level + 1)),
        only_rightwards_(view.options.picker == Picker::kRoundRobin),
        one_at_a_time_(view.options.picker == Picker::kCompactPointer) {}

  std::optional<Selection> try_from(const TableRef& table, std::string& why_not) const {
    std::vector<TableRef> picked{table};
    std::vector<TableRef> met = met_by(picked);
    std::string why = obstacle(picked, met);
    if (!why.empty()) {
      if (why_not.empty()) why_not = why;
      return std::nullopt;
    }
    Selection selection;
    selection.reason =
        level_ <= view_.targets.drain_to_level ? EditReason::kLevelDrain : EditReason::kLevelFull;
    selection.output_level = level_ + 1;
    if (met.empty() && can_move(view_, table, level_ + 1)) {
      selection.trivial_move = true;
      if (!one_at_a_time_) extend_move(picked);
    }
    if (only_rightwards_) extend_round(picked, met);
    if (!met.empty()) {
      selection.trivial_move = false;
      if (view_.version.has_keys()) expand(picked, met);
    }
    if (only_rightwards_)
      selection.cursor = {level_, after_in_round(*table, picked.size()).smallest.key};
    if (one_at_a_time_) selection.cursor = {level_, picked.back()->largest.key};
    selection.inputs.push_back({level_, upper_.id(), std::move(picked)});
    if (!met.empty()) selection.inputs.push_back({level_ + 1, lower_.id(), std::move(met)});
    return selection;
  }

 private:
  std::string obstacle(const std::vector<TableRef>& picked,
                       const std::vector<TableRef>& met) const {
    std::string why = view_.obstacles.to_reading(picked);
    if (why.empty()) why = view_.obstacles.to_reading(met);
    if (why.empty()) {
      const auto [smallest, largest] = span(picked, met);
      why = view_.obstacles.to_writing(level_ + 1, smallest, largest);
    }
    return why;
  }

  static std::pair<std::string_view, std::string_view> span(const std::vector<TableRef>& picked,
                                                            const std::vector<TableRef>& met) {
    std::string_view smallest = picked.front()->smallest.key;
    std::string_view largest = picked.back()->largest.key;
    if (!met.empty()) {
      smallest = std::min<std::string_view>(smallest, met.front()->smallest.key);
      largest = std::max<std::string_view>(largest, met.back()->largest.key);
    }
    return {smallest, largest};
  }

  std::vector<TableRef> met_by(const std::vector<TableRef>& picked) const {
    return view_.version.met_by(picked, lower_, level_ + 1);
  }

  // Takes more of the level along if that adds nothing to read below: first every table that the
  // keys span, round robin's from its own first on; if those would, then only tables that lie
  // wholly within the span.
  void expand(std::vector<TableRef>& picked, const std::vector<TableRef>& met) const {
    const auto [smallest, largest] = span(picked, met);
    std::vector<TableRef> more =
        upper_.overlapping(only_rightwards_ ? picked.front()->smallest.key : smallest, largest);
    if (may_expand(picked, more, met)) {
      picked = std::move(more);
      return;
    }
    if (one_at_a_time_) return;
    more = upper_.overlapping(smallest, largest);
    std::erase_if(more, [s = smallest, l = largest](const TableRef& t) {
      return t->smallest.key < s || t->largest.key > l;
    });
    if (may_expand(picked, more, met)) picked = std::move(more);
  }

  bool may_expand(const std::vector<TableRef>& picked, const std::vector<TableRef>& more,
                  const std::vector<TableRef>& met) const {
    if (more.size() <= picked.size()) return false;
    if (total_weight(more) + total_weight(met) >= view_.options.compaction_weight_limit())
      return false;
    if (met_by(more).size() != met.size()) return false;
    return obstacle(more, met).empty();
  }

  // The tables to the right that can move as well: a move costs nothing, and the level has room
  // again for longer.
  void extend_move(std::vector<TableRef>& picked) const {
    uint64_t weight = picked.front()->weight;
    while (picked.size() < kMaxTablesMoved) {
      const TableRef next = upper_.first_after(picked.back()->smallest.key);
      if (!next || !can_move(view_, next, level_ + 1)) return;
      weight += next->weight;
      picked.push_back(next);
      if (weight > view_.options.compaction_weight_limit() || !met_by(picked).empty() ||
          !obstacle({next}, {}).empty()) {
        picked.pop_back();
        return;
      }
    }
  }

  // Round robin takes as many tables as bring the level below its target: a table of the next level
  // that two of them meet is then read and written once, not twice.
  void extend_round(std::vector<TableRef>& picked, std::vector<TableRef>& met) const {
    const uint64_t level_weight = idle_weight(view_.version, view_.context, level_);
    const uint64_t target =
        level_ <= view_.targets.drain_to_level ? 0 : view_.targets.weight[level_];
    const uint64_t excess = level_weight > target ? level_weight - target : 0;
    if (picked.front()->weight >= excess) return;
    uint64_t weight = picked.front()->weight;
    std::vector<TableRef> more{picked.front()};
    while (weight <= excess) {
      const TableRef next = upper_.first_after(more.back()->smallest.key);
      if (!next) return;
      more.push_back(next);
      weight += next->weight;
      std::vector<TableRef> more_met = met_by(more);
      if (weight + total_weight(more_met) > view_.options.compaction_weight_limit() ||
          !obstacle(more, more_met).empty())
        return;
      picked = more;
      met = std::move(more_met);
    }
  }

  // Where round robin goes on: as many tables later as were taken. (If some to the left went along,
  // that is over as many to the right, whose turn comes in the next round. RocksDB counts so.)
  const TableMeta& after_in_round(const TableMeta& first, size_t count) const {
    TableRef table = upper_.first_not_before(first.smallest.key);
    while (count-- > 0) {
      table = upper_.first_after(table->smallest.key);
      if (!table) table = upper_.first_not_before("");
    }
    return *table;
  }

  const PlanView& view_;
  const unsigned level_;
  const Run& upper_;
  const Run& lower_;
  const bool only_rightwards_;  // as round robin goes on
  const bool one_at_a_time_;    // as LevelDB: no neighbours but those that cost nothing below
};

std::optional<TableOrder> order_of(Picker picker) {
  switch (picker) {
    case Picker::kMinOverlappingRatio:
      return TableOrder::kOverlap;
    case Picker::kOldestSmallestSeqno:
      return TableOrder::kSmallestSeqno;
    case Picker::kOldestLargestSeqno:
      return TableOrder::kLargestSeqno;
    case Picker::kRoundRobin:
    case Picker::kCompactPointer:
      break;
  }
  return std::nullopt;
}

}  // namespace

std::optional<Selection> select_table(const PlanView& view, unsigned level, const TableRef& table,
                                      std::string& why_not) {
  return LevelSelector(view, level).try_from(table, why_not);
}

void for_each_in_pick_order(const Version& version, Picker picker, unsigned level, const Run& run,
                            const std::function<bool(const TableRef&)>& f) {
  if (const auto order = order_of(picker)) {
    run.for_each_in(*order, [&](const TableRef& table, uint64_t) { return f(table); });
    return;
  }
  const std::string& cursor = version.cursor(level);
  TableRef table = run.first_not_before(cursor);
  const bool passed = table && !cursor.empty() &&
                      (picker == Picker::kCompactPointer ? table->largest.key == cursor
                                                         : table->smallest.key < cursor);
  if (passed) table = run.first_after(table->smallest.key);
  for (size_t tries = run.table_count(); tries > 0; --tries) {
    if (!table) table = run.first_not_before("");
    if (f(table)) return;
    table = run.first_after(table->smallest.key);
  }
}

std::optional<Selection> select_from_level(const PlanView& view, unsigned level,
                                           std::string& why_not) {
  const LevelSelector selector(view, level);
  std::optional<Selection> selection;
  for_each_in_pick_order(view.version, view.options.picker, level, view.run_of(level),
                         [&](const TableRef& table) {
                           selection = selector.try_from(table, why_not);
                           return selection.has_value();
                         });
  if (selection) take_a_third_level(view, *selection);
  return selection;
}

}  // namespace lsmkit
