// Shares of keys in time: what records do beside them, on the same machine; what is drawn adds up;
// and how one looks changes nothing.
#include <doctest/doctest.h>

#include <cmath>
#include <string>

#include "lsmkit/bytes/error.h"
#include "lsmkit/sim/timed_exact.h"
#include "lsmkit/sim/timed_run.h"
#include "lsmkit/sim/timed_segment.h"

using namespace lsmkit;

namespace {

constexpr uint64_t kMiB = 1 << 20;
constexpr uint64_t kKeys = 40'000;

WorkloadSpec puts(const RateChoice& rate, double bytes, double put_share = 1) {
  Phase phase;
  phase.mix[OpKind::kPut] = put_share;
  phase.mix[OpKind::kGet] = 1 - put_share;
  phase.value_bytes = ConstantSize{400};
  phase.rate = rate;
  phase.rate_unit = std::holds_alternative<ClosedLoop>(rate) ? WorkUnit::kOps : WorkUnit::kBytes;
  phase.end = {EndUnit::kBytes, bytes};
  WorkloadSpec spec;
  spec.key_count = kKeys;
  spec.phases = {phase};
  return spec;
}

CompactionOptions small_tree(Layout layout) {
  CompactionOptions options;
  options.layout = layout;
  options.memtable_weight = options.table_weight = kMiB / 4;
  options.base_weight = kMiB;
  options.fanout = 5;
  return options;
}

TimedOptions machine(double transfer_bytes_per_s) {
  TimedOptions options;
  options.device = {"custom", 0, 0, transfer_bytes_per_s, 0, 100, 256 << 10};
  options.memtable_room_bytes = 4 * kMiB;
  options.sample_every_us = 1e5;
  return options;
}

struct Told {
  double seconds, bytes, stall_share, p50, p99, write_weight;
};

template <class Subject>
Told told(const WorkloadSpec& spec, const CompactionOptions& tree, const TimedOptions& options) {
  Subject subject(spec, tree);
  TimedRun<Subject> run(subject, options);
  run.run();
  const Totals totals = run.sample().totals;
  const Counters& counters = subject.tree().counters();
  const LogHistogram& writes = run.waits().writes();
  return {run.now_us() / 1e6,
          totals[Total::kAcceptedBytes],
          totals.all_stall_us() / run.now_us(),
          writes.quantile(0.5),
          writes.quantile(0.99),
          double(counters.flush_weight + counters.compaction_written_weight)};
}

}  // namespace

TEST_CASE("beside records: as much done, stalled as long, and writes wait as long") {
  for (const Layout layout : {Layout::kLeveled, Layout::kHybrid}) {
    for (const double device : {20e6, 40e6, 100e6}) {
      CAPTURE(int(layout));
      CAPTURE(device);
      const WorkloadSpec spec = puts(ConstantRate{5e6}, 150e6);
      const Told exact = told<TimedExactTree>(spec, small_tree(layout), machine(device));
      const Told segment = told<TimedSegmentTree>(spec, small_tree(layout), machine(device));
      CHECK(segment.bytes == doctest::Approx(exact.bytes).epsilon(0.001));
      CHECK(segment.seconds == doctest::Approx(exact.seconds).epsilon(0.05));
      CHECK(std::abs(segment.stall_share - exact.stall_share) < 0.03);
      CHECK(segment.write_weight == doctest::Approx(exact.write_weight).epsilon(0.05));
      CHECK(segment.p50 == doctest::Approx(exact.p50).epsilon(0.15));
      CHECK(segment.p99 == doctest::Approx(exact.p99).epsilon(0.15));
    }
  }
}

TEST_CASE("all that is offered is done, reads too, and counted by kind") {
  const WorkloadSpec spec = puts(ConstantRate{2e6}, 8e6, 0.25);
  TimedSegmentTree subject(spec, small_tree(Layout::kHybrid));
  TimedRun<TimedSegmentTree> run(subject, machine(200e6));
  run.run();
  const Totals totals = run.sample().totals;
  CHECK(totals[Total::kAcceptedBytes] == doctest::Approx(8e6).epsilon(1e-3));
  CHECK(totals[Total::kOfferedWork] == doctest::Approx(8e6).epsilon(1e-3));
  CHECK(subject.ops_of(OpKind::kPut) + subject.ops_of(OpKind::kGet) ==
        doctest::Approx(totals[Total::kAcceptedOps]));
  CHECK(subject.ops_of(OpKind::kGet) == doctest::Approx(3 * subject.ops_of(OpKind::kPut)));
  const Counters& counters = subject.tree().counters();
  CHECK(double(counters.user_key_bytes + counters.user_value_bytes) ==
        doctest::Approx(8e6).epsilon(1e-3));
  CHECK(run.waits().reads().count() == doctest::Approx(subject.ops_of(OpKind::kGet)).epsilon(1e-3));
}

TEST_CASE("a closed loop lasts as long as it is told, and rates change on the way") {
  WorkloadSpec spec = puts(ClosedLoop{}, 1);
  spec.phases.front().end = {EndUnit::kSeconds, 3};
  TimedSegmentTree closed(spec, small_tree(Layout::kLeveled));
  TimedRun<TimedSegmentTree> run(closed, machine(50e6));
  run.run();
  CHECK(run.now_us() == doctest::Approx(3e6));
  CHECK(run.sample().totals[Total::kAcceptedBytes] > 10e6);

  spec.phases.front().rate = ConstantRate{1e6};
  spec.phases.front().rate_unit = WorkUnit::kBytes;
  TimedSegmentTree open(spec, small_tree(Layout::kLeveled));
  TimedRun<TimedSegmentTree> changed(open, machine(200e6));
  changed.run_until(1e6);
  changed.set_rate(ConstantRate{4e6});
  changed.run();
  CHECK(changed.sample().totals[Total::kAcceptedBytes] == doctest::Approx(9e6).epsilon(0.01));
}

TEST_CASE("a filled tree begins full, and its last level stays") {
  const WorkloadSpec spec = puts(ConstantRate{2e6}, 20e6);
  TimedSegmentTree subject(spec, small_tree(Layout::kLeveled), SegmentStart::kFilled);
  const uint64_t weight = subject.version().weight();
  CHECK(double(weight) > double(kKeys) * 400);
  TimedRun<TimedSegmentTree> run(subject, machine(100e6));
  run.run();
  CHECK(double(subject.version().weight()) == doctest::Approx(double(weight)).epsilon(0.15));
  CHECK(run.sample().totals.all_stall_us() == 0);
}

TEST_CASE("looking at a run of segments changes nothing, nor do the steps it is cut into") {
  const WorkloadSpec spec = puts(ConstantRate{6e6}, 40e6);
  const auto run_in = [&](double step_us) {
    TimedSegmentTree subject(spec, small_tree(Layout::kHybrid));
    TimedRun<TimedSegmentTree> run(subject, machine(25e6));
    for (double us = step_us; step_us > 0 && !run.has_ended(); us += step_us) {
      run.run_until(us);
      run.sample();
      subject.memtable_weight();
    }
    run.run();
    return std::pair{run.sample(), subject.version().weight()};
  };
  const auto at_once = run_in(0);
  CHECK(run_in(12'345) == at_once);
  CHECK(run_in(777'777) == at_once);
}

TEST_CASE("what shares cannot tell is refused in time, too") {
  WorkloadSpec spec = puts(ConstantRate{1e6}, 1e6);
  spec.phases.front().ttl_s = 3;
  CHECK_THROWS_AS(TimedSegmentTree(spec, small_tree(Layout::kHybrid)), NotSupported);
}
