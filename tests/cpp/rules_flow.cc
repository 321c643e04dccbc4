// Between writers and background work: flush first, and what a flush makes.
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

TEST_CASE("where jobs wait for each other a flush waits for compactions while there is room") {
  BackgroundState state{
      .sealed_memtables = 1, .compactions_running = 1, .slots = 3, .busy_cores = 0.4};
  CHECK(next_background_job(state) == BackgroundJob::kCompaction);  // if the planner has a plan
  state.memtables = {51, 50, 100};
  CHECK(next_background_job(state) == BackgroundJob::kFlush);
  state.memtables = {50, 50, 100};
  CHECK(next_background_job(state) == BackgroundJob::kCompaction);
  state.flushes_first = true;
  CHECK(next_background_job(state) == BackgroundJob::kFlush);
  state.flushes_first = false;
  state.slots = 2;
  CHECK(next_background_job(state) == BackgroundJob::kNone);
  state.busy_cores = 0.5;
  CHECK(next_background_job(state) == BackgroundJob::kFlush);
  state.busy_cores = 0.4;
  state.compactions_running = 0;
  CHECK(next_background_job(state) == BackgroundJob::kFlush);
}

TEST_CASE("cores that compactions kept busy: half of what was, half of the last job") {
  CompactionOptions options;
  BusyCores busy(options);
  CHECK(busy.of_late() == kOneCore);
  busy.job_ended(200, 1'000, 1);
  CHECK(busy.of_late() == doctest::Approx(0.2));
  busy.job_ended(200, 1'000, 3);
  CHECK(busy.of_late() == doctest::Approx(0.4));
  CHECK(jobs_wait_for_each_other(busy.of_late()));
  busy.job_ended(5'000, 1'000, 1);  // no thread has more than a core
  CHECK(busy.of_late() == doctest::Approx(0.7));
  CHECK_FALSE(jobs_wait_for_each_other(busy.of_late()));
  busy.job_ended(0, 0, 1);  // took no time that could be told
  CHECK(busy.of_late() == doctest::Approx(0.7));

  options.few_jobs_where_they_wait = false;
  BusyCores unasked(options);
  unasked.job_ended(200, 1'000, 1);
  CHECK(unasked.of_late() == kOneCore);
}

TEST_CASE("a memtable is full at its size, and overfull at twice that") {
  CHECK_FALSE(memtable_is_full(99, 100));
  CHECK(memtable_is_full(100, 100));
  CHECK_FALSE(memtable_is_overfull(199, 100));
  CHECK(memtable_is_overfull(200, 100));
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
