// How a choice is checked. A run's place is its level and, within it, its age; what is to be read
// first stands at the lower place.
//   1. Every table stands, once, and is neither damaged nor in a job.
//   2. Tables never go up, so jobs in flight, which don't either, can't get out of order with them.
//      In L0 whole neighbouring runs become one: seqnos of L0's runs don't interleave (V5).
//   3. A table that stays and overlaps an input is on the same side of the output as of the input.
//   4. Nothing that stays in the output run lies between the smallest and the largest key.
#include "lsmkit/planner/plan_chosen.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "lsmkit/bytes/error.h"
#include "lsmkit/planner/selection.h"

namespace lsmkit {
namespace {

struct Place {
  uint32_t level = 0;
  RunId run = 0;
  // Whether its records are the newer ones.
  bool above(const Place& other) const {
    return level != other.level ? level < other.level : run > other.run;
  }
  bool operator==(const Place&) const = default;
};

std::string text_of(const Place& place) {
  return "L" + std::to_string(place.level) +
         (place.run == 0 ? "" : " run " + std::to_string(place.run));
}

std::string name_of(const TableMeta& table) {
  return "table " + to_text(table.number);
}

[[noreturn]] void refuse(const std::string& what) {
  throw InvalidArgument("the choice can't be carried out: " + what);
}

class Check {
 public:
  Check(const PlanView& view, const ChosenTables& chosen) : view_(view), chosen_(chosen) {}

  Selection selection() {
    find_inputs();
    Selection out;
    out.reason = EditReason::kCustom;
    out.trivial_move = chosen_.move;
    out.drop = chosen_.drop;
    out.inputs = inputs_;
    if (chosen_.drop) {
      check_nothing_older_comes_to_light();
      out.output_level = inputs_.back().level;
      return out;
    }
    check_level();
    output_ = {chosen_.output_level, output_run()};
    if (chosen_.output_level == 0) check_whole_neighbours();
    check_order();
    if (chosen_.move) check_move();
    check_output_run();
    out.output_level = output_.level;
    out.output_run = output_.run;
    return out;
  }

 private:
  bool is_input(const TableMeta& table) const {
    return std::binary_search(numbers_.begin(), numbers_.end(), table.number);
  }

  // By run, newest first, and by key.
  void find_inputs() {
    if (chosen_.inputs.empty())
      refuse("it names no table; return nothing if nothing is to be done");
    if (chosen_.move && chosen_.drop) refuse("it says both move and drop; say one of them");
    const auto newest_first = [](const Place& a, const Place& b) { return a.above(b); };
    std::map<Place, std::vector<TableRef>, decltype(newest_first)> by_run(newest_first);
    for (const TableNumber number : chosen_.inputs) {
      const auto stands = view_.version.find(number);
      if (!stands)
        refuse("table " + to_text(number) + " does not stand; take tables of the version given");
      by_run[{stands->level, stands->run}].push_back(stands->table);
      numbers_.push_back(number);
    }
    std::sort(numbers_.begin(), numbers_.end());
    const auto twice = std::adjacent_find(numbers_.begin(), numbers_.end());
    if (twice != numbers_.end())
      refuse("table " + to_text(*twice) + " is named twice; name each table once");
    for (auto& [place, tables] : by_run) {
      std::sort(tables.begin(), tables.end(), [](const TableRef& a, const TableRef& b) {
        return a->smallest.key < b->smallest.key;
      });
      check_readable(tables);
      inputs_.push_back({place.level, place.run, std::move(tables)});
    }
  }

  // A damaged table needs no reading to be dropped.
  void check_readable(const std::vector<TableRef>& tables) const {
    for (const TableRef& table : tables) {
      const std::string why = view_.obstacles.to_reading({table});
      const bool busy = view_.obstacles.is_busy(table->number);
      if (!why.empty() && (busy || !chosen_.drop)) refuse(why + "; leave it where it is");
    }
  }

  void check_level() const {
    unsigned levels = view_.options.level_count;
    for (unsigned n = levels; n < view_.version.level_count(); ++n)
      if (!view_.version.level(n).empty()) levels = n + 1;  // left by other options
    if (chosen_.output_level >= levels)
      refuse("L" + std::to_string(chosen_.output_level) + " is no level; there are L0 to L" +
             std::to_string(levels - 1));
    const PlanInput& deepest = inputs_.back();
    if (deepest.level > chosen_.output_level)
      refuse(name_of(*deepest.tables.front()) + " stands in L" + std::to_string(deepest.level) +
             " and would go up to L" + std::to_string(chosen_.output_level) +
             "; choose an output level as deep as the deepest table");
  }

  RunId output_run() const {
    const uint32_t level = chosen_.output_level;
    if (chosen_.new_run) {
      if (level == 0)
        refuse("new_run is for levels from L1 on; merged runs of L0 stay where they are");
      return static_cast<RunId>(view_.context.job);
    }
    for (const PlanInput& input : inputs_)
      if (input.level == level) return input.run;
    const auto& runs = view_.version.level(level).runs;
    if (runs.size() > 1)
      refuse("L" + std::to_string(level) + " holds " + std::to_string(runs.size()) +
             " runs, and none of their tables is chosen; say new_run, or choose tables there, too");
    return runs.empty() ? 0 : runs.front().id();
  }

  void check_whole_neighbours() const {
    const auto& runs = view_.version.level(0).runs;
    const auto first = std::find_if(
        runs.begin(), runs.end(), [&](const Run& run) { return run.id() == inputs_.front().run; });
    const auto last = first + static_cast<std::ptrdiff_t>(inputs_.size());
    for (auto run = first; run != last; ++run) {
      run->for_each([&](const TableRef& table) {
        if (!is_input(*table))
          refuse("within L0 whole neighbouring runs are merged, and " + name_of(*table) +
                 " of run " + std::to_string(run->id()) + " is left out; choose it, too");
      });
    }
  }

  // visit(table that stays, its place) for all that overlap `table`.
  template <class Visit>
  void for_each_overlapped(const TableMeta& table, const Visit& visit) const {
    for (unsigned n = 0; n < view_.version.level_count(); ++n)
      for (const Run& run : view_.version.level(n).runs)
        for (const TableRef& other : run.overlapping(table.smallest.key, table.largest.key))
          if (!is_input(*other) && overlap(table, *other)) visit(*other, Place{n, run.id()});
  }

  void check_order() const {
    for (const PlanInput& input : inputs_) {
      const Place from{input.level, input.run};
      for (const TableRef& table : input.tables) {
        for_each_overlapped(*table, [&](const TableMeta& other, const Place& at) {
          if (at == output_) return;
          if (at.above(from) == at.above(output_)) return;
          refuse(name_of(*table) + " would go from " + text_of(from) + " to " + text_of(output_) +
                 (at.above(from) ? ", above the newer " : ", below the older ") + name_of(other) +
                 " in " + text_of(at) + ", which overlaps it; choose that, too");
        });
      }
    }
  }

  void check_output_run() const {
    const Run stands = view_.version.level(output_.level).find(output_.run);
    std::vector<std::pair<std::string_view, std::string_view>> written;
    std::string_view smallest, largest;
    for (const PlanInput& input : inputs_) {
      for (const TableRef& table : input.tables) {
        if (written.empty() || table->smallest.key < smallest) smallest = table->smallest.key;
        if (written.empty() || table->largest.key > largest) largest = table->largest.key;
        written.emplace_back(table->smallest.key, table->largest.key);
      }
    }
    // What is merged may become a table that spans a gap between inputs; what is moved can't.
    if (!chosen_.move) written = {{smallest, largest}};
    for (const auto& [begin, end] : written) {
      for (const TableRef& other : stands.overlapping(begin, end)) {
        if (is_input(*other)) continue;
        refuse(name_of(*other) + " stands in " + text_of(output_) +
               ", where the output would overlap it; choose it, too");
      }
    }
    // A level takes any number of runs, one beside the other; but what stands there already becomes
    // newer by it, also than what another job brings.
    if (chosen_.new_run && inputs_.back().level < output_.level) return;
    const std::string why = view_.obstacles.to_writing(output_.level, smallest, largest);
    if (!why.empty())
      refuse(why + ", to L" + std::to_string(output_.level) + " and within '" +
             printable(smallest) + "' to '" + printable(largest) + "'; wait until it has ended");
  }

  void check_move() const {
    std::vector<TableRef> tables;
    for (const PlanInput& input : inputs_) {
      if (Place{input.level, input.run} == output_)
        refuse(name_of(*input.tables.front()) + " stands in " + text_of(output_) +
               " already; a move takes tables elsewhere");
      tables.insert(tables.end(), input.tables.begin(), input.tables.end());
    }
    std::sort(tables.begin(), tables.end(), [](const TableRef& a, const TableRef& b) {
      return a->smallest.key < b->smallest.key;
    });
    for (size_t i = 1; i < tables.size(); ++i)
      if (overlap(*tables[i - 1], *tables[i]))
        refuse(name_of(*tables[i - 1]) + " and " + name_of(*tables[i]) +
               " overlap and can't be moved into one run; choose them without move");
  }

  void check_nothing_older_comes_to_light() const {
    for (const PlanInput& input : inputs_) {
      const Place from{input.level, input.run};
      for (const TableRef& table : input.tables) {
        for_each_overlapped(*table, [&](const TableMeta& other, const Place& at) {
          if (!from.above(at)) return;
          refuse("without " + name_of(*table) + " older records in " + name_of(other) + " in " +
                 text_of(at) + " would come to light; drop that, too, or first");
        });
      }
    }
  }

  const PlanView& view_;
  const ChosenTables& chosen_;
  std::vector<TableNumber> numbers_;  // of the inputs, ascending
  std::vector<PlanInput> inputs_;     // newest run first
  Place output_;
};

}  // namespace

CompactionPlan plan_chosen(const Version& version, const PlanContext& context,
                           const CompactionOptions& options, const ChosenTables& chosen) {
  const LevelTargets targets = level_targets(version, options);
  const Obstacles obstacles(context);
  const PlanView view{version, context, options, targets, obstacles};
  CompactionPlan plan = make_plan(view, Check(view, chosen).selection());
  if (plan.rewrites() && plan.input_file_bytes > context.free_bytes)
    refuse("it may take " + std::to_string(plan.input_file_bytes) + " bytes of disk, and " +
           std::to_string(context.free_bytes) + " are free; choose less");
  return plan;
}

void check_comes_to_rest(uint64_t plans_in_a_row) {
  constexpr uint64_t kMost = 10'000;
  if (plans_in_a_row < kMost) return;
  throw InvalidArgument("one's own planner made " + std::to_string(plans_in_a_row) +
                        " plans in a row, and more are due; let it plan nothing once the tree "
                        "has the shape that it wants");
}

}  // namespace lsmkit
