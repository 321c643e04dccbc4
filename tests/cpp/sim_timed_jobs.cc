// Background work in time: what runs side by side, what it takes of the device, and what becomes of
// more than a device can do.
#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <set>
#include <string>
#include <vector>

#include "lsmkit/numbers/random.h"
#include "lsmkit/sim/timed_costs.h"
#include "lsmkit/sim/timed_exact.h"
#include "lsmkit/sim/timed_run.h"

using namespace lsmkit;

namespace {

constexpr double kSecond = 1e6;
constexpr uint64_t kMiB = 1 << 20;

WorkloadSpec puts(double bytes_per_s, double seconds, uint64_t keys, uint64_t value_bytes) {
  Phase phase;
  phase.mix[OpKind::kPut] = 1;
  phase.value_bytes = ConstantSize{value_bytes};
  phase.rate = ConstantRate{bytes_per_s};
  phase.rate_unit = WorkUnit::kBytes;
  phase.end = {EndUnit::kSeconds, seconds};
  WorkloadSpec spec;
  spec.key_count = keys;
  spec.phases = {phase};
  return spec;
}

CompactionOptions small_tree(Layout layout) {
  CompactionOptions options;
  options.layout = layout;
  options.memtable_weight = options.table_weight = kMiB;
  options.base_weight = 4 * kMiB;
  options.fanout = 7;
  return options;
}

TimedOptions machine(double transfer_bytes_per_s, uint32_t slots) {
  TimedOptions options;
  options.device = {"custom", 0, 0, transfer_bytes_per_s, 0, 100, 256 << 10};
  options.cores = 16;
  options.slots = slots;
  options.memtable_room_bytes = 7 * kMiB;
  return options;
}

double transferred(const TimedSample& sample) {
  return sample.totals[Total::kDeviceReadBytes] + sample.totals[Total::kDeviceWrittenBytes];
}

}  // namespace

// RollingStone's reservations left the device idle behind a job that did not use it yet, so that
// four slots did less than one. Here jobs that wait for each other are few (planner/postpone.cc):
// begun early, they would rewrite as much for less. RocksDB does not ask what its jobs wait for;
// its rule of delays is asked for from two slots on, where the trees are alike.
TEST_CASE("W4.8: a busy device does as much, and takes as much, with many slots as with few") {
  for (const Layout layout : {Layout::kLeveled, Layout::kHybrid}) {
    for (const FlowRule flow : {FlowRule::kSmooth, FlowRule::kRocksDb}) {
      double taken_with_fewer = 0;
      for (const uint32_t slots : {1, 2, 3, 4, 8}) {
        CAPTURE(slots);
        TimedOptions options = machine(100e6, slots);
        options.device.latency_us = 0;  // bandwidth alone is asked for
        options.flow = flow;
        options.rocksdb.soft_pending_weight = 64 * kMiB;
        options.rocksdb.hard_pending_weight = 256 * kMiB;
        CompactionOptions tree = small_tree(layout);
        tree.few_jobs_where_they_wait = flow == FlowRule::kSmooth;
        TimedExactTree subject(puts(60e6, 30, 60'000, 1'000), tree);
        TimedRun<TimedExactTree> run(subject, options);
        run.run();
        CHECK(transferred(run.sample()) > 0.98 * 100e6 * 30);
        if (slots == 1 && flow == FlowRule::kRocksDb) continue;
        const double taken = run.sample().totals[Total::kAcceptedBytes];
        CHECK(taken > 0.98 * taken_with_fewer);
        taken_with_fewer = std::max(taken, taken_with_fewer);
      }
    }
  }
}

TEST_CASE("where jobs wait for each other none is begun beside a compaction before L0 presses") {
  for (const bool few : {true, false}) {
    CompactionOptions tree = small_tree(Layout::kLeveled);
    tree.few_jobs_where_they_wait = few;
    TimedExactTree subject(puts(8e6, 30, 40'000, 1'000), tree);
    size_t beside = 0, beside_below_eight = 0;
    subject.tree().plan_by(
        [&](const Version& version, const PlanContext& context, const CompactionOptions& options) {
          auto plan = plan_compaction(version, context, options);
          if (!plan || !plan->rewrites() || context.in_flight.empty()) return plan;
          ++beside;
          if (version.level(0).runs.size() + context.sealed_memtables < 8) ++beside_below_eight;
          return plan;
        });
    TimedRun<TimedExactTree> run(subject, machine(60e6, 4));
    run.run_until(2 * kSecond);  // what jobs wait for is known by then
    beside = beside_below_eight = 0;
    run.run();
    CHECK(beside > 0);
    CHECK((beside_below_eight == 0) == few);
    subject.tree().check_contents();
  }
}

TEST_CASE("W4.8: levels are compacted side by side, L0 by one job at a time, within the slots") {
  TimedExactTree subject(puts(8e6, 30, 40'000, 1'000), small_tree(Layout::kLeveled));
  size_t most = 0, from_l0 = 0;
  std::set<uint32_t> beside;
  subject.tree().plan_by(
      [&](const Version& version, const PlanContext& context, const CompactionOptions& options) {
        auto plan = plan_compaction(version, context, options);
        if (!plan || !plan->rewrites()) return plan;
        std::set<uint32_t> levels{plan->output_level};
        size_t of_l0 = plan->inputs.front().level == 0 && plan->output_level > 0 ? 1 : 0;
        for (const JobInFlight& job : context.in_flight) {
          levels.insert(job.output_level);
          if (job.from_l0 && job.output_level > 0) ++of_l0;
        }
        most = std::max(most, context.in_flight.size() + 1);
        from_l0 = std::max(from_l0, of_l0);
        if (levels.size() > beside.size()) beside = levels;
        return plan;
      });
  TimedOptions computing = machine(60e6, 4);
  computing.cpu.record_us = 100;
  TimedRun<TimedExactTree> run(subject, computing);
  uint32_t most_jobs = 0;
  while (run.step()) most_jobs = std::max(most_jobs, run.sample().jobs);
  CHECK(most == 3);  // one slot is left to flushes
  CHECK(most_jobs <= 4);
  CHECK(beside.size() >= 2);
  CHECK(from_l0 == 1);
  subject.tree().check_contents();
}

TEST_CASE(
    "W4.10: 250 MB/s on a device of 500 MB/s: what it can't do waits, and L0 goes gradually") {
  TimedOptions options;
  options.device = {"custom", 0, 0, 500e6, 0, 100, 256 << 10};
  options.cores = 8;
  options.slots = 4;
  double taken_by_many = 0;
  for (const bool few : {false, true}) {
    CAPTURE(few);
    // Log and flush alone take what there is.
    CompactionOptions tree;
    tree.few_jobs_where_they_wait = few;
    TimedExactTree subject(puts(250e6, 40, 300'000, 4'000), tree);
    uint64_t heaviest = 0, most_inputs = 0, merges = 0;
    subject.tree().observe([&](const Event& event) {
      if (event.kind == EventKind::kCompaction) {
        ++merges;
        most_inputs = std::max<uint64_t>(most_inputs, event.removed.size());
      }
      for (const Rectangle& table : event.added)
        if (table.level == 0) heaviest = std::max(heaviest, table.weight);
    });
    TimedRun<TimedExactTree> run(subject, options);
    run.run();
    const TimedSample end = run.sample();
    CHECK(heaviest <= 65 * kMiB);
    CHECK(heaviest > 50 * kMiB);
    CHECK(merges > (few ? 2 : 10));  // few jobs wait until they are large
    CHECK(most_inputs < subject.version().table_count());
    CHECK(end.totals[Total::kOfferedWork] == doctest::Approx(10e9));
    const double taken = end.totals[Total::kAcceptedBytes];
    CHECK(taken < 8e9);
    CHECK(taken > 0.98 * taken_by_many);
    if (!few) taken_by_many = taken;
    CHECK(taken + end.waiting_work == doctest::Approx(10e9).epsilon(1e-6));
    CHECK(end.totals[Total::kCompactionReadBytes] > 1e9);
    CHECK(transferred(end) == doctest::Approx(500e6 * 40).epsilon(0.05));
    // It grows step by step, and not all at once.
    const std::vector<TimedSample>& series = run.series();
    for (size_t i = 1; i < series.size(); ++i)
      CHECK(series[i].tree_weight + 1'400 * kMiB > series[i - 1].tree_weight);
  }

  TimedExactTree slower(puts(25e6, 40, 300'000, 4'000), CompactionOptions{});
  TimedRun<TimedExactTree> calm(slower, options);
  calm.run();
  CHECK(calm.sample().totals.all_stall_us() == 0);
  CHECK(calm.sample().totals[Total::kAcceptedBytes] == doctest::Approx(1e9).epsilon(1e-4));
}

TEST_CASE("W4.5: reads take their part of the device, and wait for it") {
  const auto busy_with = [](double gets) {
    WorkloadSpec spec = puts(0, 10, 20'000, 1'000);
    Phase& phase = spec.phases.front();
    phase.mix[OpKind::kGet] = gets;
    phase.rate_unit = WorkUnit::kOps;
    phase.rate = ConstantRate{2'000 * (1 + gets)};
    TimedExactTree subject(spec, small_tree(Layout::kLeveled));
    TimedRun<TimedExactTree> run(subject, machine(100e6, 2));
    run.run();
    const LogHistogram& reads = run.waits().reads();
    CHECK(reads.count() == doctest::Approx(2'000 * 10 * gets).epsilon(0.02));
    if (gets > 0) CHECK(reads.quantile(0.5) > 100);  // at least what the device takes for one
    const TimedSample end = run.sample();
    CHECK(end.totals[Total::kDeviceReadBytes] - end.totals[Total::kCompactionReadBytes] ==
          doctest::Approx(2'000 * 10 * gets * 4'096).epsilon(0.02));
    return end.totals[Total::kDeviceBusyUs] / (10 * kSecond);
  };
  const double alone = busy_with(0), some = busy_with(2), many = busy_with(8);
  CHECK(some == doctest::Approx(alone + 2'000 * 2 * 4'096 / 100e6).epsilon(0.05));
  CHECK(many > some + 0.2);
}

TEST_CASE("the log is written behind the writers' backs, up to a bound") {
  // No memtable is ever full, so the log has the device to itself.
  CompactionOptions tree = small_tree(Layout::kLeveled);
  tree.memtable_weight = 1'000 * kMiB;
  TimedOptions options = machine(10e6, 2);
  options.memtable_room_bytes = 4'000 * kMiB;
  options.log_bytes_per_commit = 0;
  TimedExactTree subject(puts(20e6, 2, 20'000, 1'000), tree);
  TimedRun<TimedExactTree> run(subject, options);
  // 10 MB/s are not written at once; after 250 ms they are as much as 250 ms of the device.
  run.run_until(0.2 * kSecond);
  CHECK(run.sample().log_waiting_bytes == doctest::Approx(0.2 * 10e6));
  CHECK(run.sample().waiting_work == doctest::Approx(0));
  run.run_until(1.25 * kSecond);
  CHECK(run.sample().log_waiting_bytes == doctest::Approx(2.5e6));
  CHECK(run.sample().waiting_work == doctest::Approx(10e6));  // for a second
  CHECK(run.sample().totals[Total::kAcceptedBytes] == doctest::Approx(15e6));
  run.set_rate(ConstantRate{1});
  run.run_until(2 * kSecond);
  CHECK(run.sample().totals[Total::kDeviceWrittenBytes] == doctest::Approx(20e6));
}

TEST_CASE("what is too fast for flushes settles half-way to where writes stop") {
  // Nothing is merged, so memtables alone fill up; half-way is three quarters of their room.
  CompactionOptions tree = small_tree(Layout::kFifo);
  tree.fifo_weight = 40 * kMiB;
  TimedOptions options = machine(4e6, 2);
  options.has_log = false;
  options.memtable_room_bytes = 40 * kMiB;
  TimedExactTree subject(puts(6e6, 60, 20'000, 1'000), tree);
  TimedRun<TimedExactTree> run(subject, options);
  double held = 0, count = 0;
  for (double us = 30 * kSecond; us < 60 * kSecond; us += 0.1 * kSecond, ++count) {
    run.run_until(us);
    held += double(subject.sealed_weight()) + run.sample().memtable_weight;
  }
  CHECK(held / count == doctest::Approx(0.75 * 40 * kMiB).epsilon(0.03));
  CHECK(run.sample().cause == StallCause::kMemtables);
  CHECK(!run.sample().is_stopped);
}

TEST_CASE("seals and stops are told as they come") {
  TimedOptions options = machine(30e6, 2);
  options.flow = FlowRule::kRocksDb;
  options.has_log = false;  // so that memtables fill faster than they are flushed
  TimedExactTree subject(puts(60e6, 10, 20'000, 1'000), small_tree(Layout::kLeveled));
  TimedRun<TimedExactTree> run(subject, options);
  uint64_t seals = 0, stops = 0, last_us = 0;
  double stopped_us = 0;
  bool is_stopped = false;
  run.observe([&](const Event& event) {
    CHECK(event.time_us >= last_us);
    last_us = event.time_us;
    if (event.kind == EventKind::kSeal) return void(++seals);
    CHECK(is_stopped == (event.kind == EventKind::kStallEnd));
    is_stopped = !is_stopped;
    if (is_stopped) ++stops;
    if (is_stopped) CHECK(event.text == "memtables");
    stopped_us += double(event.duration_us);
  });
  run.run();
  CHECK(seals == subject.tree().counters().flush_count + subject.sealed_count());
  CHECK(stops > 10);
  // A stop may go on for another reason than it began for; delays are stalls, too, but no stops.
  const Totals totals = run.sample().totals;
  CHECK(stopped_us <= totals.all_stall_us() + double(stops));
  if (!is_stopped) CHECK(stopped_us >= totals.stall_us(StallCause::kMemtables) - double(stops));
}

TEST_CASE(
    "a job's parts are so many threads, as far as there are slots; what is moved is not read") {
  TimedOptions options = machine(100e6, 2);
  options.cpu.record_us = 1;
  options.cpu.written_byte_us = 0;
  options.cpu.compressed_byte_us = 0.5;
  JobCost cost;
  cost.read_bytes = 4'000;
  cost.written_bytes = cost.written_weight = 3'000;
  cost.written_tables = 1;
  cost.in_records = 500;
  cost.parts = 3;
  cost.output_level = 1;
  JobLoad load = load_of(cost, options);
  CHECK(load.stream.per_unit[Resource::kCpu] == 500);
  CHECK(load.stream.per_unit[Resource::kTransfer] == 7'000);
  CHECK(load.stream.shares == 2);
  CHECK(load.stream.most_per_us == 2.0 / 500);
  CHECK(load.sync_us == 800);  // directory, MANIFEST, and six for the table
  cost.output_level = 2;       // from here on tables are compressed
  CHECK(load_of(cost, options).stream.per_unit[Resource::kCpu] == 2'000);
  CHECK(load.transfers);
  CHECK(!load_of({}, options).transfers);
  CHECK(load_of({}, options).sync_us == 100);
}

TEST_CASE("a job reads and writes in turn") {
  TimedOptions options = machine(0, 2);
  options.device.read_bytes_per_s = 4e6;
  options.device.write_bytes_per_s = 2e6;
  JobCost cost;
  cost.read_bytes = 4'000;     // a millisecond
  cost.written_bytes = 3'000;  // one and a half
  CHECK(load_of(cost, options).stream.most_per_us == doctest::Approx(1.0 / 2'500));
  // Beside a flush it has the device to write to for three fifths of the time.
  CHECK(load_of(cost, options).stream.shares == doctest::Approx(0.6));
  cost.parts = 2;
  CHECK(load_of(cost, options).stream.most_per_us == doctest::Approx(2.0 / 2'500));
  cost.in_records = 100'000;
  options.cpu.record_us = 0.1;
  CHECK(load_of(cost, options).stream.most_per_us == doctest::Approx(2.0 / 10'000));
}

TEST_CASE("a seed gives the same run on every machine") {
  TimedOptions options = machine(50e6, 3);
  options.sample_every_us = 5e4;
  WorkloadSpec spec = puts(12e6, 8, 20'000, 1'000);
  spec.phases.front().rate = BurstRate{20e6, 2e6, 0.4, 0.5, 3, 0.5, 0.5, 0.2, 9e6, 0.5};
  TimedExactTree subject(spec, small_tree(Layout::kHybrid));
  TimedRun<TimedExactTree> run(subject, options);
  run.run();
  uint64_t hash = 0;
  const auto add = [&](double value) {
    uint64_t state = hash ^ std::bit_cast<uint64_t>(value);
    hash = splitmix64(state);
  };
  for (const TimedSample& sample : run.series()) {
    for (size_t t = 0; t < kPlainTotals; ++t) add(sample.totals[static_cast<Total>(t)]);
    add(sample.waiting_work);
    add(static_cast<double>(sample.tree_weight));
  }
  for (const double share : {0.5, 0.9, 0.99, 0.999, 1.0}) add(run.waits().writes().quantile(share));
  CHECK(hash == 5078502630066647470u);
}
