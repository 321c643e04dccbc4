// Whole workloads beside the engine: hashed keys, queues, deletes, batches, and tables that go by
// age, for which both sides need the same clock.
#include <doctest/doctest.h>

#include <string>

#include "lsmkit/bytes/error.h"
#include "lsmkit/twin/engine_driver.h"
#include "lsmkit/twin/workload_twin.h"
#include "lsmkit/workload/named_workloads.h"

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

const TwinReport& run_to_end(WorkloadTwin& twin) {
  while (twin.step()) {
  }
  return twin.finish();
}

}  // namespace

TEST_CASE("V0, W4.2: named workloads make the same edits on both sides") {
  for (const WorkloadSpec& spec :
       {ycsb('a', 2'000, 12'000), queues(4, 500, 40'000), mixgraph("all_dist", 5'000, 30'000),
        db_bench("deleterandom", 20'000), bursts(4'000, 200'000, 20)}) {
    for (const char* layout : {"hybrid", "leveled"}) {
      CAPTURE(spec.name);
      WorkloadTwin twin(spec, small({{"layout", layout}}));
      const TwinReport& report = run_to_end(twin);
      CHECK(report.difference == "");
      CHECK(report.edits > 10);
      CHECK(report.edits == twin.log().events().size());
      CHECK(twin.driver().ops() > 0);
    }
  }
}

TEST_CASE("tables that go by age go at the same moment") {
  WorkloadSpec spec = workload_from_text(
      "key_count 20000\nphase run\nmix put=1\nkeys sequential\nrate constant per_s=1000\n"
      "end unit=ops after=60000");
  WorkloadTwin twin(spec,
                    small({{"layout", "fifo"}, {"fifo_bytes", "100000000"}, {"fifo_ttl_s", "8"}}));
  const TwinReport& report = run_to_end(twin);
  CHECK(report.difference == "");
  CHECK(report.edits > 100);
  CHECK(twin.twin().simulation().version().weight() < 4'000'000);
}

TEST_CASE("impossible options are refused before anything is written") {
  const WorkloadSpec spec = ycsb('a', 100, 100);
  CHECK_THROWS_AS(WorkloadTwin(spec, {{"memtable_bytes", "0"}}), InvalidArgument);
  CHECK_THROWS_AS(WorkloadTwin(spec, {{"no_such_option", "0"}}), InvalidArgument);
}

TEST_CASE("a workload on an open database does what it says") {
  MemoryFileSystem disk;
  OpenRequest request;
  request.path = "/db";
  request.environment.files = &disk;
  request.overrides = small();
  const auto db = Db::open(request);
  WorkloadSpec spec = ycsb('a', 1'000, 4'000);
  spec.phases[1].absent_share = 0.5;
  EngineDriver driver(*db, spec);
  uint64_t polls = 0;
  driver.run([&](const Progress& at) {
    ++polls;
    CHECK(at.total == 5'000);
  });
  const DrivenCounts& counts = driver.counts();
  const uint64_t gets = counts.ops_by_kind[static_cast<size_t>(OpKind::kGet)];
  CHECK(counts.ops == 5'000);
  CHECK(polls == counts.ops);
  CHECK(gets > 1'800);
  CHECK(counts.found > gets * 4 / 10);  // half of the gets are for keys that nobody put
  CHECK(counts.found < gets * 6 / 10);
  CHECK(db->stats().counters.puts == counts.ops - gets);

  EngineDriver scans(*db, ycsb('e', 1'000, 200));
  scans.run([](const Progress&) {});
  CHECK(scans.counts().scanned > 4'000);
}

TEST_CASE("an operation of a phase with a rate waits until it is due") {
  MemoryFileSystem disk;
  OpenRequest request;
  request.path = "/db";
  request.environment.files = &disk;
  request.overrides = small();
  const auto db = Db::open(request);
  const uint64_t begin_us = system_clock().now_us();
  EngineDriver driver(*db, workload_from_text("key_count 10\nphase run\nmix put=1\n"
                                              "rate constant per_s=1000\nend unit=ops after=50"));
  driver.run([](const Progress&) {});
  CHECK(system_clock().now_us() - begin_us >= 50'000);
}
