// Which input tables come out of a merge as they are.
#include <doctest/doctest.h>

#include "lsmkit/rules/merge_tables.h"
#include "support/model_tree.h"

using namespace lsmkit;

namespace {

TableRef table(const std::string& text) {
  return std::make_shared<const TableMeta>(table_from_text(text));
}

MergeRules rules_of(uint64_t target) {
  MergeRules rules;
  rules.job = JobNumber{9};
  rules.history_floor = 100;
  rules.zero_seqnos = rules.pass_through = true;
  rules.cut.target_weight = rules.cut.max_weight = target;
  return rules;
}

}  // namespace

TEST_CASE("a table passes if nothing comes between, is no crumb and leaves none") {
  MergeRules rules = rules_of(100);
  const TableMeta t = *table("#1 f..m weight=60 entries=3");
  CHECK(may_pass(rules, t, std::nullopt, std::nullopt, 0));
  CHECK(may_pass(rules, t, "e", "n", 0));
  CHECK_FALSE(may_pass(rules, t, "f", "n", 0));  // its first record may be an older version
  CHECK_FALSE(may_pass(rules, t, "e", "m", 0));
  CHECK_FALSE(may_pass(rules, t, "e", "g", 0));
  CHECK_FALSE(may_pass(rules, t, "e", "n", 49));  // the open table would stay a crumb
  CHECK(may_pass(rules, t, "e", "n", 50));
  CHECK_FALSE(may_pass(rules, *table("#1 f..m weight=49 entries=3"), "e", "n", 0));
  rules.cut.part_bounds = {"g"};
  CHECK_FALSE(may_pass(rules, t, "e", "n", 0));
  rules.cut.part_bounds = {"f", "n"};
  CHECK(may_pass(rules, t, "e", "n", 0));
  rules.pass_through = false;
  CHECK_FALSE(may_pass(rules, t, "e", "n", 0));
}

TEST_CASE("a table with tombstones that can go is read, unless something older keeps them") {
  MergeRules rules = rules_of(100);
  const TableMeta t = *table("#1 f..m weight=60 entries=3 tombstones=1 seqnos=50..60");
  CHECK_FALSE(may_pass(rules, t, "e", "n", 0));
  rules.pinned_seqnos = {49};
  CHECK(may_pass(rules, t, "e", "n", 0));
  rules.pinned_seqnos.clear();
  VersionEdit older;
  older.added.push_back({0, 5, table("#2 a..g weight=60 entries=3")});
  rules.older_runs = {apply(Version(), older).level(0).runs.front()};
  CHECK(may_pass(rules, t, "e", "n", 0));
}

// One input writes at both ends of what the other holds in six tables.
TEST_CASE("a merge reads and writes only what is touched, and the records add up") {
  std::vector<Records> pieces;
  std::vector<TableRef> metas;
  for (int i = 0; i < 6; ++i) {
    Records records;
    for (int k = 0; k < 4; ++k)
      records.push_back({std::string(1, static_cast<char>('b' + i)) + std::to_string(k), 0,
                         Kind::kPut, std::string(12, 'v')});
    metas.push_back(table("#" + std::to_string(i + 1) + " " + records.front().key + ".." +
                          records.back().key + " weight=88 entries=4"));
    pieces.push_back(std::move(records));
  }
  const Records upper = {{"b1", 7, Kind::kPut, "new"}, {"z", 8, Kind::kPut, "last"}};
  std::vector<const Records*> below;
  for (const Records& records : pieces) below.push_back(&records);
  std::vector<RecordSource> sources{RecordSource({&upper}, {table("#9 b1..z weight=20 entries=2")}),
                                    RecordSource(below, metas)};
  MergeRules rules = rules_of(100);
  rules.input_entry_count = 26;
  RecordSink sink;
  const MergeCounts counts = merge_tables(rules, std::span<RecordSource>(sources), sink);
  CHECK(counts.passed == std::vector<TableRef>(metas.begin() + 1, metas.end()));
  CHECK(counts.in_entries == 6);
  CHECK(counts.out_entries == 5);
  REQUIRE(sink.tables.size() == 2);
  CHECK(sink.tables[0].meta->largest.key == "b3");
  CHECK(sink.tables[1].meta->smallest.key == "z");
}
