// Workloads on a layered store: every record comes, whatever chooses the pages.
#include <doctest/doctest.h>

#include <span>
#include <string>
#include <vector>

#include "lsmkit/bytes/error.h"
#include "lsmkit/layered/layered_workload.h"

using namespace lsmkit;

namespace {

Phase writes_of(KeyChoice keys, SizeChoice bytes, double ops) {
  Phase phase;
  phase.mix[OpKind::kPut] = 1;
  phase.keys = std::move(keys);
  phase.value_bytes = std::move(bytes);
  phase.end = {EndUnit::kOps, ops};
  return phase;
}

WorkloadSpec of(std::vector<Phase> phases, uint64_t pages = 500) {
  WorkloadSpec spec;
  spec.key_count = pages;
  spec.phases = std::move(phases);
  return spec;
}

LayeredRunOptions small_and_checked() {
  LayeredRunOptions options;
  options.layered.target_bytes = 64 << 10;
  options.layered.fanout = 3;
  options.checks = true;
  return options;
}

void run_through(LayeredWorkload& workload, uint64_t ops_at_once) {
  while (workload.step(ops_at_once)) {
  }
}

}  // namespace

TEST_CASE("W5.8: all invariants hold under workloads of many kinds, and no byte is lost") {
  HotspotKeys moving;
  moving.hot_keys = 0.1;
  moving.hot_draws = 0.9;
  moving.shift_every_draws = 1'000;
  Phase growing = writes_of(UniformKeys{}, ConstantSize{100}, 15'000);
  growing.mix[OpKind::kInsert] = 0.2;
  Phase window = writes_of(WindowKeys{}, ConstantSize{100}, 20'000);
  window.mix[OpKind::kInsert] = 0.1;
  window.mix[OpKind::kDelete] = 0.2;
  Phase any = writes_of(UniformKeys{}, ConstantSize{100}, 20'000);
  any.mix[OpKind::kDelete] = 0.5;
  Phase queue = writes_of(QueueKeys{}, ConstantSize{1'000}, 3'000);
  queue.mix[OpKind::kDelete] = 1.1;
  const std::vector<WorkloadSpec> workloads{
      of({writes_of(UniformKeys{}, ConstantSize{200}, 15'000)}),
      of({writes_of(SequentialKeys{}, ConstantSize{200}, 15'000)}, 20'000),
      of({writes_of(PermutedKeys{}, ConstantSize{1'000}, 2'000),
          writes_of(ZipfKeys{}, ConstantSize{100}, 15'000)},
         2'000),
      of({writes_of(moving, UniformSize{1, 300}, 15'000)}),
      of({growing}),
      of({window}, 5'000),
      of({any}, 2'000),
      of({queue, growing}),
      of({writes_of(UniformKeys{}, ConstantSize{0}, 250'000)}, 1),
  };
  for (const WorkloadSpec& spec : workloads) {
    LayeredWorkload whole(spec, small_and_checked()), stepped(spec, small_and_checked());
    run_through(whole, UINT64_MAX);
    run_through(stepped, 977);
    const LayeredRun& run = whole.run();
    CHECK(run.map().layers() == stepped.run().map().layers());
    CHECK(run.tree().totals().level_compactions > 0);
    if (!run.page_uses().any_dropped())
      CHECK(run.keyspace().page_count() == whole.stream().key_count());
    CHECK(run.flushed_lsn() == run.log_bytes());
    uint64_t records = 0;
    for (const Layer& layer : run.map().layers())
      records += run.store().records(layer.number).size();
    if (!run.page_uses().any_dropped()) CHECK(records == whole.ops());
    CHECK(records == run.store().log().count());
  }
}

TEST_CASE("deletes drop pages, the oldest of a queue or window, and gets pass over what is gone") {
  Phase phase = writes_of(WindowKeys{}, ConstantSize{1'000}, 20'000);
  phase.mix[OpKind::kDelete] = 0.1;
  LayeredWorkload window(of({phase}, 5'000), small_and_checked());
  run_through(window, 1'000);
  const uint64_t oldest = window.stream().oldest_key();
  CHECK(oldest == doctest::Approx(20'000 * 0.1 / 1.1).epsilon(0.1));
  const std::span<const PageRange> left = window.run().keyspace().ranges();
  REQUIRE(left.size() == 1);
  CHECK(left[0].end == 5'000);
  CHECK(left[0].begin <= oldest);  // but for deletes behind the last record
  CHECK(left[0].begin + 200 > oldest);

  phase.keys = UniformKeys{};
  phase.mix[OpKind::kDelete] = 1;
  phase.mix[OpKind::kGet] = 1;
  LayeredWorkload any(of({phase}, 500), small_and_checked());
  run_through(any, 1'000);
  std::vector<bool> in_use(500, true), flushed = in_use;
  WorkloadStream stream(of({phase}, 500));
  uint64_t reads = 0, gone = 0, buffered = 0;
  for (Operation op; stream.next(op);) {
    if (op.kind == OpKind::kGet) (flushed[op.key_id] ? reads : gone) += 1;
    if (op.kind == OpKind::kDelete) in_use[op.key_id] = false;
    if (op.kind != OpKind::kPut) continue;
    in_use[op.key_id] = true;
    buffered += op.size;
    if (buffered <= small_and_checked().layered.target_bytes) continue;
    flushed = in_use;
    buffered = 0;
  }
  CHECK(any.read_figures().reads == reads);
  CHECK(gone > 2'000);
}

TEST_CASE("gets are read at the tip") {
  Phase phase = writes_of(UniformKeys{}, ConstantSize{100}, 20'000);
  phase.mix[OpKind::kGet] = 1;
  LayeredWorkload workload(of({phase}), small_and_checked());
  run_through(workload, 1'000);
  const ReadFigures figures = workload.read_figures();
  CHECK(figures.reads + workload.run().store().log().count() == 20'000);
  CHECK(figures.reads > 9'000);
  CHECK(figures.layers_opened.mean > 1);
  // What fanout 3 leaves on top of each other at most: two of L0, two of L1 and so on.
  CHECK(figures.layers_opened.most <= 8);
}

TEST_CASE("what a layered store has not is refused by name") {
  Phase phase = writes_of(UniformKeys{}, ConstantSize{100}, 100);
  phase.name = "both";
  phase.mix[OpKind::kScan] = 0.5;
  CHECK_THROWS_WITH_AS(LayeredWorkload(of({phase}), {}), doctest::Contains("phase 'both'"),
                       NotSupported);
  phase.mix[OpKind::kScan] = 0;
  phase.end = {EndUnit::kSeconds, 1};
  CHECK_THROWS_WITH_AS(LayeredWorkload(of({phase}), {}), doctest::Contains("never end"),
                       NotSupported);
  phase.end = {EndUnit::kOps, 10};
  phase.value_bytes = ConstantSize{uint64_t{1} << 28 | 1};
  LayeredWorkload workload(of({phase}), {});
  CHECK_THROWS_AS(workload.step(10), InvalidArgument);
}
