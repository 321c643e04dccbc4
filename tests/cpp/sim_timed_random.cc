// Timed runs of all sorts of workloads on all sorts of machines: each comes to its end, and nothing
// is lost on the way.
#include <doctest/doctest.h>

#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "lsmkit/bytes/error.h"
#include "lsmkit/numbers/random.h"
#include "lsmkit/sim/timed_exact.h"
#include "lsmkit/sim/timed_run.h"
#include "lsmkit/sim/timed_segment.h"
#include "support/run_count.h"

using namespace lsmkit;

namespace {

constexpr uint64_t kKeys = 3'000;
constexpr uint64_t kMostInserts = 60'000;

double between(Random& random, double least, double most) {
  return least + random.unit() * (most - least);
}

Phase random_phase(Random& random) {
  Phase phase;
  phase.mix[OpKind::kPut] = 1 + random.unit();
  if (random.below(3) == 0) phase.mix[OpKind::kDelete] = random.unit();
  if (random.below(3) == 0) phase.mix[OpKind::kGet] = 3 * random.unit();
  if (random.below(4) == 0) phase.mix[OpKind::kScan] = random.unit();
  if (random.below(4) == 0) phase.mix[OpKind::kReadModifyWrite] = random.unit();
  if (random.below(5) == 0) phase.mix[OpKind::kInsert] = random.unit();
  if (random.below(3) == 0) {
    phase.value_bytes = UniformSize{0, 600};
  } else {
    phase.value_bytes = ConstantSize{200};
  }
  if (random.below(3) == 0) phase.batch_ops = 1 + random.below(20);
  if (random.below(3) == 0) phase.synced_share = random.unit();
  phase.clients = 1 + random.below(5);
  const double ops = between(random, 500, 8'000);
  const double seconds = between(random, 0.5, 3);
  const uint64_t kind = random.below(4);
  if (kind == 0) phase.rate = ConstantRate{ops};
  if (kind == 1) phase.rate = SineRate{ops, ops * random.unit(), 1, random.unit()};
  if (kind == 2) phase.rate = BurstRate{ops * 3, ops / 10, 0.3, 0.3, 2, 0.5, 1, 0.1, ops, 0.4};
  if (kind == 3) phase.rate = ClosedLoop{};
  if (kind < 3 && random.below(3) == 0) phase.capacity = {ops * 0.9, random.below(2) == 0};
  const uint64_t end = random.below(3);
  if (end == 0) phase.end = {EndUnit::kOps, std::floor(ops * seconds)};
  if (end == 1) phase.end = {EndUnit::kBytes, std::floor(ops * seconds * 200)};
  // A closed loop takes all it can get.
  if (end == 2) phase.end = {EndUnit::kSeconds, kind == 3 ? 0.03 : seconds};
  if (kind < 3 && random.below(3) == 0) {
    phase.rate_unit = WorkUnit::kBytes;
    phase.capacity.per_s *= 200;
    if (kind == 0) phase.rate = ConstantRate{ops * 200};
    if (kind == 1) phase.rate = SineRate{ops * 200, ops * 100, 1, 0};
    if (kind == 2) phase.rate = BurstRate{ops * 600, ops * 20, 0.3, 0.3, 2, 0.5, 0, 1, 0, 0};
  }
  return phase;
}

CompactionOptions random_tree(Random& random) {
  CompactionOptions options;
  options.layout = static_cast<Layout>(random.below(5));
  options.memtable_weight = 16'000 + random.below(60'000);
  options.table_weight = 16'000 + random.below(60'000);
  options.base_weight = 100'000;
  options.fanout = 4;
  options.max_parts = 1 + static_cast<uint32_t>(random.below(3));
  options.fifo_weight = 400'000;
  return options;
}

TimedOptions random_machine(Random& random, const CompactionOptions& tree) {
  TimedOptions options;
  const std::vector<std::string_view> names = device_profile_names();
  options.device = device_profile(names[random.below(names.size())]);
  if (random.below(2) == 0)
    options.device = {"custom", 0, 0, between(random, 1e6, 20e6), 0, between(random, 0, 500)};
  options.cores = between(random, 0.5, 4);
  options.slots = 1 + static_cast<uint32_t>(random.below(4));
  options.flow = random.below(2) == 0 ? FlowRule::kSmooth : FlowRule::kRocksDb;
  options.rocksdb.soft_pending_weight = 1'000'000;
  options.rocksdb.hard_pending_weight = 4'000'000;
  options.memtable_room_bytes = tree.memtable_weight * (2 + random.below(8)) + random.below(9'000);
  if (random.below(3) == 0) options.background_bytes_per_s = 500'000 + random.below(9'000'000);
  options.has_log = random.below(4) != 0;
  options.sync_every_commits = static_cast<uint32_t>(random.below(3));
  options.sample_every_us = between(random, 100, 1e6);
  return options;
}

struct Case {
  WorkloadSpec spec;
  CompactionOptions tree;
  TimedOptions options;
};

Case random_case(uint64_t seed) {
  Random random(seed);
  Case out;
  out.spec.seed = seed;
  out.spec.key_count = kKeys;
  for (uint64_t n = 1 + random.below(3); n > 0; --n)
    out.spec.phases.push_back(random_phase(random));
  out.tree = random_tree(random);
  out.options = random_machine(random, out.tree);
  if (random.below(4) == 0) {
    out.options.overload = Overload::kStop;
    out.options.longest_wait_us = 2e5;
  }
  return out;
}

struct Met {
  uint64_t stalled = 0, overloaded = 0;
};

template <class Subject>
void check_to_the_end(Subject& subject, const TimedOptions& options, Met& met) {
  TimedRun<Subject> run(subject, options);
  double last_us = 0;
  for (uint64_t step = 0; run.step(); ++step) {
    REQUIRE(step < 2'000'000);
    REQUIRE(run.now_us() >= last_us);
    last_us = run.now_us();
    // Room holds but for the batch that filled it.
    const double held = double(subject.sealed_weight() + subject.memtable_weight());
    REQUIRE(held <= double(options.memtable_room_bytes) + 20 * 640);
  }
  INFO(run.why_ended());
  CHECK(run.why_ended().find("nothing can happen") == std::string::npos);
  const TimedSample end = run.sample();
  const Counters& counters = subject.tree().counters();
  const double put_bytes = double(counters.user_key_bytes + counters.user_value_bytes);
  CHECK(end.totals[Total::kAcceptedBytes] >= put_bytes * 0.97 - 20'000);
  CHECK(end.totals[Total::kAcceptedBytes] <= put_bytes * 1.03 + 20'000);
  CHECK(end.device_utilisation <= 1 + 1e-9);
  CHECK(end.totals[Total::kCoreUs] <= options.cores * run.now_us() * (1 + 1e-9));
  CHECK(end.totals[Total::kSlotUs] <= options.slots * run.now_us() * (1 + 1e-9));
  const double counted = run.waits().writes().count();
  CHECK(counted >= double(counters.puts + counters.deletes) * 0.99 - 25);
  CHECK(counted <= double(counters.puts + counters.deletes) * 1.01 + 25);
  if (end.totals.all_stall_us() > 0) ++met.stalled;
  if (run.why_ended().rfind("overload", 0) == 0) ++met.overloaded;
  subject.version().check_invariants();
}

}  // namespace

TEST_CASE("whatever the workload and the machine, a run ends and nothing is lost") {
  Met met;
  for (uint64_t seed = 1; seed <= test::run_count(100); ++seed) {
    CAPTURE(seed);
    const Case c = random_case(seed);
    TimedExactTree subject(c.spec, c.tree, kMostInserts);
    check_to_the_end(subject, c.options, met);
    subject.tree().check_contents();
  }
  if (test::run_count(100) < 100) return;  // too few to have met everything
  CHECK(met.stalled > 15);
  CHECK(met.overloaded > 3);
}

TEST_CASE("so it is with shares of keys, where they can be told") {
  Met met;
  uint64_t told = 0;
  for (uint64_t seed = 1; seed <= test::run_count(100); ++seed) {
    CAPTURE(seed);
    const Case c = random_case(seed);
    std::optional<TimedSegmentTree> subject;
    try {
      subject.emplace(c.spec, c.tree);
    } catch (const NotSupported&) {
      continue;
    }
    ++told;
    check_to_the_end(*subject, c.options, met);
  }
  if (test::run_count(100) < 100) return;
  CHECK(told > 20);
  CHECK(met.stalled > 5);
}
