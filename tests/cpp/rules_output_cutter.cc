// Where tables are cut, as a conversation: which keys come out in which table.
#include <doctest/doctest.h>

#include <sstream>

#include "lsmkit/rules/output_cutter.h"
#include "support/datadriven.h"

using namespace lsmkit;

namespace {

// "next a..c 50" gives the run below a table of that weight, "keys a..z 10" (or "keys acx 10")
// sends keys of that weight each. The answer has a bracket for each table and a bar between parts.
std::string cut(const Directive& d) {
  std::string next, out;
  std::vector<std::pair<std::string, uint64_t>> keys;
  std::istringstream lines(d.input);
  int tables = 0;
  for (std::string what, names; lines >> what >> names;) {
    uint64_t weight = 0;
    lines >> weight;
    if (what == "next") {
      next += "L1 #" + std::to_string(++tables) + " " + names +
              " weight=" + std::to_string(weight) + "\n";
      continue;
    }
    if (names.size() == 4 && names.substr(1, 2) == "..")
      for (char c = names[0]; c <= names[3]; ++c) keys.emplace_back(std::string(1, c), weight);
    else
      for (const char c : names) keys.emplace_back(std::string(1, c), weight);
  }

  CutRules rules;
  const Version version = version_from_text(next);
  if (tables > 0) rules.next_run = version.level(1).runs.front();
  rules.target_weight = d.number("target", 100);
  if (d.has("align")) rules.kind = OutputCut::kAligned;
  if (d.has("grandparents")) rules.kind = OutputCut::kGrandparents;
  if (d.has("grid")) rules.kind = OutputCut::kGrid;
  rules.max_weight = d.number(
      "max", rules.kind == OutputCut::kAligned ? 2 * rules.target_weight : rules.target_weight);
  rules.max_overlap_weight = d.number("overlap", 1'000'000);
  if (!d.value("cursor").empty()) rules.cursor = d.value("cursor");
  for (const char c : d.value("parts")) rules.part_bounds.emplace_back(1, c);

  OutputCutter cutter(rules);
  uint64_t weight = 0;
  for (const auto& [key, key_weight] : keys) {
    const Cut at = cutter.before(key, weight);
    if (at != Cut::kNo && weight > 0) out += "] ", weight = 0;
    if (at == Cut::kPart) out += "part " + std::to_string(cutter.part()) + " ";
    if (weight == 0) out += "[";
    out += key;
    weight += key_weight;
  }
  return out + "]";
}

}  // namespace

TEST_CASE("tables end at their target, at boundaries below, at cursors and parts") {
  run_datadriven("rules/cutter", cut);
}
