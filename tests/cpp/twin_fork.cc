// A simulation goes on from a real database: from the fork on it makes the engine's edits. The
// engine's state then is any: half-full memtables, tables of other keys, tombstones, deep levels.
#include <doctest/doctest.h>

#include <string>

#include "lsmkit/bytes/error.h"
#include "lsmkit/db/output_options.h"
#include "lsmkit/sim/exact_run.h"
#include "lsmkit/sim/segment_run.h"
#include "lsmkit/trace/amplification.h"
#include "lsmkit/twin/engine_driver.h"
#include "lsmkit/twin/exact_start_of.h"
#include "lsmkit/twin/segment_start_of.h"
#include "lsmkit/twin/workload_twin.h"
#include "lsmkit/workload/named_workloads.h"
#include "support/run_count.h"

using namespace lsmkit;

namespace {

using Overrides = std::vector<std::pair<std::string, std::string>>;

Overrides small(Overrides more = {}) {
  Overrides options{{"memtable_bytes", "65536"}, {"table_bytes", "65536"},
                    {"base_bytes", "131072"},    {"fanout", "3"},
                    {"cache_bytes", "1048576"},  {"memory_bytes", "67108864"}};
  options.insert(options.end(), more.begin(), more.end());
  return options;
}

Overrides inline_small() {
  return small({{"background", "inline"}, {"sync", "none"}});
}

WorkloadSpec loaded(uint64_t keys, uint64_t ops, const std::string& mix = "put=1") {
  return workload_from_text(
      "key_count " + std::to_string(keys) +
      "\nphase load\nmix put=1\nkeys permuted\nend unit=ops after=" + std::to_string(keys) +
      "\nphase more\nmix " + mix + "\nkeys uniform\nend unit=ops after=" + std::to_string(ops));
}

WorkloadSpec overwrites(uint64_t keys, uint64_t ops, const std::string& how = "keys uniform",
                        const std::string& mix = "put=1") {
  return workload_from_text("seed 9\nkey_count " + std::to_string(keys) + "\nphase over\nmix " +
                            mix + "\n" + how + "\nend unit=ops after=" + std::to_string(ops));
}

std::shared_ptr<Db> open_at(FileSystem& disk, Clock& clock, const Overrides& options,
                            bool read_only = false) {
  OpenRequest request;
  request.path = "/db";
  request.environment.files = &disk;
  request.environment.clock = &clock;
  request.overrides = options;
  request.read_only = read_only;
  return Db::open(request);
}

}  // namespace

TEST_CASE("from the fork on, five overwrites make the same edits on both sides") {
  for (const char* layout : {"hybrid", "leveled", "lazy_leveled", "tiered"}) {
    for (const char* mix : {"put=1", "put=0.8 delete=0.2"}) {
      for (const char* how : {"keys uniform", "keys zipf theta=0.99"}) {
        CAPTURE(layout);
        CAPTURE(mix);
        CAPTURE(how);
        const uint64_t keys = 6'000;
        WorkloadTwin twin(overwrites(keys, 5 * keys, how, mix), small({{"layout", layout}}),
                          loaded(keys, keys + 1234, mix), {});
        const TreeState forked = twin.engine().tree();
        REQUIRE(forked.version.table_count() > 5);
        REQUIRE(forked.memtables.front().entry_count > 0);
        CHECK(to_text(forked.version) == to_text(twin.twin().simulation().version()));
        CHECK(twin.twin().simulation().memtable_weight() == forked.memtables.front().weight);
        while (twin.step()) {
        }
        const TwinReport& report = twin.finish();
        CHECK(report.difference == "");
        CHECK(report.edits > 40);
        twin.twin().simulation().check_contents();
      }
    }
  }
}

TEST_CASE("a fork meets keys that only the database, or only the workload, knows") {
  WorkloadSpec before = loaded(3'000, 2'000);
  before.encoding = HashedKeys{12};
  WorkloadTwin twin(queues(4, 500, 30'000), small(), before, {});
  while (twin.step()) {
  }
  CHECK(twin.finish().difference == "");
  CHECK(twin.finish().edits > 20);
}

TEST_CASE("ages go on counting from the engine's clock") {
  const std::string by_age =
      "key_count 20000\nphase run\nmix put=1\nkeys sequential\nrate constant per_s=1000\n"
      "end unit=ops after=";
  WorkloadTwin twin(workload_from_text(by_age + "30000"),
                    small({{"layout", "fifo"}, {"fifo_bytes", "100000000"}, {"fifo_ttl_s", "8"}}),
                    workload_from_text(by_age + "20000"), {});
  while (twin.step()) {
  }
  CHECK(twin.finish().difference == "");
  CHECK(twin.finish().edits_by_reason.at(EditReason::kFifoAge) > 10);
}

TEST_CASE("a twin's fork that is given another seqno, job or record differs") {
  MemoryFileSystem disk;
  ManualClock clock;
  const auto db = open_at(disk, clock, inline_small());
  EngineDriver(*db, loaded(3'000, 2'000)).run([](const Progress&) {});
  const WorkloadSpec spec = overwrites(3'000, 3'000);
  const CompactionOptions options = compaction_options_of(db->options());
  const auto edits = [&](const std::function<void(ExactStart&)>& change) {
    StartOfExactRun start = exact_start_of(db->standing(), spec, {});
    change(start.tree);
    ExactRun run(spec, options, std::move(start));
    while (run.step()) {
    }
    std::string text;
    for (const auto& event : run.log().events())
      text += to_line(*event) + to_text(run.tree().version());
    for (const auto& event : run.log().events())
      for (const Rectangle& table : event->added)
        text += std::to_string(table.number) + " " + std::to_string(table.largest_seqno);
    return text;
  };
  const std::string right = edits([](ExactStart&) {});
  CHECK(right == edits([](ExactStart&) {}));
  CHECK(right != edits([](ExactStart& start) { ++start.next_job; }));
  CHECK(right != edits([](ExactStart& start) { ++start.last_seqno; }));
  CHECK(right != edits([](ExactStart& start) { start.memtables.back().pop_back(); }));
}

TEST_CASE("a start whose tables hold other records than their metas say is refused") {
  MemoryFileSystem disk;
  ManualClock clock;
  const auto db = open_at(disk, clock, inline_small());
  const WorkloadSpec spec = loaded(3'000, 1);
  EngineDriver(*db, spec).run([](const Progress&) {});
  StartOfExactRun start = exact_start_of(db->standing(), spec, {});
  start.tree.contents.erase(start.tree.contents.begin());
  CHECK_THROWS_AS(ExactRun(spec, {}, std::move(start)), std::logic_error);
}

TEST_CASE("a directory that was not closed starts as a writer would open it") {
  MemoryFileSystem disk;
  ManualClock clock;
  const Overrides options = inline_small();
  const auto db = open_at(disk, clock, options);
  EngineDriver(*db, loaded(3'000, 2'000)).run([](const Progress&) {});
  const auto killed = disk.kill_image(disk.operation_count());
  const WorkloadSpec spec = overwrites(3'000, 18'000);

  EventList simulated;
  {
    const auto look = open_at(*killed, clock, {}, true);
    const Standing standing = look->standing();
    CHECK(standing.unflushed_count > 0);
    REQUIRE(assumptions_of(standing).size() == 1);
    StartOfExactRun start = exact_start_of(standing, spec, {});
    ExactRun run(spec, compaction_options_of(look->options()), std::move(start));
    while (run.step()) {
    }
    simulated = run.log().events();
  }
  const auto writer = open_at(*killed, clock, options);
  const uint64_t opened = writer->events().back().number;
  EngineDriver(*writer, spec).run([](const Progress&) {});
  std::vector<Event> real = writer->events(opened);
  std::erase_if(real, [](const Event& event) { return event.added.empty(); });
  REQUIRE(real.size() > 30);
  REQUIRE(real.size() == simulated.size());
  for (size_t i = 0; i < real.size(); ++i) CHECK(difference_of(real[i], *simulated[i]) == "");
}

TEST_CASE("segments that go on from the tables' metas write what the engine goes on to write") {
  for (const char* layout : {"hybrid", "leveled", "lazy_leveled", "tiered"}) {
    for (const char* encoding : {"decimal", "hashed"}) {
      if (test::some_cases_do() && std::string(encoding) != "hashed") continue;
      CAPTURE(layout);
      CAPTURE(encoding);
      WorkloadSpec before = loaded(30'000, 60'000), after = overwrites(30'000, 150'000);
      if (std::string(encoding) == "hashed") before.encoding = after.encoding = HashedKeys{};
      MemoryFileSystem disk;
      ManualClock clock;
      Overrides options = inline_small();
      options.push_back({"layout", layout});
      const auto db = open_at(disk, clock, options);
      EngineDriver(*db, before).run([](const Progress&) {});
      const Counters forked = db->stats().counters;
      SegmentRun segments(after, compaction_options_of(db->options()),
                          segment_start_of(db->standing()));
      segments.tree().version().check_invariants();
      CHECK(segments.tree().version().weight() == db->tree().version.weight());
      EngineDriver(*db, after).run([](const Progress&) {});
      while (segments.step()) {
      }
      segments.tree().version().check_invariants();
      const double due = write_amp_weight(difference(db->stats().counters, forked));
      CHECK(write_amp_weight(segments.tree().counters()) == doctest::Approx(due).epsilon(0.03));
    }
  }
}

TEST_CASE("segments refuse keys that the workload's encoding makes of no number") {
  MemoryFileSystem disk;
  ManualClock clock;
  const auto db = open_at(disk, clock, inline_small());
  EngineDriver(*db, loaded(3'000, 1)).run([](const Progress&) {});
  WorkloadSpec other = overwrites(3'000, 1'000);
  other.encoding = BinaryKeys{8};
  CHECK_THROWS_AS(
      SegmentRun(other, compaction_options_of(db->options()), segment_start_of(db->standing())),
      NotSupported);
}
