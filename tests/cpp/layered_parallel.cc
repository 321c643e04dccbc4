// Jobs of a plan side by side: in any order and on any number of threads they come to the same, and
// how long they take follows from what they share.
#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>
#include <thread>
#include <vector>

#include "lsmkit/bytes/error.h"
#include "lsmkit/layered/layer_planner.h"
#include "lsmkit/layered/makespan.h"
#include "lsmkit/layered/record_store.h"
#include "lsmkit/numbers/random.h"
#include "support/layers.h"

using namespace lsmkit;

namespace {

bool equal(PackedSpan a, PackedSpan b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

}  // namespace

TEST_CASE("I11, W5.6: jobs in random orders and on threads come to what they do one by one" *
          doctest::test_suite("threads")) {
  Random random(31);
  for (int trial = 0; trial < 10; ++trial) {
    RecordStore store(false);
    const Lsn half = 20 * 3'000;
    for (int i = 0; i < 6'000; ++i) {
      store.append(random.below(4) == 0 ? 9 : random.below(400), 20);
      if (i % 3'000 == 2'999) store.flush(LayerNumber{1 + static_cast<uint64_t>(i) / 3'000});
    }
    LayeredOptions options;
    options.target_bytes = kPageBytes;
    Keyspace keyspace;
    keyspace.add(PageRange{0, 400});
    const LayerLevel level{
        {0, 2 * half},
        {delta(2, kAllPages, {half, 2 * half}, half), delta(1, kAllPages, {0, half}, half)}};
    const std::vector<LayerNumber> inputs{LayerNumber{2}, LayerNumber{1}};
    const LayerPlan plan = plan_level(level, *store.profile(inputs), keyspace, options);
    const size_t count = plan.jobs.size();
    REQUIRE(count > 8);
    // On threads, each taking every fourth job of a random order.
    std::vector<size_t> order(count);
    std::iota(order.begin(), order.end(), size_t{0});
    for (size_t i = count; i > 1; --i) std::swap(order[i - 1], order[random.below(i)]);
    std::vector<PackedRecords> side_by_side(count);
    {
      std::vector<std::jthread> threads;
      for (size_t first = 0; first < 4; ++first)
        threads.emplace_back([&, first] {
          for (size_t i = first; i < count; i += 4)
            side_by_side[order[i]] = store.delta_of(plan.jobs[order[i]], inputs);
        });
    }
    for (const size_t job : order) store.make_delta(LayerNumber{10 + job}, plan.jobs[job], inputs);
    uint64_t records = 0;
    for (size_t job = 0; job < count; ++job) {
      const PackedRecords one_by_one = store.delta_of(plan.jobs[job], inputs);
      CHECK(equal(side_by_side[job].view(), one_by_one.view()));
      CHECK(equal(store.records(LayerNumber{10 + job}), one_by_one.view()));
      records += one_by_one.size();
    }
    CHECK(records == 6'000);
  }
}

TEST_CASE("W5.6: more workers are faster until the device has no more") {
  // Each job reads and writes 100 MB: a second for one worker at 100 MB/s.
  const std::vector<JobWork> jobs(8, JobWork{100'000'000, 100'000'000});
  JobSpeeds speeds{100e6, 0};
  CHECK(makespan_s(jobs, 1, speeds) == doctest::Approx(8));
  CHECK(makespan_s(jobs, 2, speeds) == doctest::Approx(4));
  CHECK(makespan_s(jobs, 4, speeds) == doctest::Approx(2));
  CHECK(makespan_s(jobs, 100, speeds) == doctest::Approx(1));
  speeds.device_bytes_per_s = 400e6;  // 1.6 GB to and fro
  CHECK(makespan_s(jobs, 1, speeds) == doctest::Approx(8));
  CHECK(makespan_s(jobs, 2, speeds) == doctest::Approx(4));
  CHECK(makespan_s(jobs, 4, speeds) == doctest::Approx(4));
  // One long job cannot be split: three workers have nothing to do.
  const std::vector<JobWork> uneven{{100'000'000, 0}, {400'000'000, 1}, {0, 100'000'000}};
  speeds.device_bytes_per_s = 0;
  CHECK(makespan_s(uneven, 1, speeds) == doctest::Approx(6));
  CHECK(makespan_s(uneven, 2, speeds) == doctest::Approx(4));
  CHECK(makespan_s(uneven, 4, speeds) == doctest::Approx(4));
  CHECK(makespan_s({}, 4, speeds) == 0);
  speeds.worker_bytes_per_s = 0;
  CHECK_THROWS_WITH_AS(check(speeds), doctest::Contains("worker_bytes_per_s"), InvalidArgument);
}

TEST_CASE("an image reads its share of the deltas that it covers") {
  LayerPlan plan;
  plan.parts = {{{0, 10}, LayerKind::kDelta, 100, 90}, {{10, 40}, LayerKind::kImage, 300, 6'000}};
  plan.jobs = {{LayerKind::kDelta, {0, 10}, {0, 9}, {0}, 90},
               {LayerKind::kImage, {10, 20}, {9, 9}, {}, 100},
               {LayerKind::kImage, {20, 40}, {9, 9}, {}, 200}};
  const std::vector<JobWork> work = work_of(plan);
  REQUIRE(work.size() == 3);
  CHECK(work[0].read_bytes == 90);
  CHECK(work[1].read_bytes == 2'000);
  CHECK(work[2].read_bytes == 4'000);
  CHECK(work[2].written_bytes == 200);
}
