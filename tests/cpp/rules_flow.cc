// Between writers and background work: flush first, debt that says how far behind compaction is,
// and delays without steps.
#include <doctest/doctest.h>

#include "lsmkit/rules/flow.h"
#include "lsmkit/rules/merge_rules.h"

using namespace lsmkit;

TEST_CASE("flush before compaction, one flush at a time, and a slot kept for it") {
  CHECK(next_background_job({.sealed_memtables = 1}) == BackgroundJob::kFlush);
  CHECK(next_background_job({.sealed_memtables = 0}) == BackgroundJob::kCompaction);
  CHECK(next_background_job({.sealed_memtables = 2, .flush_running = true, .slots = 2}) ==
        BackgroundJob::kCompaction);
  CHECK(next_background_job({.compactions_running = 1, .slots = 2}) == BackgroundJob::kNone);
  CHECK(next_background_job({.sealed_memtables = 1, .compactions_running = 1, .slots = 2}) ==
        BackgroundJob::kFlush);
  CHECK(next_background_job({.compactions_running = 2, .slots = 4}) == BackgroundJob::kCompaction);
}

TEST_CASE("a delay begins without a step, only grows, and never passes 5 ms per 64 KiB") {
  const DelayLimits limits{1'000'000, 8'000'000};
  CHECK(write_delay_us(1'000'000, limits, kMaxPauseBytes) == 0);
  uint64_t before = 0;
  for (uint64_t debt = 0; debt <= 9'000'000; debt += 10'000) {
    const uint64_t delay = write_delay_us(debt, limits, kMaxPauseBytes);
    CHECK(delay >= before);
    CHECK(delay - before <= 20);
    before = delay;
  }
  CHECK(before == kMaxPauseUs);
  CHECK(write_delay_us(UINT64_MAX, limits, kMaxPauseBytes) == kMaxPauseUs);
  CHECK(write_delay_us(UINT64_MAX, limits, 10 * kMaxPauseBytes) == 10 * kMaxPauseUs);
  CHECK(write_delay_us(5'000'000, {5'000'000, 5'000'000}, kMaxPauseBytes) == 0);
  CHECK(write_delay_us(5'000'001, {5'000'000, 5'000'000}, kMaxPauseBytes) == kMaxPauseUs);
}

TEST_CASE("debt counts what is above target on its way down, and is nothing in a tree at rest") {
  CompactionOptions options;
  options.sizing = LevelSizing::kStatic;
  options.base_weight = 1'000;
  options.fanout = 10;
  options.l0_trigger_runs = 2;
  CHECK(compaction_debt(Version(), options) == 0);
  CHECK(compaction_debt(version_from_text("L0 #1 a..z weight=900 seqnos=1..2\n"
                                          "L1 #2 a..z weight=1000\nL2 #3 a..z weight=9000\n"),
                        options) == 0);
  // L1 has 500 too much, which meets 9000 / 1500 times as much in L2.
  CHECK(compaction_debt(version_from_text("L1 #2 a..z weight=1500\nL2 #3 a..z weight=9000\n"),
                        options) == 500 * (1 + 6));
  // L0 with all of L1, then what that puts above L1's target with its share of L2.
  CHECK(compaction_debt(version_from_text("L0 #1 a..z weight=1200 seqnos=1..2\n"
                                          "L1 #2 a..z weight=800\nL2 #3 a..z weight=4000\n"),
                        options) == 2'000 + 1'000 * (1 + 2));
  const DelayLimits limits = default_delay_limits(options);
  CHECK(limits.free_debt > 0);
  CHECK(limits.full_debt > limits.free_debt);
}

TEST_CASE("weights that nothing can have make a debt that is still a number") {
  CompactionOptions options;
  options.sizing = LevelSizing::kStatic;
  options.base_weight = 1'000;
  options.level_count = 3;
  const Version version = version_from_text(
      "L0 #1 a..z weight=9223372036854775807 seqnos=1..2\n"
      "L1 #2 a..z weight=9223372036854775807\nL2 #3 a..z weight=9223372036854775807\n");
  CHECK(compaction_debt(version, options) == 1'000'000'000'000'000'000);
}

TEST_CASE("a flush is one table unless it is much heavier than one") {
  CHECK(even_table_weight(100, 100) > 100);
  CHECK(even_table_weight(149, 100) > 149);
  CHECK(even_table_weight(151, 100) == 76);
  CHECK(even_table_weight(1'000, 300) == 334);
  CHECK(even_table_weight(0, 100) > 0);
}

TEST_CASE("a flush sees everything in the version as older, and names its run by its last seqno") {
  const Version version = version_from_text(
      "L0 #2 a..c weight=5 seqnos=4..6\nL0 #1 b..z weight=5 seqnos=1..3\nL3 #3 a..z weight=9\n");
  CompactionOptions options;
  options.table_weight = 64;
  const MergeRules rules = flush_rules(JobNumber{9}, version, 60, {2, 5}, 8, options);
  CHECK(rules.older_runs.size() == 3);
  CHECK_FALSE(rules.zero_seqnos);
  CHECK(rules.pinned_seqnos == std::vector<Seqno>{2, 5});
  CHECK(elision_seqno(rules) == 2);
  CHECK(rules.cut.target_weight == 61);

  FlushResult result;
  result.job = JobNumber{9};
  result.largest_seqno = 12;
  result.history_floor = 8;
  result.tables = {
      std::make_shared<const TableMeta>(table_from_text("#9 a..b weight=60 seqnos=7..10"))};
  const VersionEdit edit = flush_edit(result);
  CHECK(edit.reason == EditReason::kFlush);
  CHECK(edit.flushed_seqno == 12);
  const Version after = apply(version, edit);
  CHECK(after.level(0).runs.front().id() == 12);
  result.tables.clear();
  CHECK(apply(version, flush_edit(result)).table_count() == 3);
}
