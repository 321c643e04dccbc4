#include "lsmkit/planner/explanation.h"

#include <algorithm>
#include <functional>

#include "lsmkit/bytes/error.h"
#include "lsmkit/planner/selection.h"
#include "lsmkit/rules/l0_tiers.h"

namespace lsmkit {
namespace {

constexpr size_t kMaxCandidates = 6;  // beside those that were chosen
constexpr size_t kMaxNamed = 8;       // tables or jobs that a sentence lists

std::string counted(size_t count, const char* what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

std::string job_text(JobNumber job) {
  return "job " + std::to_string(static_cast<uint64_t>(job));
}

class Explainer {
 public:
  Explainer(const Version& version, const PlanContext& context, const CompactionOptions& options)
      : version_(version),
        context_(context),
        options_(options),
        targets_(level_targets(version, options)),
        obstacles_(context) {}

  Explanation explanation() {
    Decision decision = decide_compaction(version_, context_, options_);
    Explanation out;
    out.base_level = targets_.base_level;
    out.levels = levels(decision);
    if (const auto level = level_to_look_at(decision))
      out.candidates = candidates(decision, *level);
    out.bounds = bounds(decision);
    out.blocked = !decision.plan && (!decision.runners_up.empty() || !obstacles_of_runs().empty());
    if (!decision.postponed.empty())
      out.blocked = decision.plan ||
                    std::any_of(out.levels.begin(), out.levels.end(),
                                [](const LevelVerdict& verdict) { return verdict.priority >= 1; });
    if (decision.postponed.empty()) out.plan = std::move(decision.plan);
    return out;
  }

 private:
  // ---- Levels.

  std::vector<LevelVerdict> levels(const Decision& decision) const {
    const size_t count = std::max<size_t>(version_.level_count(), targets_.weight.size());
    std::vector<LevelVerdict> out(count);
    for (uint32_t n = 0; n < count; ++n) {
      const Level& level = version_.level(n);
      out[n].level = n;
      out[n].run_count = level.runs.size();
      out[n].table_count = level.table_count();
      out[n].weight = level.weight();
      out[n].target_weight = n < targets_.weight.size() ? targets_.weight[n] : 0;
    }
    for (const JobInFlight& job : context_.in_flight) {
      for (const TableNumber number : job.inputs) {
        if (const auto place = version_.find(number))
          out[place->level].busy_weight += place->table->weight;
      }
    }
    std::vector<bool> scored(count);
    for (const LevelScore& score : level_scores(version_, context_, options_)) {
      LevelVerdict& verdict = out[score.level];
      scored[score.level] = true;
      verdict.score = score.score;
      verdict.priority = score.priority;
      verdict.chosen = decision.plan && is_chosen(score.level, *decision.plan);
      verdict.why = why(verdict, decision);
    }
    for (LevelVerdict& verdict : out) {
      if (scored[verdict.level]) continue;
      verdict.chosen = decision.plan && is_chosen(verdict.level, *decision.plan);
      verdict.why = "nothing lies below the last level";
      if (verdict.chosen) verdict.why = std::string(name_of(decision.plan->reason));
      if (counts_runs()) verdict.why = tree_distance(verdict);
      if (verdict.table_count == 0) verdict.why = "it is empty";
    }
    return out;
  }

  bool counts_runs() const {
    return options_.layout == Layout::kTiered || options_.layout == Layout::kFifo;
  }

  // Where runs of all levels count alike, every level that gives any; else the one that goes down.
  bool is_chosen(uint32_t level, const CompactionPlan& plan) const {
    if (!counts_runs()) return plan.inputs.front().level == level;
    return std::any_of(plan.inputs.begin(), plan.inputs.end(),
                       [&](const PlanInput& input) { return input.level == level; });
  }

  // Of a tree whose layout has no runners-up: what keeps a run from being read.
  std::string obstacles_of_runs() const {
    const bool due = version_.run_count() >= options_.l0_trigger_runs;
    if (options_.layout != Layout::kTiered || !due) return {};
    std::string why;
    for (unsigned n = 0; n < version_.level_count() && why.empty(); ++n)
      for (const Run& run : version_.level(n).runs)
        if (why.empty()) why = obstacles_.to_reading(run);
    return why;
  }

  std::string why(const LevelVerdict& verdict, const Decision& decision) const {
    if (verdict.chosen && decision.postponed.empty())
      return std::string(name_of(decision.plan->reason)) + "; " + distance(verdict);
    if (verdict.chosen) return decision.postponed;
    if (verdict.priority < 1) return distance(verdict);
    if (!decision.postponed.empty() && !decision.plan) return decision.postponed;
    for (const RunnerUp& other : decision.runners_up)
      if (other.level == verdict.level) return "due, but " + other.why;
    if (decision.plan) return distance(verdict);
    const std::string blocked = obstacles_of_runs();
    return distance(verdict) + (blocked.empty() ? "; no runs that should be one" : "; " + blocked);
  }

  // How far a level is from being due, or beyond it.
  std::string distance(const LevelVerdict& verdict) const {
    if (verdict.table_count == 0) return "it is empty";
    const uint64_t idle = verdict.weight - std::min(verdict.weight, verdict.busy_weight);
    std::string out;
    if (verdict.busy_weight > 0) out = weight_text(verdict.busy_weight) + " is being compacted, ";
    if (counts_runs()) return out + tree_distance(verdict);
    if (options_.layout == Layout::kLazyLeveled)
      return out + counted(verdict.run_count, "run") + " of " +
             std::to_string(options_.l0_trigger_runs);
    if (verdict.level == 0) return out + l0_distance(verdict, idle);
    if (verdict.level <= targets_.drain_to_level) return out + "it is to be drained";
    if (verdict.target_weight == 0) return out + "it has no target";
    if (idle >= verdict.target_weight)
      return out + weight_text(idle - verdict.target_weight) + " above its target";
    return out + weight_text(verdict.target_weight - idle) + " below its target";
  }

  std::string tree_distance(const LevelVerdict& verdict) const {
    if (verdict.level > 0) return counted(verdict.run_count, "run") + " of the tree's";
    if (options_.layout == Layout::kFifo)
      return "the tree weighs " + weight_text(version_.weight()) + " of " +
             weight_text(options_.fifo_weight);
    return counted(version_.run_count(), "run") + " in the tree of " +
           std::to_string(options_.l0_trigger_runs);
  }

  std::string l0_distance(const LevelVerdict& verdict, uint64_t idle) const {
    const std::vector<RunId> busy = busy_l0_runs(version_, context_);
    if (options_.layout == Layout::kHybrid) {
      const L0Tiers tiers = l0_tiers(version_.level(0).runs, busy, options_);
      return counted(tiers.young, "young run") + " of " + std::to_string(options_.l0_trigger_runs) +
             ", " + counted(tiers.count - tiers.young, "merged run") + " of " +
             std::to_string(options_.l0_merged_runs) + ", " + weight_text(idle) +
             " of a batch of " + weight_text(options_.l0_batch_weight());
    }
    return counted(verdict.run_count - busy.size(), "run") + " of " +
           std::to_string(options_.l0_trigger_runs) + ", " + weight_text(idle) + " of " +
           weight_text(options_.base_weight);
  }

  // ---- Candidates.

  std::optional<uint32_t> level_to_look_at(const Decision& decision) const {
    uint32_t level = 0;
    if (options_.layout != Layout::kLeveled && options_.layout != Layout::kHybrid)
      return std::nullopt;
    if (decision.plan) {
      const EditReason reason = decision.plan->reason;
      if (reason == EditReason::kLevelFull || reason == EditReason::kLevelDrain ||
          reason == EditReason::kTwoLevels)
        level = decision.plan->inputs.front().level;
    } else if (!decision.runners_up.empty()) {
      level = decision.runners_up.front().level;
    }
    if (level == 0) return std::nullopt;
    return level;
  }

  std::vector<Candidate> candidates(const Decision& decision, uint32_t level) const {
    const Level& here = version_.level(level);
    if (here.runs.size() != 1) return {};
    std::vector<TableNumber> chosen;
    if (decision.plan) {
      for (const TableRef& table : decision.plan->inputs.front().tables)
        chosen.push_back(table->number);
      std::sort(chosen.begin(), chosen.end());
    }
    std::vector<Candidate> out;
    size_t chosen_left = chosen.size();
    size_t others = 0;
    for_each_in_pick_order(
        version_, options_.picker, level, here.runs.front(), [&](const TableRef& table) {
          const bool taken = std::binary_search(chosen.begin(), chosen.end(), table->number);
          if (taken) {
            --chosen_left;
          } else if (++others > kMaxCandidates) {
            return chosen_left == 0;
          }
          out.push_back(candidate(level, table, taken, chosen_left == chosen.size()));
          return false;
        });
    // The picker's pick is the first that was chosen; the others came along.
    bool first = true;
    for (Candidate& one : out) {
      if (!one.chosen) continue;
      one.why = first ? "picked" : "taken along";
      first = false;
    }
    return out;
  }

  Candidate candidate(uint32_t level, const TableRef& table, bool taken, bool before_pick) const {
    Candidate out{level, table, 0, taken, {}};
    std::vector<TableRef> met;
    for (const Run& run : version_.level(level + 1).runs) {
      out.overlap_weight += run.overlapping_weight(table->smallest.key, table->largest.key);
      const auto more = run.overlapping(table->smallest.key, table->largest.key);
      met.insert(met.end(), more.begin(), more.end());
    }
    if (taken) return out;
    out.why = obstacles_.to_reading({table});
    if (out.why.empty()) out.why = obstacles_.to_reading(met);
    if (out.why.empty()) {
      std::string_view smallest = table->smallest.key, largest = table->largest.key;
      for (const TableRef& other : met) {
        smallest = std::min<std::string_view>(smallest, other->smallest.key);
        largest = std::max<std::string_view>(largest, other->largest.key);
      }
      out.why = obstacles_.to_writing(level + 1, smallest, largest);
    }
    if (out.why.empty()) out.why = before_pick ? "passed over" : "comes later";
    return out;
  }

  // ---- Bounds.

  std::vector<std::string> bounds(const Decision& decision) const {
    std::vector<std::string> out;
    if (!decision.postponed.empty()) out.push_back(decision.postponed);
    if (decision.plan && decision.plan->rewrites()) left_behind(*decision.plan, out);
    if (!context_.damaged.empty()) out.push_back(damaged_text());
    for (size_t i = 0; i < std::min(context_.in_flight.size(), kMaxNamed); ++i)
      out.push_back(in_flight_text(context_.in_flight[i]));
    if (context_.in_flight.size() > kMaxNamed)
      out.push_back("and " + counted(context_.in_flight.size() - kMaxNamed, "more job"));
    if (!context_.pinned_seqnos.empty()) {
      out.push_back(counted(context_.pinned_seqnos.size(), "pinned moment") +
                    ": what was superseded after seqno " +
                    std::to_string(context_.pinned_seqnos.front()) + " may have to be kept");
    }
    return out;
  }

  // Tables of the input level that lie in the keys of the plan and were not taken along, and what
  // taking them would have cost.
  void left_behind(const CompactionPlan& plan, std::vector<std::string>& out) const {
    const PlanInput& upper = plan.inputs.front();
    const Level& below = version_.level(plan.output_level);
    if (upper.level == 0 || plan.output_level != upper.level + 1 || below.runs.size() != 1) return;
    const Run run = version_.level(upper.level).find(upper.run);
    const auto all = run.overlapping(plan.smallest_key, plan.largest_key);
    if (all.size() <= upper.tables.size()) return;
    const auto met =
        below.runs.front().overlapping(all.front()->smallest.key, all.back()->largest.key);
    const uint64_t weight = total_weight(all) + total_weight(met);
    const size_t read_below = plan.inputs.size() > 1 ? plan.inputs[1].tables.size() : 0;
    std::string text = counted(all.size() - upper.tables.size(), "table") + " more of L" +
                       std::to_string(upper.level) + " in these keys stayed: with all of them " +
                       weight_text(weight) + " would be read";
    if (weight >= options_.compaction_weight_limit())
      text += ", and a job's limit is " + weight_text(options_.compaction_weight_limit());
    else if (met.size() > read_below)
      text += ", " + counted(met.size() - read_below, "table") + " more of L" +
              std::to_string(plan.output_level) + " among it";
    out.push_back(text);
  }

  std::string damaged_text() const {
    std::string out =
        counted(context_.damaged.size(), "damaged table") + " and what lies above stay:";
    for (size_t i = 0; i < std::min(context_.damaged.size(), kMaxNamed); ++i)
      out += " " + to_text(context_.damaged[i]);
    return context_.damaged.size() > kMaxNamed ? out + " ..." : out;
  }

  static std::string in_flight_text(const JobInFlight& job) {
    return job_text(job.job) + " compacts " + counted(job.inputs.size(), "table") + " into L" +
           std::to_string(job.output_level) + ", keys '" + printable(job.smallest_key) + "' to '" +
           printable(job.largest_key) + "'";
  }

  const Version& version_;
  const PlanContext& context_;
  const CompactionOptions& options_;
  const LevelTargets targets_;
  const Obstacles obstacles_;
};

}  // namespace

Explanation explain_decision(const Version& version, const PlanContext& context,
                             const CompactionOptions& options) {
  return Explainer(version, context, options).explanation();
}

Explanation explain_own_decision(const Version& version, const PlanContext& context,
                                 const CompactionOptions& options, const Planner& planner) {
  Explanation out = explain_decision(version, context, options);
  out.plan = planner(version, context, options);
  out.blocked = false;
  out.candidates.clear();
  out.bounds = {"one's own planner decides; what is said of the levels is the layout's view"};
  for (LevelVerdict& level : out.levels) {
    level.chosen =
        out.plan && std::any_of(out.plan->inputs.begin(), out.plan->inputs.end(),
                                [&](const PlanInput& input) { return input.level == level.level; });
    if (level.chosen) level.why = "one's own planner takes tables of it";
  }
  return out;
}

}  // namespace lsmkit
