// The segment simulator: what slices say, that a run keeps its books, what is refused, and how near
// it comes to the exact simulator (small cases; cpp/bench/sim_ladder.cc has the large ones).
#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

#include "lsmkit/bytes/error.h"
#include "lsmkit/sim/rank_key.h"
#include "lsmkit/sim/slice_merge.h"
#include "support/run_count.h"
#include "support/sim_ladder.h"

using namespace lsmkit;

namespace {

WorkloadSpec one_phase(const Phase& phase, uint64_t n) {
  WorkloadSpec workload;
  workload.key_count = n;
  workload.encoding = BinaryKeys{16};
  workload.phases = {phase};
  return workload;
}

Slices one_slice(const KeyGroups& groups, uint64_t begin, uint64_t end, double absent,
                 double turns = 0) {
  Slices out(groups);
  out.append({begin, end, {turns, 0}, 100});
  out.absent(0)[0] = absent;
  return out;
}

Slices merge_of(const KeyGroups& groups, const std::vector<const Slices*>& sources) {
  std::vector<std::vector<ModelledTable>> runs;
  for (const Slices* source : sources) runs.push_back({{source, nullptr}});
  Slices out(groups), one(groups);
  for (SliceMerge merge(groups, runs); merge.valid(); merge.next()) {
    merge.merged(one);
    out.append(one, 0, one[0].begin, one[0].end);
  }
  return out;
}

// As ladder_options, at a fifth of the size: 200,000 keys make as many tables as a million there.
CompactionOptions small_options(Layout layout) {
  CompactionOptions options = ladder_options(layout);
  options.memtable_weight /= 5;
  options.table_weight /= 5;
  options.base_weight /= 5;
  return options;
}

constexpr uint64_t kSmallKeys = 200'000;

void check_row(const LadderCase& c) {
  CAPTURE(c.name);
  const LadderRow row = compare(c);
  INFO("write amplification ", row.exact.write_amp, ", segment ", row.segment.write_amp);
  CHECK(row.exact.samples > 100);
  CHECK(std::abs(row.write_amp) <= .02);
  CHECK(std::abs(row.space) <= .01);
  CHECK(std::abs(row.level_weight) <= .03);
  CHECK(std::abs(row.level_tables) <= .05);
}

}  // namespace

TEST_CASE("a rank's key is in the order of ranks, and comes back") {
  const uint64_t ranks[] = {0, 1, 255, 256, 65'535, 1ull << 40, UINT64_MAX - 1};
  for (size_t i = 0; i < std::size(ranks); ++i) {
    CHECK(rank_of_key(key_of_rank(ranks[i])) == ranks[i]);
    if (i > 0) CHECK(key_of_rank(ranks[i - 1]) < key_of_rank(ranks[i]));
  }
}

TEST_CASE("merging slices: chances multiply, turns add, bounds are those of all") {
  const KeyGroups groups;
  const Slices a = one_slice(groups, 0, 100, .5), b = one_slice(groups, 50, 150, .2);
  const Slices sum = merge_of(groups, {&a, &b});
  REQUIRE(sum.size() == 3);
  CHECK(sum[1].begin == 50);
  CHECK(sum[1].end == 100);
  CHECK(sum.density(groups, 0).all == doctest::Approx(.5));
  CHECK(sum.density(groups, 1).all == doctest::Approx(.9));
  CHECK(sum.density(groups, 2).all == doctest::Approx(.8));

  const Slices c = one_slice(groups, 0, 100, 1, .25), d = one_slice(groups, 0, 100, .5, .75);
  CHECK(merge_of(groups, {&c, &d}).count(groups).all == doctest::Approx(100));
  CHECK(merge_of(groups, {&c, &a}).count(groups).all == doctest::Approx(25 + 75 * .5));
}

TEST_CASE("joined slices hold as many records as before, whatever lies between them") {
  const KeyGroups groups{{.25, .75}, false, 16};
  Slices slices(groups);
  for (uint64_t i = 0; i < 20; ++i) {
    slices.append({i * 100, i * 100 + (i % 3 == 0 ? 60 : 100), {double(i) / 40, 0}, 100});
    slices.absent(i)[0] = 1 - double(i % 7) / 10;
    slices.absent(i)[1] = 1 - double(i % 5) / 20;
  }
  const double before = slices.count(groups).all;
  slices.coalesce(groups);
  CHECK(slices.size() <= 32);
  CHECK(slices.count(groups).all == doctest::Approx(before));
}

TEST_CASE("of what a key's tables hold, the newest shows; tombstones hide, and go where told") {
  const KeyGroups groups{{1}, true, 16};
  Slices upper = one_slice(groups, 0, 100, .6), lower = one_slice(groups, 0, 100, 0);
  upper.dead(0)[0] = .1;
  const Slices sum = merge_of(groups, {&upper, &lower});
  CHECK(sum.density(groups, 0).all == doctest::Approx(1));
  CHECK(sum.density(groups, 0).tombstones == doctest::Approx(.1));
  // The other way round the upper one is hidden.
  CHECK(merge_of(groups, {&lower, &upper}).density(groups, 0).tombstones == doctest::Approx(0));
}

TEST_CASE("a memtable's slices hold as many keys as so many draws are expected to meet") {
  for (const KeyChoice& keys :
       {KeyChoice(UniformKeys{}), KeyChoice(ZipfKeys{}), KeyChoice(ZipfKeys{.99, false}),
        KeyChoice(YcsbZipfianKeys{}), KeyChoice(HotspotKeys{}), KeyChoice(ClusteredKeys{}),
        KeyChoice(SequentialKeys{}), KeyChoice(PermutedKeys{}), KeyChoice(LatestKeys{}),
        KeyChoice(RangeKeys{}), KeyChoice(LogUniformKeys{}), KeyChoice(ExponentialKeys{})}) {
    CAPTURE(keys.index());
    const uint64_t n = 100'000, draws = 5'000;
    const PhaseContents contents(one_phase(puts("puts", keys, double(n)), n));
    const auto classes = key_classes(keys, {n, 0, draws}, PhaseContents::kMostClasses);
    CHECK(contents.contents({0, 0, draws}).count(contents.groups()).all ==
          doctest::Approx(expected_distinct(classes, double(draws))).epsilon(1e-6));
  }
}

TEST_CASE("a run keeps its books, in every layout") {
  for (const Layout layout :
       {Layout::kLeveled, Layout::kHybrid, Layout::kTiered, Layout::kLazyLeveled, Layout::kFifo}) {
    CAPTURE(static_cast<int>(layout));
    LadderCase c = ladder_case("books", small_options(layout), ZipfKeys{}, 50'000, 3);
    c.options.fifo_weight = 3'000'000;
    c.workload.phases.back().mix[OpKind::kDelete] = .2;
    c.workload.phases.back().mix[OpKind::kGet] = .5;
    SegmentRun run(c.workload, c.options);
    uint64_t edits = 0, flushed = 0, written = 0;
    run.tree().observe([&](const Event& event) {
      ++edits;
      CHECK(event.in_entries >= event.dropped_entries);
      (event.kind == EventKind::kFlush ? flushed : written) += event.written_weight;
    });
    uint64_t steps = 0;
    while (run.step()) ++steps;
    CHECK(run.done());
    CHECK(run.operations() == 200'000);
    CHECK(steps == edits);
    const SegmentTree& tree = run.tree();
    const Counters& counters = tree.counters();
    CHECK(steps == counters.flush_count + counters.compaction_count + counters.trivial_move_count);
    CHECK(flushed == counters.flush_weight);
    CHECK(counters.puts + counters.deletes + 3 >= 50'000 + 150'000 * 1.2 / 1.7);
    CHECK(counters.puts + counters.deletes <= 3 + 50'000 + 150'000 * 1.2 / 1.7);
    tree.version().check_invariants();
    CHECK(tree.memtable_weight() < c.options.memtable_weight);
    CHECK(tree.allocated_bytes() < 10'000'000);
    if (layout != Layout::kFifo) CHECK(tree.version().entry_count() >= tree.live_keys() - 2'000);
  }
}

TEST_CASE("the same seed gives the same edits; another one others") {
  const auto trace_of = [](uint64_t seed) {
    LadderCase c = ladder_case("seeds", small_options(Layout::kLeveled), UniformKeys{}, 50'000, 2);
    c.workload.seed = seed;
    SegmentRun run(c.workload, c.options);
    std::string out;
    run.tree().observe([&](const Event& event) { encode(event, out); });
    while (run.step()) {
    }
    return out;
  };
  CHECK(trace_of(1) == trace_of(1));
  CHECK(trace_of(1) != trace_of(2));
}

TEST_CASE("what slices cannot hold is refused before the run, naming exact mode") {
  const auto refusal = [](const WorkloadSpec& workload) -> std::string {
    try {
      const SegmentTree tree(workload, small_options(Layout::kLeveled));
    } catch (const NotSupported& error) {
      return error.what();
    }
    return {};
  };
  Phase expiring = puts("expiring", UniformKeys{}, 1'000);
  expiring.ttl_s = 5;
  CHECK(refusal(one_phase(expiring, 1'000)).find("exact") != std::string::npos);
  CHECK(refusal(one_phase(expiring, 1'000)).find("'expiring'") != std::string::npos);
  CHECK(refusal(one_phase(puts("trace", TraceKeys{{1, 2}}, 9), 9)).find("exact") !=
        std::string::npos);
  WorkloadSpec two_ways = one_phase(puts("zipf", ZipfKeys{}, 1'000), 1'000);
  two_ways.phases.push_back(puts("ycsb", YcsbZipfianKeys{}, 1'000));
  CHECK(refusal(two_ways).find("exact") != std::string::npos);
  CHECK(refusal(one_phase(puts("fine", ZipfKeys{}, 1'000), 1'000)).empty());
}

TEST_CASE("keys that are added, and a queue: live keys are those that stand") {
  Phase adding = puts("add", UniformKeys{}, 60'000);
  adding.mix[OpKind::kInsert] = 1;
  WorkloadSpec workload = one_phase(adding, 10'000);
  SegmentRun run(workload, small_options(Layout::kLeveled));
  while (run.step()) {
  }
  run.tree().version().check_invariants();
  // Of the first keys a share of e^-(sum of 1/n over the draws) = 1/4 was never drawn.
  CHECK(run.tree().live_keys() == doctest::Approx(30'000 + 10'000 * .75).epsilon(.001));

  Phase queue = puts("queue", QueueKeys{}, 100'000);
  queue.mix[OpKind::kDelete] = .8;
  SegmentRun queue_run(one_phase(queue, 1), small_options(Layout::kLeveled));
  while (queue_run.step()) {
  }
  queue_run.tree().version().check_invariants();
  CHECK(queue_run.tree().live_keys() == doctest::Approx(100'000 * .2 / 1.8).epsilon(.01));
}

TEST_CASE("a filled tree goes on as one that got there") {
  for (const Layout layout : {Layout::kLeveled, Layout::kHybrid}) {
    for (const KeyChoice& keys : {KeyChoice(UniformKeys{}), KeyChoice(ZipfKeys{})}) {
      CAPTURE(static_cast<int>(layout));
      CAPTURE(keys.index());
      const uint64_t n = 1'000'000;
      LadderCase c = ladder_case("filled", ladder_options(layout), keys, n, 4);
      const Shape there = segment_shape(c.workload, c.options, 3 * n);
      c.workload.phases = {puts("overwrite", keys, 2.0 * double(n))};
      SegmentRun run(c.workload, c.options, SegmentStart::kFilled);
      CHECK(run.tree().counters() == Counters{});
      run.tree().version().check_invariants();
      CHECK(run.tree().live_keys() == n);
      CHECK(space_amp(run.tree().version(), run.tree().live_weight()) ==
            doctest::Approx(there.space_amp).epsilon(.03));
      while (run.step()) {
      }
      CHECK(write_amp_weight(run.tree().counters()) ==
            doctest::Approx(there.write_amp).epsilon(.03));
    }
  }
  LadderCase tiered =
      ladder_case("tiered", small_options(Layout::kTiered), UniformKeys{}, 1'000, 1);
  CHECK_THROWS_AS(SegmentRun(tiered.workload, tiered.options, SegmentStart::kFilled), NotSupported);
  LadderCase loading = ladder_case("load", small_options(Layout::kHybrid), UniformKeys{}, 1'000, 1);
  CHECK_THROWS_AS(SegmentRun(loading.workload, loading.options, SegmentStart::kFilled),
                  NotSupported);
}

TEST_CASE("odd workloads and options: every version keeps its invariants") {
  const KeyChoice choices[] = {UniformKeys{},     SequentialKeys{},         PermutedKeys{},
                               ZipfKeys{1.2},     ZipfKeys{.5, false},      YcsbZipfianKeys{},
                               LatestKeys{},      HotspotKeys{.1, .9, 700}, ClusteredKeys{10},
                               ExponentialKeys{}, LogUniformKeys{},         RangeKeys{},
                               QueueKeys{}};
  Random random(7);
  size_t runs = 0, refusals = 0;
  for (uint64_t i = 0, due = test::run_count(300); i < due; ++i) {
    CAPTURE(i);
    const auto layout = static_cast<Layout>(random.below(5));
    CompactionOptions options = small_options(layout);
    options.memtable_weight = 200 + random.below(20'000);
    options.table_weight = 200 + random.below(10'000);
    options.base_weight = 1'000 + random.below(100'000);
    options.fanout = 2 + random.unit() * 8;
    options.picker = static_cast<Picker>(random.below(5));
    options.cut = static_cast<OutputCut>(random.below(4));
    options.sizing = static_cast<LevelSizing>(random.below(3));
    options.max_parts = random.below(2) == 0 ? 1 : 4;
    options.fifo_weight = 100'000;
    const uint64_t n = random.below(3) == 0 ? 1 + random.below(20) : 5'000;
    WorkloadSpec workload = one_phase(puts("load", PermutedKeys{}, double(n)), n);
    workload.seed = random.next();
    if (random.below(4) == 0) workload.encoding = HashedKeys{16};
    Phase phase = puts("odd", choices[random.below(std::size(choices))], 20'000);
    phase.mix[OpKind::kGet] = double(random.below(2));
    phase.mix[OpKind::kDelete] = random.below(2) == 0 ? 0 : random.unit();
    phase.mix[OpKind::kInsert] = random.below(4) == 0 ? random.unit() : 0;
    phase.batch_ops = 1 + random.below(5);
    if (phase.mix[OpKind::kDelete] == 0) phase.value_bytes = UniformSize{0, 300};
    workload.phases.push_back(phase);
    try {
      SegmentRun run(workload, options);
      uint64_t steps = 0;
      while (run.step()) {
        if (++steps % 50 == 0) run.tree().version().check_invariants();
        REQUIRE(steps < 100'000);
      }
      run.tree().version().check_invariants();
      ++runs;
    } catch (const NotSupported&) {
      ++refusals;
    } catch (const InvalidArgument& error) {
      // No workload by its own check; nothing else may complain.
      CAPTURE(std::string(error.what()));
      CHECK_THROWS_AS(check(workload), InvalidArgument);
    }
  }
  CHECK(runs > 0);
  if (test::run_count(300) < 300) return;  // too few to have met everything
  CHECK(runs > 200);
  CHECK(refusals > 5);
}

TEST_CASE("V1: beside the exact simulator") {
  const auto make = [](const std::string& name, Layout layout, const KeyChoice& keys) {
    return ladder_case(name, small_options(layout), keys, kSmallKeys, 3);
  };
  check_row(make("leveled, uniform", Layout::kLeveled, UniformKeys{}));
  check_row(make("leveled, zipf .99", Layout::kLeveled, ZipfKeys{}));
  check_row(make("hybrid, uniform", Layout::kHybrid, UniformKeys{}));
  check_row(make("hybrid, zipf .99", Layout::kHybrid, ZipfKeys{}));
  check_row(make("tiered, uniform", Layout::kTiered, UniformKeys{}));
  check_row(make("fifo, uniform", Layout::kFifo, UniformKeys{}));
  LadderCase deletes = make("hybrid, deletes", Layout::kHybrid, UniformKeys{});
  deletes.workload.phases.back().mix[OpKind::kDelete] = .25;
  check_row(deletes);
}
