// Which tables meet: by keys, or by draws where there are none.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "lsmkit/version/version.h"

using namespace lsmkit;

namespace {

std::vector<std::string> numbers(const std::vector<TableRef>& tables) {
  std::vector<std::string> out;
  for (const TableRef& table : tables) out.push_back(to_text(table->number));
  return out;
}

Version twenty_tables() {
  std::string text = "L1 #100 c..f weight=1\n";
  for (char c = 'a'; c <= 't'; ++c)
    text += "L2 #" + std::to_string(c - 'a' + 1) + " " + c + ".." + c + " weight=1\n";
  return version_from_text(text);
}

}  // namespace

TEST_CASE("a stretch of a run is what stands there, in key order") {
  const Version version = twenty_tables();
  const Run& run = version.level(2).runs.front();
  const std::vector<TableRef> all = run.tables();
  for (size_t first = 0; first <= all.size() + 1; ++first) {
    for (size_t count = 0; count <= all.size() + 1; ++count) {
      const size_t begin = std::min(first, all.size());
      const size_t end = std::min(first + count, all.size());
      const std::vector<TableRef> due(all.begin() + static_cast<ptrdiff_t>(begin),
                                      all.begin() + static_cast<ptrdiff_t>(end));
      CHECK(numbers(run.stretch(first, count)) == numbers(due));
    }
  }
}

TEST_CASE("tables meet what lies between their keys") {
  const Version version = twenty_tables();
  const std::vector<TableRef> above = version.level(1).runs.front().tables();
  CHECK(version.has_keys());
  CHECK(numbers(version.met_by(above, version.level(2).runs.front(), 2)) ==
        std::vector<std::string>{"#3", "#4", "#5", "#6"});
  CHECK(version.met_by({}, version.level(2).runs.front(), 2).empty());
}

TEST_CASE("without keys they meet what is drawn, the same however often one asks") {
  std::vector<uint64_t> asked;
  const auto draw = [&asked](uint64_t edits, TableNumber table, uint32_t level, size_t standing) {
    asked = {edits, static_cast<uint64_t>(table), level, standing};
    return DrawnOverlap{17, 5};
  };
  Version version = twenty_tables().with_drawn_overlap(draw);
  CHECK(!version.has_keys());
  const std::vector<TableRef> above = version.level(1).runs.front().tables();
  const auto met = [&] { return numbers(version.met_by(above, version.level(2).runs.front(), 2)); };
  // From the 18th on there are three left, so it begins earlier.
  const std::vector<std::string> last{"#16", "#17", "#18", "#19", "#20"};
  CHECK(met() == last);
  CHECK(met() == last);
  const uint64_t edits = asked[0];
  CHECK(asked[2] == 2);
  CHECK(asked[3] == 20);
  version = apply(version, VersionEdit{});
  CHECK(!version.has_keys());
  CHECK(met() == last);
  CHECK(asked[0] == edits + 1);
}
