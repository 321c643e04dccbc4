// Plans and explanations in words: why something is due, and what it takes where.
#include <array>
#include <cstdio>

#include "lsmkit/bytes/error.h"
#include "lsmkit/planner/explanation.h"

namespace lsmkit {

std::string weight_text(uint64_t weight) {
  static constexpr std::array<const char*, 5> kUnits = {"B", "KiB", "MiB", "GiB", "TiB"};
  double value = static_cast<double>(weight);
  size_t unit = 0;
  for (; value >= 1024 && unit + 1 < kUnits.size(); ++unit) value /= 1024;
  char text[32];
  std::snprintf(text, sizeof text, unit == 0 ? "%.0f %s" : "%.1f %s", value, kUnits[unit]);
  return text;
}

namespace {

std::string score_text(double score) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f", score);
  return text;
}

std::string input_text(const PlanInput& input) {
  constexpr size_t kMaxNamed = 8;
  uint64_t weight = 0;
  for (const TableRef& table : input.tables) weight += table->weight;
  std::string out = "  in  L" + std::to_string(input.level);
  if (input.level == 0 || input.run != 0) out += " run " + std::to_string(input.run);
  out += ": " + std::to_string(input.tables.size()) +
         (input.tables.size() == 1 ? " table, " : " tables, ") + weight_text(weight) + ":";
  for (size_t i = 0; i < input.tables.size() && i < kMaxNamed; ++i)
    out += " " + to_text(input.tables[i]->number);
  if (input.tables.size() > kMaxNamed) out += " ...";
  return out + "\n";
}

std::string output_text(const CompactionPlan& plan) {
  std::string out = "  out L" + std::to_string(plan.output_level) + ": ";
  if (plan.trivial_move) return out + "the same tables; nothing is rewritten\n";
  if (plan.drop) return "  out nowhere: the tables are dropped unread\n";
  const CutRules& cut = plan.merge.cut;
  out += "at most " + weight_text(plan.expected_weight) + " in tables of " +
         weight_text(cut.target_weight);
  if (cut.kind == OutputCut::kAligned) out += ", cut where tables below end";
  if (cut.kind == OutputCut::kGrandparents) out += ", cut after so many tables below";
  if (cut.kind == OutputCut::kGrid) out += ", cut where tables of the deepest level begin";
  if (!cut.part_bounds.empty())
    out += ", in " + std::to_string(cut.part_bounds.size() + 1) + " parts";
  if (cut.cursor) out += ", and at the cursor '" + printable(*cut.cursor) + "'";
  out += "\n  keeps what " + std::to_string(plan.merge.pinned_seqnos.size()) +
         " pins and readers from seqno " + std::to_string(plan.merge.history_floor) +
         " on can see; ";
  const size_t older = plan.merge.older_runs.size();
  if (older == 0) return out + "nothing older lies below\n";
  return out + std::to_string(older) + (older == 1 ? " older run lies" : " older runs lie") +
         " below\n";
}

std::string head_text(const CompactionPlan& plan) {
  std::string out = "job " + std::to_string(static_cast<uint64_t>(plan.job)) + ": " +
                    std::string(name_of(plan.reason)) +
                    (plan.trivial_move ? ", trivial move" : "") + ", score " +
                    score_text(plan.score) + ", keys '" + printable(plan.smallest_key) + "' to '" +
                    printable(plan.largest_key) + "'\n";
  for (const PlanInput& input : plan.inputs) out += input_text(input);
  return out + output_text(plan);
}

std::string verdict_text(const LevelVerdict& verdict) {
  std::string out = (verdict.chosen ? "* L" : "  L") + std::to_string(verdict.level) + ": score " +
                    score_text(verdict.score);
  if (verdict.priority != verdict.score) out += ", priority " + score_text(verdict.priority);
  return out + ", " + verdict.why + "\n";
}

std::string candidate_text(const Candidate& candidate) {
  const TableMeta& table = *candidate.table;
  return (candidate.chosen ? "* " : "  ") + to_text(table.number) + " '" +
         printable(table.smallest.key) + "' to '" + printable(table.largest.key) +
         "': " + weight_text(table.weight) + " over " + weight_text(candidate.overlap_weight) +
         ", " + candidate.why + "\n";
}

}  // namespace

std::string explain(const CompactionPlan& plan) {
  std::string out = head_text(plan);
  for (const RunnerUp& other : plan.runners_up)
    out += "  not L" + std::to_string(other.level) + " (score " + score_text(other.score) +
           "): " + other.why + "\n";
  return out;
}

std::string to_text(const Explanation& explanation) {
  std::string out = explanation.blocked ? "nothing can run now\n" : "nothing is due\n";
  if (explanation.plan) out = head_text(*explanation.plan);
  out += "levels (base L" + std::to_string(explanation.base_level) + "):\n";
  for (const LevelVerdict& verdict : explanation.levels)
    if (verdict.table_count > 0) out += verdict_text(verdict);
  if (!explanation.candidates.empty())
    out += "tables of L" + std::to_string(explanation.candidates.front().level) +
           " in the picker's order:\n";
  for (const Candidate& candidate : explanation.candidates) out += candidate_text(candidate);
  if (!explanation.bounds.empty()) out += "bounds:\n";
  for (const std::string& bound : explanation.bounds) out += "  " + bound + "\n";
  return out;
}

}  // namespace lsmkit
