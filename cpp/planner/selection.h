// Inside the planner: which tables cannot be planned now, and a choice of tables on its way to
// becoming a plan.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lsmkit/planner/plan.h"
#include "lsmkit/rules/level_targets.h"

namespace lsmkit {

// What jobs in flight and damage keep from being planned. Each question is answered with why not,
// or an empty string.
class Obstacles {
 public:
  explicit Obstacles(const PlanContext& context);

  std::string to_reading(const std::vector<TableRef>& tables) const;
  std::string to_reading(const Run& run) const;
  // A job writing [smallest, largest] of a level would collide with another job's output.
  std::string to_writing(uint32_t level, std::string_view smallest, std::string_view largest) const;
  std::string to_merging_l0() const;  // into the base: one such job at a time
  bool is_busy(TableNumber number) const;

 private:
  std::string to_reading(const TableMeta& table) const;

  const PlanContext& context_;
  std::vector<TableNumber> busy_;  // ascending
  std::vector<TableNumber> damaged_;
};

// What everyone who selects looks at.
struct PlanView {
  const Version& version;
  const PlanContext& context;
  const CompactionOptions& options;
  const LevelTargets& targets;
  const Obstacles& obstacles;

  // The single run of a leveled level; empty if it holds nothing.
  const Run& run_of(unsigned level) const;
  bool has_several_runs_below_l0() const;  // left by another layout
  Seqno elision_seqno() const;             // what nobody can see below
};

struct Selection {
  EditReason reason = EditReason::kNone;
  double score = 0;
  bool trivial_move = false;
  bool drop = false;
  std::vector<PlanInput> inputs;  // newest run first
  uint32_t output_level = 0;
  RunId output_run = 0;
  std::optional<std::pair<uint32_t, std::string>> cursor;
};

// The selections; without one, `why_not` says what stood in the way.
std::optional<Selection> select_l0_to_base(const PlanView& view, std::string& why_not);
// The hybrid layout's L0: its young runs become one, or all of it goes to the base.
std::optional<Selection> select_from_tiered_l0(const PlanView& view, std::string& why_not);
std::optional<Selection> select_within_l0(const PlanView& view, std::string& why_not);
std::optional<Selection> select_from_level(const PlanView& view, unsigned level,
                                           std::string& why_not);

// A job from one level into the next becomes one from both into the level after, if that writes
// less.
void take_a_third_level(const PlanView& view, Selection& selection);

// f(table) in the order in which the picker prefers them, until it returns true.
void for_each_in_pick_order(const Version& version, Picker picker, unsigned level, const Run& run,
                            const std::function<bool(const TableRef&)>& f);
// This table of the level, with all it takes.
std::optional<Selection> select_table(const PlanView& view, unsigned level, const TableRef& table,
                                      std::string& why_not);
// Indices of L0's runs, oldest first.
std::vector<size_t> oldest_l0_first(const PlanView& view);

// L0 to base: the first of `seeds` (indices of L0's runs) that can go, with all that overlaps it.
std::optional<Selection> select_l0_group(const PlanView& view, const std::vector<size_t>& seeds,
                                         bool may_move, std::string& why_not);

// Whether `table` may simply become a table of `output_level`, where nothing overlaps it:
//   - the job after that would not be too heavy: it and what it overlaps one level deeper stay
//     within the weight limit;
//   - it holds no tombstones that could be dropped there and then.
bool can_move(const PlanView& view, const TableRef& table, unsigned output_level);

// plan_range where levels hold several runs. Fifo merges nothing, so nothing is to be done there.
struct RangeStep;
RangeStep plan_range_of_runs(const PlanView& view, const std::optional<std::string>& begin,
                             const std::optional<std::string>& end, JobNumber first_job);

// Why a job that could run had better wait for others, if it had (postpone.cc).
std::string why_later(const PlanView& view, const Selection& selection);

uint64_t total_weight(const std::vector<TableRef>& tables);
bool overlap(const TableMeta& a, const TableMeta& b);

// What stays where it is and may hold older records than the inputs do, of keys in [smallest,
// largest]: runs as they are, and of a run of which only some tables are inputs those others that
// overlap a newer input. Newest first.
std::vector<Run> older_runs(const PlanView& view, const Selection& selection,
                            std::string_view smallest, std::string_view largest);

// A selection with all that shapes its result.
CompactionPlan make_plan(const PlanView& view, Selection selection);

}  // namespace lsmkit
