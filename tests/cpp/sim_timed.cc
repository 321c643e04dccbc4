// Runs in time: nothing is lost or made up, what could not stall does not, how fast one looks
// changes nothing, and waiting times are those of a queue that is gone through write by write.
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "lsmkit/bytes/error.h"
#include "lsmkit/sim/timed_exact.h"
#include "lsmkit/sim/timed_run.h"
#include "support/operation_queue.h"
#include "support/run_count.h"

using namespace lsmkit;
using namespace lsmkit::test;

namespace {

constexpr double kSecond = 1e6;
constexpr uint64_t kMiB = 1 << 20;

Phase puts(const RateChoice& rate, double seconds, uint64_t value_bytes = 1000) {
  Phase phase;
  phase.mix[OpKind::kPut] = 1;
  phase.value_bytes = ConstantSize{value_bytes};
  phase.rate = rate;
  phase.end = {EndUnit::kSeconds, seconds};
  return phase;
}

Phase bytes_per_s(double rate, double seconds) {
  Phase phase = puts(ConstantRate{rate}, seconds);
  phase.rate_unit = WorkUnit::kBytes;
  return phase;
}

WorkloadSpec workload(std::vector<Phase> phases, uint64_t key_count = 30'000) {
  WorkloadSpec spec;
  spec.key_count = key_count;
  spec.phases = std::move(phases);
  return spec;
}

CompactionOptions small_tree(Layout layout = Layout::kLeveled) {
  CompactionOptions options;
  options.layout = layout;
  options.memtable_weight = options.table_weight = kMiB;
  options.base_weight = 4 * kMiB;
  return options;
}

TimedOptions machine(double transfer_bytes_per_s, FlowRule flow = FlowRule::kSmooth) {
  TimedOptions options;
  options.device = {"custom", 0, 0, transfer_bytes_per_s, 0, 100, 256 << 10};
  options.cores = 8;
  options.flow = flow;
  options.rocksdb.soft_pending_weight = 40 * kMiB;
  options.rocksdb.hard_pending_weight = 160 * kMiB;
  options.memtable_room_bytes = 6 * kMiB;
  return options;
}

struct Ran {
  Ran(const WorkloadSpec& spec, const CompactionOptions& options, const TimedOptions& timed,
      uint64_t most_inserts = 0)
      : subject(spec, options, most_inserts), run(subject, timed) {}
  Ran& to_end() {
    run.run();
    return *this;
  }
  double total(Total t) const { return run.sample().totals[t]; }
  double stall_s() const { return run.sample().totals.all_stall_us() / kSecond; }

  TimedExactTree subject;
  TimedRun<TimedExactTree> run;
};

}  // namespace

TEST_CASE("what comes is rate x time, and all of it is done or waits") {
  for (const double device : {40e6, 1e9}) {
    Ran ran(workload({bytes_per_s(20e6, 20)}), small_tree(), machine(device));
    ran.to_end();
    CHECK(ran.run.why_ended() == "the workload's time is over");
    CHECK(ran.run.now_us() == 20 * kSecond);
    CHECK(ran.total(Total::kOfferedWork) == doctest::Approx(20e6 * 20).epsilon(1e-9));
    // Of an operation that has begun, nothing is counted: at most one.
    const double missing = ran.total(Total::kOfferedWork) - ran.total(Total::kAcceptedBytes) -
                           ran.run.sample().waiting_work;
    CHECK(std::abs(missing) < 1'016);
    const Counters& counters = ran.subject.tree().counters();
    CHECK(ran.total(Total::kAcceptedOps) == double(counters.puts));
    CHECK(ran.total(Total::kAcceptedBytes) ==
          double(counters.user_key_bytes + counters.user_value_bytes));
    CHECK(ran.run.waits().writes().count() == doctest::Approx(double(counters.puts)).epsilon(1e-4));
    ran.subject.tree().check_contents();
    ran.subject.tree().version().check_invariants();
  }
}

TEST_CASE("what jobs write is what the tree counts, and the device does not do more than it can") {
  Ran ran(workload({bytes_per_s(30e6, 20)}), small_tree(), machine(60e6));
  ran.to_end();
  const Counters& counters = ran.subject.tree().counters();
  // Jobs that are not finished at the end have written a part of their output.
  const double unfinished = 40.0 * kMiB;
  CHECK(ran.total(Total::kFlushWrittenBytes) >= double(counters.flush_file_bytes) * 0.999999);
  CHECK(ran.total(Total::kFlushWrittenBytes) <= double(counters.flush_file_bytes) + 2.0 * kMiB);
  CHECK(ran.total(Total::kCompactionWrittenBytes) >=
        double(counters.compaction_written_file_bytes) * 0.999999);
  CHECK(ran.total(Total::kCompactionWrittenBytes) <=
        double(counters.compaction_written_file_bytes) + unfinished);
  const double transferred =
      ran.total(Total::kDeviceReadBytes) + ran.total(Total::kDeviceWrittenBytes);
  CHECK(transferred <= 60e6 * 20 * (1 + 1e-9));
  CHECK(transferred == doctest::Approx(ran.total(Total::kDeviceBusyUs) * 60).epsilon(1e-9));
  CHECK(transferred ==
        doctest::Approx(ran.total(Total::kLogBytes) - ran.run.sample().log_waiting_bytes +
                        ran.total(Total::kFlushWrittenBytes) +
                        ran.total(Total::kCompactionReadBytes) +
                        ran.total(Total::kCompactionWrittenBytes))
            .epsilon(1e-9));
}

TEST_CASE("a flush by itself takes as long as its bytes, and a second one shares") {
  // 1 MiB at 10 MB/s, one core: no log, no syncs.
  TimedOptions options = machine(10e6);
  options.has_log = false;
  options.device.latency_us = 0;
  options.cpu.record_us = options.cpu.written_byte_us = 0;
  Ran ran(workload({bytes_per_s(1e6, 30)}), small_tree(), options);
  std::vector<Event> flushes;
  ran.subject.tree().observe([&](const Event& event) {
    if (event.kind == EventKind::kFlush) flushes.push_back(event);
  });
  ran.run.run_until(4 * kSecond);
  REQUIRE(flushes.size() >= 2);
  for (const Event& event : flushes)
    CHECK(double(event.duration_us) ==
          doctest::Approx(double(event.written_bytes) / 10).epsilon(1e-4));
}

TEST_CASE("W4.14: nothing stalls where the device is fast, and each write takes what it costs") {
  for (const FlowRule flow : {FlowRule::kSmooth, FlowRule::kRocksDb}) {
    TimedOptions options = machine(20e9, flow);
    options.cores = 64;
    options.slots = 4;
    Ran ran(workload({bytes_per_s(5e6, 30)}), small_tree(), options);
    ran.to_end();
    CHECK(ran.stall_s() == 0);
    CHECK(ran.run.sample().waiting_work < 1'016);
    CHECK(ran.run.waits().writes().max() < 1);
    CHECK(ran.total(Total::kDeviceBusyUs) / (30 * kSecond) < 0.01);
  }
}

TEST_CASE("looking often changes nothing, and a seed gives the same run") {
  const Phase bursts = [] {
    Phase phase = puts(BurstRate{30'000, 2'000, 0.4, 0.5, 3, 1, 0.5, 0.2, 20'000, 0.5}, 12);
    return phase;
  }();
  const auto spec =
      workload({bursts, puts(ClosedLoop{}, 3), puts(SineRate{9'000, 9'000, 2, 0}, 5)});
  TimedOptions options = machine(60e6);
  options.sample_every_us = 10'000;
  Ran once(spec, small_tree(), options);
  once.run.run_until(19.5 * kSecond);
  Ran often(spec, small_tree(), options);
  double sum = 0;
  for (double us = 0; us < 19.5 * kSecond; us += 1'777.7) {
    often.run.run_until(us);
    sum += often.run.sample().waiting_ops;
  }
  often.run.run_until(19.5 * kSecond);
  CHECK(sum > 0);
  CHECK(once.run.event_count() == often.run.event_count());
  CHECK(once.run.series() == often.run.series());
  CHECK(once.run.sample() == often.run.sample());
  CHECK(once.run.waits().writes() == often.run.waits().writes());
  CHECK(once.subject.tree().counters() == often.subject.tree().counters());

  once.to_end();
  often.to_end();
  CHECK(once.run.sample() == often.run.sample());
  auto other = spec;
  other.seed = 2;
  CHECK(Ran(other, small_tree(), options).to_end().run.series() != once.run.series());
}

// ---- Waiting times.

namespace {

void check_waits(const std::string& name, Phase phase, FlowRule rule, double least_stalled = 0.2) {
  CAPTURE(name);
  phase.end.after *= test::times_as_long();
  TimedOptions options = machine(60e6, rule);
  options.has_log = false;  // so that writes are held up by flow control alone
  Ran ran(workload({phase}, 50'000), small_tree(), options);
  std::vector<FlowAt> flow;
  uint64_t written = 0;
  const auto note = [&] {
    const TimedSample now = ran.run.sample();
    const uint64_t puts = ran.subject.tree().counters().puts;
    flow.push_back(
        {ran.run.now_us(), puts == written ? 0 : puts, now.delay_us_per_byte, now.is_stopped});
    written = puts;
  };
  note();
  while (ran.run.step()) note();
  CHECK(std::any_of(flow.begin(), flow.end(), [](const FlowAt& at) { return at.us_per_byte > 0; }));

  const uint64_t weight = 16 + std::get<ConstantSize>(phase.value_bytes).size + 8;
  OperationQueue queue(flow, weight, options.cpu.put_us, rule == FlowRule::kRocksDb);
  const double end_us = phase.end.after * kSecond;
  std::vector<double> waits;
  if (const auto* open = std::get_if<ConstantRate>(&phase.rate)) {
    waits = queue.open_loop(open->per_s / 1e6, end_us);
  } else {
    waits = queue.closed_loop(int(phase.clients), end_us);
  }
  std::sort(waits.begin(), waits.end());
  const LogHistogram& histogram = ran.run.waits().writes();
  CHECK(ran.stall_s() >= least_stalled * phase.end.after);
  CHECK(histogram.count() == doctest::Approx(double(waits.size())).epsilon(0.001));
  for (const double share : {0.5, 0.99, 0.999}) {
    CAPTURE(share);
    const double one_by_one = waits[size_t(share * double(waits.size()))];
    CHECK(histogram.quantile(share) == doctest::Approx(one_by_one).epsilon(0.1));
  }
  if (test::times_as_long() > 1)
    MESSAGE(waits.size() << " writes, " << ran.stall_s() << " s stalled");
}

Phase clients(uint64_t count, double seconds, uint64_t value_bytes = 1000) {
  Phase phase = puts(ClosedLoop{}, seconds, value_bytes);
  phase.clients = count;
  return phase;
}

}  // namespace

// With LSMKIT_TIMES_AS_LONG=30 of ten million writes each.
TEST_CASE("W4.14: waiting times are those of a queue gone through write by write") {
  // Slower than what the delays let through, which there are.
  check_waits("open loop, not too fast", puts(ConstantRate{6'000}, 60), FlowRule::kSmooth, 0);
  check_waits("open loop, now and then too fast", puts(ConstantRate{7'000}, 60), FlowRule::kSmooth);
  check_waits("open loop, stopped now and then", puts(ConstantRate{5'000}, 60), FlowRule::kRocksDb,
              0.05);
  check_waits("open loop", puts(ConstantRate{10'000}, 60), FlowRule::kSmooth);
  check_waits("open loop, far too fast", puts(ConstantRate{20'000}, 30), FlowRule::kSmooth);
  check_waits("open loop, RocksDB's rule", puts(ConstantRate{15'000}, 60), FlowRule::kRocksDb);
  check_waits("one client", clients(1, 60), FlowRule::kSmooth);
  check_waits("one client, small values", clients(1, 10, 100), FlowRule::kSmooth);
  check_waits("four clients", clients(4, 60), FlowRule::kSmooth);
  check_waits("thirty-two clients", clients(32, 60), FlowRule::kSmooth);
  check_waits("one client, RocksDB's rule", clients(1, 60), FlowRule::kRocksDb);
}

TEST_CASE("a delay is as the engine's rule has it, by the rates at which jobs went") {
  TimedFlow flow(FlowRule::kSmooth, {}, small_tree());
  const Pressure full{8, 4, 12};  // half-way: what drains is let through
  CHECK(flow.delay(full, 1'024, 1).us_per_byte == 1e6 / kAssumedDrainBytesPerS);
  flow.flushed(4'000'000, 1'000'000);
  CHECK(flow.delay(full, 1'024, 1).us_per_byte == doctest::Approx(0.25));
  flow.flushed(2'000'000, 1'000'000);  // 3 MB/s on average
  CHECK(flow.delay(full, 1'024, 1).us_per_byte == doctest::Approx(1.0 / 3));
  CHECK(flow.delay(full, 1'024, 1).cause == StallCause::kMemtables);
  CHECK(flow.delay(full, 1'024, 1).pause_us == doctest::Approx(1'024.0 / 3));
  CHECK(flow.delay(full, 100, 1).pause_us == doctest::Approx(1'100.0 / 3));
  CHECK(flow.delay({4, 4, 12}, 1'024, 1).us_per_byte == 0);
  // No writer pauses longer than 5 ms, so eight of them write eight pieces in that.
  const Pressure overfull{12, 4, 12};
  CHECK(flow.delay(overfull, 1'024, 8).us_per_byte == doctest::Approx(5'000.0 / (8 * 1'024)));
}

// ---- Overload.

TEST_CASE("overload waits or stops, and how long writes stall costs no time") {
  TimedOptions options = machine(100e6);
  uint64_t events_at_twice = 0;
  for (const double factor : {2.0, 50.0}) {
    // About 15 MB/s is what that device can do.
    Ran ran(workload({bytes_per_s(15e6 * factor, 20)}), small_tree(), options);
    ran.to_end();
    CHECK(ran.run.now_us() == 20 * kSecond);
    CHECK(ran.stall_s() > 5);
    CHECK(ran.run.sample().oldest_wait_us > 5 * kSecond);
    if (factor == 2.0) events_at_twice = ran.run.event_count();
    if (factor > 2) CHECK(double(ran.run.event_count()) < 1.2 * double(events_at_twice));
  }
  options.overload = Overload::kStop;
  options.longest_wait_us = 3 * kSecond;
  Ran stops(workload({bytes_per_s(60e6, 20)}), small_tree(), options);
  stops.to_end();
  INFO(stops.run.why_ended());
  CHECK(stops.run.why_ended().rfind("overload: after ", 0) == 0);
  CHECK(stops.run.why_ended().find("has waited for 3.") != std::string::npos);
  CHECK(stops.run.now_us() < 20 * kSecond);
  CHECK(!stops.run.step());
}

TEST_CASE("a closed loop is as fast as what it waits for") {
  // No log and a fast device: commits one after the other.
  TimedOptions options = machine(100e9);
  options.has_log = false;
  options.cores = 64;
  options.slots = 8;
  options.memtable_room_bytes = 100 * kMiB;
  options.device.latency_us = 0;
  options.cpu.record_us = options.cpu.written_byte_us = 0;
  for (const uint64_t count : {1, 8}) {
    Phase phase = clients(count, 0.5);
    Ran ran(workload({phase}), small_tree(), options);
    ran.to_end();
    CHECK(ran.total(Total::kAcceptedOps) == doctest::Approx(0.5e6 / 0.65).epsilon(1e-3));
    CHECK(ran.run.waits().writes().quantile(0.5) ==
          doctest::Approx(0.65 * double(count)).epsilon(0.03));
  }
  // Each commit synced, 100 us each: one client makes 1 / 100.65 of them a microsecond.
  options.has_log = true;
  options.device.latency_us = 100;
  options.sync_every_commits = 1;
  Ran synced(workload({clients(1, 2)}), small_tree(), options);
  synced.to_end();
  CHECK(synced.total(Total::kAcceptedOps) == doctest::Approx(2e6 / 100.65).epsilon(1e-3));
  CHECK(synced.run.waits().writes().quantile(0.5) == doctest::Approx(100.65).epsilon(0.03));
}

TEST_CASE("a phase begins when the one before it is over; what waits is done first") {
  Phase fast = puts(ConstantRate{100'000}, 2);
  Phase counted = puts(ConstantRate{1'000}, 0);
  counted.end = {EndUnit::kOps, 5'000};
  Phase done = clients(2, 0);
  done.end = {EndUnit::kOps, 1'234};
  Ran ran(workload({fast, counted, done}), small_tree(), machine(100e6));
  ran.to_end();
  CHECK(ran.run.why_ended() == "the workload is done");
  CHECK(ran.subject.tree().counters().puts == 200'000 + 5'000 + 1'234);
  CHECK(ran.total(Total::kOfferedWork) == doctest::Approx(200'000 + 5'000));
  CHECK(ran.run.now_us() > 7 * kSecond);
}

TEST_CASE("a limit drops what comes above it, or lets it wait") {
  Phase limited = puts(ConstantRate{10'000}, 5);
  limited.capacity = {4'000, false};
  Ran drops(workload({limited}), small_tree(), machine(1e9));
  drops.to_end();
  CHECK(drops.total(Total::kAcceptedOps) == doctest::Approx(20'000).epsilon(1e-4));
  CHECK(drops.total(Total::kDroppedWork) == doctest::Approx(30'000));
  limited.capacity.queues = true;
  Ran waits(workload({limited}), small_tree(), machine(1e9));
  waits.to_end();
  CHECK(waits.total(Total::kAcceptedOps) == doctest::Approx(20'000).epsilon(1e-4));
  CHECK(waits.run.sample().waiting_work == doctest::Approx(30'000).epsilon(1e-4));
}

TEST_CASE("a rate can be set while it runs, and a run with the same settings repeats it") {
  const auto live = [] {
    Ran ran(workload({puts(ConstantRate{1'000}, 10)}), small_tree(), machine(1e9));
    ran.run.run_until(3.3 * kSecond);
    ran.run.set_rate(ConstantRate{5'000});
    ran.run.run_until(5.1 * kSecond);
    ran.run.set_rate(ConstantRate{0.5});
    ran.to_end();
    return std::pair(ran.run.sample(), ran.run.series());
  };
  const auto [sample, series] = live();
  CHECK(sample.totals[Total::kOfferedWork] ==
        doctest::Approx(3.3 * 1'000 + 1.8 * 5'000 + 4.9 * 0.5));
  CHECK(sample.totals[Total::kAcceptedOps] == 12'302);
  CHECK(live() == std::pair(sample, series));
  Ran closed(workload({clients(1, 1)}), small_tree(), machine(1e9));
  CHECK_THROWS_AS(closed.run.set_rate(ConstantRate{1}), InvalidArgument);
}

TEST_CASE("a device can be set while it runs: what is under way goes on at its speed") {
  // Twice what the slow device sustains is put for 10 s.
  const auto accepted = [](std::vector<std::pair<double, double>> speeds) {
    Ran ran(workload({bytes_per_s(8e6, 20)}), small_tree(), machine(1e6));
    for (const auto& [seconds, bytes_per_s] : speeds) {
      ran.run.run_until(seconds * kSecond);
      ran.run.set_device(machine(bytes_per_s).device);
    }
    ran.run.run_until(20 * kSecond);
    const TimedSample at_end = ran.run.sample();
    return std::pair(at_end.totals[Total::kAcceptedBytes], ran.run.series());
  };
  const auto slow = accepted({});
  const auto fast = accepted({{0, 1e9}});
  CHECK(fast.first == doctest::Approx(8e6 * 20).epsilon(0.02));
  CHECK(slow.first < 0.3 * fast.first);
  const auto late = accepted({{10, 1e9}});
  CHECK(late.first > 0.9 * fast.first);
  const auto worse = accepted({{0, 1e9}, {10, 1e6}});
  CHECK(worse.first < 0.8 * fast.first);
  CHECK(worse.first > slow.first);
  // The same device again changes nothing but how the sums are rounded; the same changes repeat.
  const auto same = accepted({{3.3, 1e6}, {7.7, 1e6}});
  CHECK(same.first == doctest::Approx(slow.first).epsilon(1e-6));
  CHECK(accepted({{0, 1e9}, {10, 1e6}}) == worse);
  Ran ran(workload({puts(ConstantRate{1'000}, 10)}), small_tree(), machine(1e9));
  Device wrong;
  wrong.latency_us = -1;
  CHECK_THROWS_AS(ran.run.set_device(wrong), InvalidArgument);
}

TEST_CASE("background writes keep within their limit, flushes first") {
  TimedOptions options = machine(1e9);
  options.background_bytes_per_s = 30'000'000;
  Ran ran(workload({bytes_per_s(10e6, 20)}), small_tree(), options);
  ran.to_end();
  const double written =
      ran.total(Total::kFlushWrittenBytes) + ran.total(Total::kCompactionWrittenBytes);
  CHECK(written <= 30e6 * 20 * (1 + 1e-6));
  CHECK(written > 25e6 * 20);
  CHECK(ran.run.sample().sealed_memtables <= 1);
}

TEST_CASE("what can't be run is refused in words") {
  const CompactionOptions tree = small_tree();
  const WorkloadSpec spec = workload({puts(ConstantRate{100}, 1)});
  TimedExactTree subject(spec, tree);
  TimedOptions options = machine(1e6);
  options.memtable_room_bytes = kMiB;
  CHECK_THROWS_WITH_AS((TimedRun<TimedExactTree>(subject, options)),
                       "memtable_room_bytes must hold two memtables, one that is written and one "
                       "that is flushed: at least 2097152",
                       InvalidArgument);
  options = machine(-1);
  CHECK_THROWS_AS((TimedRun<TimedExactTree>(subject, options)), InvalidArgument);

  Phase inserts = puts(ConstantRate{100}, 10);
  inserts.mix = {};
  inserts.mix[OpKind::kInsert] = 1;
  Ran grows(workload({inserts}), tree, machine(1e9), 1'100);
  CHECK_NOTHROW(grows.to_end());
  CHECK_THROWS_WITH_AS(Ran(workload({inserts}), tree, machine(1e9), 10).to_end(),
                       "the workload adds a key beyond the 30010 that there is room for; raise "
                       "most_inserts",
                       InvalidArgument);

  Phase reads = bytes_per_s(100, 1);
  reads.mix = {};
  reads.mix[OpKind::kGet] = 1;
  CHECK_THROWS_AS(Ran(workload({reads}), tree, machine(1e9)).to_end(), InvalidArgument);
}
