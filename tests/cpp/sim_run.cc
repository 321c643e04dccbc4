// Whole workloads on the exact simulator: what was asked for is what was written, step by step or
// at once, and what cannot be simulated is refused.
#include <doctest/doctest.h>

#include <string>

#include "lsmkit/bytes/error.h"
#include "lsmkit/sim/exact_run.h"
#include "lsmkit/trace/amplification.h"
#include "lsmkit/workload/named_workloads.h"

using namespace lsmkit;

namespace {

CompactionOptions small_tree() {
  CompactionOptions options;
  options.memtable_weight = 20'000;
  options.table_weight = 20'000;
  options.base_weight = 60'000;
  options.fanout = 4;
  return options;
}

WorkloadSpec overwrites(uint64_t keys, uint64_t ops) {
  return workload_from_text(
      "key_count " + std::to_string(keys) +
      "\nphase load\nmix put=1\nkeys permuted\nend unit=ops after=" + std::to_string(keys) +
      "\nphase run\nmix put=1\nkeys uniform\nend unit=ops after=" + std::to_string(ops) + "\n");
}

void run_to_end(ExactRun& run) {
  while (run.step()) {
  }
}

template <class Refused>
std::string refusal_of(const std::string& text) {
  try {
    ExactRun run(workload_from_text(text), small_tree());
  } catch (const Refused& error) {
    return error.what();
  }
  return "(accepted)";
}

}  // namespace

TEST_CASE("W4.10: a workload on the exact simulator writes what it asks for") {
  ExactRun run(overwrites(2'000, 20'000), small_tree());
  run_to_end(run);
  CHECK(run.done());
  CHECK(!run.step());
  CHECK(run.driver().ops() == 22'000);
  CHECK(run.driver().ops_of(OpKind::kPut) == 22'000);
  CHECK(run.tree().counters().puts == 22'000);
  CHECK(run.tree().live_keys() == 2'000);
  CHECK(run.now_us() == 22'000);
  run.tree().check_contents();
  CHECK(run.log().events().size() == run.log().moments().size());
  CHECK(run.log().moments().back().weight == run.tree().version().weight());
}

TEST_CASE("steps of any length make the same edits") {
  ExactRun at_once(overwrites(1'000, 8'000), small_tree());
  ExactRun in_steps(overwrites(1'000, 8'000), small_tree());
  run_to_end(at_once);
  uint64_t steps = 0;
  while (in_steps.step_to_edit(97)) ++steps;
  CHECK(steps > 80);
  REQUIRE(at_once.log().events().size() == in_steps.log().events().size());
  for (size_t i = 0; i < at_once.log().events().size(); ++i)
    CHECK(*at_once.log().events()[i] == *in_steps.log().events()[i]);
}

TEST_CASE("without events a run keeps its moments, and they are the same") {
  ExactRun with(overwrites(1'000, 8'000), small_tree());
  ExactRun without(overwrites(1'000, 8'000), small_tree(), false);
  run_to_end(with);
  run_to_end(without);
  CHECK(without.log().events().empty());
  REQUIRE(with.log().moments().size() == without.log().moments().size());
  CHECK(with.settled().mean_space_amp == without.settled().mean_space_amp);
}

TEST_CASE("the window opens when all has been written over once") {
  ExactRun run(overwrites(1'000, 20'000), small_tree());
  run_to_end(run);
  const Window window = run.settled();
  CHECK(window.overwritten);
  CHECK(window.first_seqno >= 2'000);
  CHECK(window.first_seqno < 2'400);  // the next flush after the second time around
  CHECK(window.last_seqno == 21'000);
  CHECK(window.mean_space_amp > 1);
  CHECK(window.peak_space_amp > window.mean_space_amp);
  CHECK(window.mean_run_count > 1);
  double weight = 0;
  for (const double level : window.mean_level_weight) weight += level;
  const double live = static_cast<double>(run.tree().live_weight());
  CHECK(weight / live == doctest::Approx(window.mean_space_amp).epsilon(0.02));
  CHECK(write_amp_weight(window.counted) > 1);
}

TEST_CASE("a load alone is measured from half-way on") {
  ExactRun run(overwrites(5'000, 1), small_tree());
  run_to_end(run);
  const Window window = run.settled();
  CHECK(!window.overwritten);
  CHECK(window.first_seqno >= 2'500);
  CHECK(window.first_seqno < 2'800);
  ExactRun nothing(workload_from_text("key_count 10\nphase read\nmix get=1\nend unit=ops after=9"),
                   small_tree());
  run_to_end(nothing);
  CHECK(nothing.driver().ops_of(OpKind::kGet) == 9);
  CHECK(nothing.settled().counted.puts == 0);
}

TEST_CASE("W4.2: named workloads run: keys that are hashed, added and queued") {
  for (WorkloadSpec spec : {ycsb('a', 2'000, 20'000), ycsb('d', 2'000, 40'000),
                            ycsb('f', 2'000, 10'000), queues(4, 500, 20'000),
                            mixgraph("all_dist", 3'000, 20'000), db_bench("deleterandom", 3'000)}) {
    CAPTURE(spec.name);
    ExactRun run(spec, small_tree());
    run_to_end(run);
    run.tree().check_contents();
    CHECK(run.driver().ops() > 0);
    CHECK(run.tree().last_seqno() > 0);
    const Counters& counted = run.tree().counters();
    CHECK(counted.puts + counted.deletes ==
          run.driver().ops_of(OpKind::kPut) + run.driver().ops_of(OpKind::kDelete) +
              run.driver().ops_of(OpKind::kInsert) + run.driver().ops_of(OpKind::kReadModifyWrite));
  }
}

TEST_CASE("the clock of a lock-step: rates in operations and bytes, closed loops by microseconds") {
  const std::string head = "key_count 100\nencoding binary key_bytes=16\nphase run\nmix put=1\n";
  const auto end_of = [&](const std::string& more) {
    ExactRun run(workload_from_text(head + more), small_tree());
    run_to_end(run);
    return std::pair{run.now_us(), run.driver().ops()};
  };
  using Pair = std::pair<uint64_t, uint64_t>;
  CHECK(end_of("end unit=ops after=1000") == Pair{1'000, 1'000});
  CHECK(end_of("end unit=seconds after=0.002") == Pair{2'000, 2'000});
  CHECK(end_of("rate constant per_s=1000\nend unit=ops after=50") == Pair{50'000, 50});
  CHECK(end_of("rate constant per_s=1000\nend unit=seconds after=2") == Pair{2'000'000, 2'000});
  CHECK(end_of("value_bytes constant size=84\nrate constant per_s=1000\nrate_unit bytes\n"
               "end unit=ops after=50") == Pair{5'000'000, 50});
}

TEST_CASE("what an exact simulation cannot do is refused by name") {
  CHECK(refusal_of<NotSupported>("phase run\nmix put=1\nttl_s 5").find("ttl_s") !=
        std::string::npos);
  CHECK(refusal_of<InvalidArgument>("key_count 1000000000\nphase run\nmix put=1")
            .find("lower key_count") != std::string::npos);
}
