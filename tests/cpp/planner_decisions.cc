// The planner's decisions as conversations: shape, world, plan, shape after. The files in
// testdata/planner are golden traces; LSMKIT_REWRITE=1 writes them anew.
#include <doctest/doctest.h>

#include <cstdio>
#include <sstream>

#include "lsmkit/planner/planner.h"
#include "support/datadriven.h"

using namespace lsmkit;

namespace {

// Holds what the conversation has come to.
class Conversation {
 public:
  std::string answer(const Directive& d) {
    if (d.command == "define") return define(d);
    if (d.command == "options") return set_options(d);
    if (d.command == "world") return set_world(d);
    if (d.command == "targets") return targets();
    if (d.command == "scores") return scores();
    if (d.command == "plan") return plan(plan_compaction(version_, world_, options_));
    if (d.command == "range") return range(d);
    if (d.command == "start") return start();
    if (d.command == "finish") return finish(d);
    if (d.command == "add") return add(d);
    if (d.command == "flushes") return flushes(d);
    throw std::runtime_error("no such command: " + d.command);
  }

 private:
  std::string define(const Directive& d) {
    version_ = version_from_text(d.input);
    world_ = {};
    plan_.reset();
    started_.clear();
    flush_count_ = 0;
    world_.job = JobNumber{100};
    world_.history_floor = 1'000'000;
    return "";
  }

  // count=60: so many flushes of weight 1 over all keys; merges add up weights. The weights of all
  // runs, newest first, after each compaction.
  std::string flushes(const Directive& d) {
    std::string out;
    for (uint64_t i = d.number("count", 1); i > 0; --i) {
      const Seqno seqno = ++flush_count_;
      version_ = apply(
          version_, full_edit(version_from_text("L0 #" + std::to_string(10'000 + seqno) +
                                                " a..z weight=1 seqnos=" + std::to_string(seqno) +
                                                ".." + std::to_string(seqno))));
      while (const auto plan = plan_compaction(version_, world_, options_)) {
        TableMeta merged = *plan->inputs.front().tables.front();
        merged.number = TableNumber{static_cast<uint64_t>(world_.job) + 1};
        world_.job = JobNumber{static_cast<uint64_t>(merged.number)};
        merged.weight = plan->input_weight;
        merged.smallest_seqno = plan->inputs.back().tables.front()->smallest_seqno;
        version_ = apply(version_, edit_for(*plan, {std::make_shared<const TableMeta>(merged)}));
        version_.check_invariants();
        out += run_weights() + (plan->reason == EditReason::kSpaceAmp ? " for space" : "") + "\n";
      }
    }
    return out.empty() ? run_weights() + "\n" : out;
  }

  std::string run_weights() const {
    std::string out;
    for (unsigned n = 0; n < version_.level_count(); ++n)
      for (const Run& run : version_.level(n).runs)
        out += (out.empty() ? "" : " ") + std::to_string(run.weight());
    return out;
  }

  // More tables, from jobs that the conversation doesn't show.
  std::string add(const Directive& d) {
    version_ = apply(version_, full_edit(version_from_text(d.input)));
    return "";
  }

  std::string set_options(const Directive& d) {
    if (d.has("default")) options_ = {};
    options_.level_count = static_cast<unsigned>(d.number("level_count", options_.level_count));
    options_.l0_trigger_runs =
        static_cast<uint32_t>(d.number("l0_trigger_runs", options_.l0_trigger_runs));
    options_.l0_merged_runs =
        static_cast<uint32_t>(d.number("l0_merged_runs", options_.l0_merged_runs));
    options_.memtable_weight = d.number("memtable_weight", options_.memtable_weight);
    options_.max_space_amp = static_cast<double>(d.number("max_space_percent", 0)) / 100;
    options_.max_merge_runs =
        static_cast<uint32_t>(d.number("max_merge_runs", options_.max_merge_runs));
    options_.min_merge_runs =
        static_cast<uint32_t>(d.number("min_merge_runs", options_.min_merge_runs));
    options_.max_runs = static_cast<uint32_t>(d.number("max_runs", options_.max_runs));
    options_.fifo_weight = d.number("fifo_weight", options_.fifo_weight);
    options_.fifo_ttl_us = d.number("fifo_ttl_us", options_.fifo_ttl_us);
    if (d.has("leveled")) options_.layout = Layout::kLeveled;
    if (d.has("hybrid")) options_.layout = Layout::kHybrid;
    if (d.has("tiered")) options_.layout = Layout::kTiered;
    if (d.has("lazy_leveled")) options_.layout = Layout::kLazyLeveled;
    if (d.has("fifo")) options_.layout = Layout::kFifo;
    options_.base_weight = d.number("base_weight", options_.base_weight);
    options_.table_weight = d.number("table_weight", options_.table_weight);
    options_.fanout =
        static_cast<double>(d.number("fanout", static_cast<uint64_t>(options_.fanout)));
    options_.max_compaction_weight =
        d.number("max_compaction_weight", options_.max_compaction_weight);
    options_.multi_level = d.number("multi_level", options_.multi_level) != 0;
    if (d.has("static")) options_.sizing = LevelSizing::kStatic;
    if (d.has("dynamic")) options_.sizing = LevelSizing::kDynamic;
    if (d.has("dynamic_without_drain")) options_.sizing = LevelSizing::kDynamicWithoutDrain;
    if (d.has("round_robin")) options_.picker = Picker::kRoundRobin;
    if (d.has("compact_pointer")) options_.picker = Picker::kCompactPointer;
    if (d.has("min_overlapping_ratio")) options_.picker = Picker::kMinOverlappingRatio;
    return "";
  }

  // damaged=#7 slots=0 free_bytes=5 floor=9 pins=3,5 sealed=2 busy_percent=40
  std::string set_world(const Directive& d) {
    world_.free_slots = static_cast<unsigned>(d.number("slots", world_.free_slots));
    world_.free_bytes = d.number("free_bytes", world_.free_bytes);
    world_.history_floor = d.number("floor", world_.history_floor);
    world_.now_us = d.number("now_us", world_.now_us);
    world_.sealed_memtables = d.number("sealed", world_.sealed_memtables);
    world_.busy_cores = static_cast<double>(d.number("busy_percent", 100)) / 100;
    const std::string damaged = d.value("damaged");
    if (!damaged.empty()) world_.damaged.push_back(table_from_text(damaged + " a..a").number);
    std::istringstream pins(d.value("pins"));
    for (std::string pin; std::getline(pins, pin, ',');)
      world_.pinned_seqnos.push_back(std::stoull(pin));
    return "";
  }

  std::string targets() {
    const LevelTargets t = level_targets(version_, options_);
    std::string out = "base L" + std::to_string(t.base_level);
    if (t.drain_to_level != 0) out += ", drain down to L" + std::to_string(t.drain_to_level);
    out += "\n";
    for (size_t n = 1; n < t.weight.size(); ++n)
      if (t.weight[n] != 0)
        out += "L" + std::to_string(n) + " " + std::to_string(t.weight[n]) + "\n";
    return out;
  }

  std::string scores() {
    std::string out;
    for (const LevelScore& s : level_scores(version_, world_, options_)) {
      char line[80];
      std::snprintf(line, sizeof line, "L%u score %.3f priority %.3f%s\n", s.level, s.score,
                    s.priority, s.priority >= 1 ? " due" : "");
      if (s.score > 0) out += line;
    }
    return out;
  }

  std::string plan(std::optional<CompactionPlan> plan) {
    plan_ = std::move(plan);
    return plan_ ? explain(*plan_) : "nothing to do\n";
  }

  // begin=a end=m first_job=50
  std::string range(const Directive& d) {
    const auto bound = [&](const char* name) -> std::optional<std::string> {
      const std::string key = d.value(name);
      return key.empty() ? std::nullopt : std::optional(key);
    };
    RangeStep step = plan_range(version_, world_, options_, bound("begin"), bound("end"),
                                JobNumber{d.number("first_job", 100)});
    if (step.done) return "done\n";
    if (!step.plan) return "blocked\n";
    return plan(std::move(step.plan));
  }

  // The last plan is now being carried out.
  std::string start() {
    world_.in_flight.push_back(job_in_flight(plan_.value()));
    started_.push_back(*plan_);
    world_.job = JobNumber{static_cast<uint64_t>(world_.job) + 1};
    return "";
  }

  // The job that was started first ends with the tables given.
  std::string finish(const Directive& d) {
    const CompactionPlan done = started_.empty() ? plan_.value() : started_.front();
    std::vector<TableRef> outputs;
    std::istringstream lines(d.input);
    for (std::string line; std::getline(lines, line);)
      outputs.push_back(std::make_shared<const TableMeta>(table_from_text(line)));
    version_ = apply(version_, edit_for(done, outputs));
    version_.check_invariants();
    if (!started_.empty()) {
      started_.erase(started_.begin());
      world_.in_flight.erase(world_.in_flight.begin());
    }
    return to_text(version_);
  }

  Version version_;
  PlanContext world_;
  Seqno flush_count_ = 0;
  CompactionOptions options_;
  std::optional<CompactionPlan> plan_;
  std::vector<CompactionPlan> started_;
};

void converse(const std::string& file) {
  Conversation conversation;
  run_datadriven("planner/" + file, [&](const Directive& d) { return conversation.answer(d); });
}

}  // namespace

TEST_CASE("W4.6: scores, and the highest goes first") {
  converse("scores");
}
TEST_CASE("W4.7: targets under static and dynamic sizing") {
  converse("targets");
}
TEST_CASE("W4.4: L0: all that overlaps goes to the base, alone; within L0 when the base is busy") {
  converse("l0");
}
TEST_CASE("W4.4: a level: overlap ratio, expansion, trivial moves, busy and damaged tables") {
  converse("level");
}
TEST_CASE("two levels into a third, when the second is full and that writes less") {
  converse("multi_level");
}
TEST_CASE("round robin goes on above its cursor, around the end, and cuts at the next cursor") {
  converse("round_robin");
}
TEST_CASE("LevelDB's round robin: one table, the first that ends above the cursor") {
  converse("compact_pointer");
}
TEST_CASE("a range goes down level by level and is rewritten once at the bottom") {
  converse("range");
}
TEST_CASE("hybrid: L0 gathers runs, and levels stand where they pay") {
  converse("hybrid");
}
TEST_CASE("tiered: space, then ratio, then count") {
  converse("tiered");
}
TEST_CASE("lazy leveling: tiers gather, the last level is one run") {
  converse("lazy_leveled");
}
TEST_CASE("fifo: the oldest go, by weight and by age") {
  converse("fifo");
}
TEST_CASE("space: a bound that is kept, tombstones that pay for themselves") {
  converse("space");
}
TEST_CASE("where jobs wait for each other few run side by side") {
  converse("jobs_that_wait");
}
TEST_CASE("a tree that another layout made becomes what it should be") {
  converse("other_layout");
}
TEST_CASE("what L0 holds is drawn into the tree: a small tree, step by step") {
  converse("worked_example");
}
TEST_CASE("seqnos are zeroed only where nothing older lies below any of a job's keys") {
  // A few zeroed records among many would make a table look older to the pickers than it is.
  const Version above_nothing =
      version_from_text("L1 #1 a..c weight=1200\nL2 #2 a..c weight=100\nL3 #3 x..z weight=100\n");
  const Version above_some =
      version_from_text("L1 #1 a..c weight=1200\nL2 #2 a..c weight=100\nL3 #3 a..a weight=100\n");
  CompactionOptions options;
  options.sizing = LevelSizing::kStatic;
  options.base_weight = 1000;
  options.table_weight = 200;
  CHECK(plan_compaction(above_nothing, {}, options).value().merge.zero_seqnos);
  CHECK_FALSE(plan_compaction(above_some, {}, options).value().merge.zero_seqnos);
}
