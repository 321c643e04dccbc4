#include "lsmkit/planner/selection.h"

#include <algorithm>
#include <span>

#include "lsmkit/planner/parts.h"
#include "lsmkit/rules/filter_bits.h"

namespace lsmkit {
namespace {

bool contains(const std::vector<TableNumber>& sorted, TableNumber number) {
  return std::binary_search(sorted.begin(), sorted.end(), number);
}

constexpr uint64_t kMaxGrandparents = 10;  // that one table may meet; LevelDB

void sum_up(CompactionPlan& plan) {
  uint64_t entries = 0;
  bool first = true;
  for (const PlanInput& input : plan.inputs) {
    for (const TableRef& table : input.tables) {
      if (first || table->smallest.key < plan.smallest_key) plan.smallest_key = table->smallest.key;
      if (first || table->largest.key > plan.largest_key) plan.largest_key = table->largest.key;
      first = false;
      plan.input_weight += table->weight;
      plan.input_file_bytes += table->file_bytes;
      entries += table->entry_count;
    }
  }
  plan.merge.input_entry_count = entries;
}

// Whether one of these inputs takes a table that overlaps `table`.
bool overlaps_one_of(std::span<const PlanInput> newer, const TableMeta& table) {
  return std::any_of(newer.begin(), newer.end(), [&](const PlanInput& input) {
    return std::any_of(input.tables.begin(), input.tables.end(),
                       [&](const TableRef& other) { return overlap(*other, table); });
  });
}

// What stays of a run that `input` takes tables of, and overlaps inputs of newer runs. Whatever
// else stays of it holds other keys, or newer records.
Run left_behind(const Run& run, const PlanInput& input, std::span<const PlanInput> newer,
                std::string_view smallest, std::string_view largest) {
  if (newer.empty() || input.tables.size() == run.table_count()) return {};
  std::vector<RunItem> left;
  auto taken = input.tables.begin();
  for (const TableRef& table : run.overlapping(smallest, largest)) {
    while (taken != input.tables.end() && (*taken)->smallest.key < table->smallest.key) ++taken;
    const bool stays = taken == input.tables.end() || (*taken)->number != table->number;
    if (stays && overlaps_one_of(newer, *table)) left.push_back({table, 0});
  }
  return Run(run.id(), Run::Tree::build(left));
}

// The first run below the output that overlaps: what later jobs will merge the outputs into.
Run next_run(const PlanView& view, const CompactionPlan& plan) {
  for (unsigned n = plan.output_level + 1; n < view.version.level_count(); ++n)
    for (const Run& run : view.version.level(n).runs)
      if (run.overlaps(plan.smallest_key, plan.largest_key)) return run;
  return {};
}

// The last run that overlaps; the one that is written into, if nothing lies below it.
Run deepest_run(const PlanView& view, const CompactionPlan& plan) {
  for (unsigned n = view.version.level_count(); n-- > plan.output_level;)
    if (view.run_of(n).overlaps(plan.smallest_key, plan.largest_key)) return view.run_of(n);
  return {};
}

uint64_t max_table_weight(OutputCut kind, uint64_t target) {
  if (kind == OutputCut::kAligned) return 2 * target;
  return kind == OutputCut::kGrid ? target + target / 2 : target;
}

// L0 finds the newest by seqno, and its runs are to become one of even tables; what is rewritten
// for its own sake has to be.
bool may_pass_tables(const CompactionPlan& plan) {
  return plan.output_level > 0 && plan.inputs.size() > 1 && plan.reason != EditReason::kManual &&
         plan.reason != EditReason::kElision;
}

CutRules cut_rules(const PlanView& view, const CompactionPlan& plan) {
  CutRules cut;
  const uint64_t target = view.options.table_weight;
  if (plan.output_level == 0) {
    cut.target_weight = cut.max_weight = even_table_weight(plan.input_weight, target);
    return cut;
  }
  const bool grid = view.options.cut == OutputCut::kGrid;
  cut.next_run = grid ? deepest_run(view, plan) : next_run(view, plan);
  cut.kind = cut.next_run.empty() ? OutputCut::kPlain : view.options.cut;
  cut.target_weight = target;
  cut.max_weight = max_table_weight(cut.kind, target);
  cut.max_overlap_weight = cut.kind == OutputCut::kGrandparents
                               ? kMaxGrandparents * target
                               : view.options.compaction_weight_limit();
  const std::string& cursor = view.version.cursor(plan.output_level);
  if (view.options.picker == Picker::kRoundRobin && plan.smallest_key < cursor &&
      cursor <= plan.largest_key)
    cut.cursor = cursor;
  return cut;
}

}  // namespace

Obstacles::Obstacles(const PlanContext& context) : context_(context), damaged_(context.damaged) {
  for (const JobInFlight& job : context.in_flight)
    busy_.insert(busy_.end(), job.inputs.begin(), job.inputs.end());
  std::sort(busy_.begin(), busy_.end());
  std::sort(damaged_.begin(), damaged_.end());
}

bool Obstacles::is_busy(TableNumber number) const {
  return contains(busy_, number);
}

std::string Obstacles::to_reading(const TableMeta& table) const {
  if (contains(damaged_, table.number)) return "table " + to_text(table.number) + " is damaged";
  if (is_busy(table.number)) return "table " + to_text(table.number) + " is being compacted";
  return {};
}

std::string Obstacles::to_reading(const std::vector<TableRef>& tables) const {
  if (busy_.empty() && damaged_.empty()) return {};
  std::string why;
  for (const TableRef& table : tables)
    if (why.empty()) why = to_reading(*table);
  return why;
}

std::string Obstacles::to_reading(const Run& run) const {
  if (busy_.empty() && damaged_.empty()) return {};
  std::string why;
  run.for_each([&](const TableRef& table) {
    if (why.empty()) why = to_reading(*table);
  });
  return why;
}

std::string Obstacles::to_writing(uint32_t level, std::string_view smallest,
                                  std::string_view largest) const {
  for (const JobInFlight& job : context_.in_flight) {
    if (job.output_level == level && job.smallest_key <= largest && job.largest_key >= smallest)
      return "job " + std::to_string(static_cast<uint64_t>(job.job)) + " writes there";
  }
  return {};
}

std::string Obstacles::to_merging_l0() const {
  for (const JobInFlight& job : context_.in_flight)
    if (job.from_l0)
      return "job " + std::to_string(static_cast<uint64_t>(job.job)) + " compacts L0 already";
  return {};
}

const Run& PlanView::run_of(unsigned level) const {
  static const Run kEmpty;
  const Level& here = version.level(level);
  return here.runs.empty() ? kEmpty : here.runs.front();
}

bool PlanView::has_several_runs_below_l0() const {
  for (unsigned n = 1; n < version.level_count(); ++n)
    if (version.level(n).runs.size() > 1) return true;
  return false;
}

Seqno PlanView::elision_seqno() const {
  const auto& pins = context.pinned_seqnos;
  return pins.empty() ? context.history_floor : std::min(pins.front(), context.history_floor);
}

uint64_t total_weight(const std::vector<TableRef>& tables) {
  uint64_t weight = 0;
  for (const TableRef& table : tables) weight += table->weight;
  return weight;
}

bool overlap(const TableMeta& a, const TableMeta& b) {
  return !ends_before(a, b.smallest.key) && !ends_before(b, a.smallest.key);
}

std::vector<Run> older_runs(const PlanView& view, const Selection& selection,
                            std::string_view smallest, std::string_view largest) {
  std::vector<Run> older;
  if (!view.version.has_keys()) return older;  // nothing is decided by them
  const std::span<const PlanInput> inputs = selection.inputs;
  size_t seen = 0;  // inputs of the runs before
  for (unsigned n = inputs.front().level; n < view.version.level_count(); ++n) {
    for (const Run& run : view.version.level(n).runs) {
      if (seen < inputs.size() && inputs[seen].level == n && inputs[seen].run == run.id()) {
        Run left = left_behind(run, inputs[seen], inputs.first(seen), smallest, largest);
        if (!left.empty()) older.push_back(std::move(left));
        ++seen;
      } else if (seen > 0 && run.overlaps(smallest, largest)) {
        older.push_back(run);
      }
    }
  }
  return older;
}

bool can_move(const PlanView& view, const TableRef& moved, unsigned output_level) {
  const TableMeta& table = *moved;
  if (!view.version.has_keys()) {
    const Run& deeper = view.run_of(output_level + 1);
    return table.weight +
               total_weight(view.version.met_by({&moved, 1}, deeper, output_level + 1)) <=
           view.options.compaction_weight_limit();
  }
  uint64_t deeper_weight = 0;
  bool anything_older = false;
  for (unsigned n = output_level + 1; n < view.version.level_count(); ++n) {
    const Run& run = view.run_of(n);
    const uint64_t met = run.overlapping_weight(table.smallest.key, table.largest.key);
    if (n == output_level + 1) deeper_weight = met;
    anything_older = anything_older || run.overlaps(table.smallest.key, table.largest.key);
  }
  if (table.weight + deeper_weight > view.options.compaction_weight_limit()) return false;
  const bool may_drop = table.tombstone_count > 0 && table.smallest_seqno <= view.elision_seqno();
  return anything_older || !may_drop;
}

CompactionPlan make_plan(const PlanView& view, Selection selection) {
  CompactionPlan plan;
  plan.job = view.context.job;
  plan.reason = selection.reason;
  plan.score = selection.score;
  plan.trivial_move = selection.trivial_move;
  plan.drop = selection.drop;
  plan.inputs = selection.inputs;
  plan.output_level = selection.output_level;
  plan.output_run = selection.output_run;
  plan.cursor = std::move(selection.cursor);
  sum_up(plan);
  plan.expected_weight = plan.rewrites() ? plan.input_weight : 0;
  if (!plan.rewrites()) return plan;

  plan.merge.job = plan.job;
  plan.merge.pinned_seqnos = view.context.pinned_seqnos;
  plan.merge.history_floor = view.context.history_floor;
  plan.merge.pass_through = view.options.pass_through && may_pass_tables(plan);
  plan.merge.older_runs = older_runs(view, selection, plan.smallest_key, plan.largest_key);
  plan.merge.zero_seqnos = plan.output_level > 0 && plan.merge.older_runs.empty();
  plan.merge.cut = cut_rules(view, plan);
  plan.merge.cut.part_bounds = part_bounds(view, plan);
  plan.merge.filter_bits_per_key = filter_bits_at(view.version, plan.output_level, view.options);
  return plan;
}

JobInFlight job_in_flight(const CompactionPlan& plan) {
  JobInFlight job;
  job.job = plan.job;
  job.output_level = plan.output_level;
  job.smallest_key = plan.smallest_key;
  job.largest_key = plan.largest_key;
  for (const PlanInput& input : plan.inputs) {
    job.from_l0 = job.from_l0 || input.level == 0;
    for (const TableRef& table : input.tables) job.inputs.push_back(table->number);
  }
  return job;
}

}  // namespace lsmkit
