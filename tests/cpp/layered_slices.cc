// The layered store by slices: boxes have exactly what their parts have, the invariants hold, and
// it comes to what the store per record comes to.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string>
#include <vector>

#include "lsmkit/bytes/error.h"
#include "lsmkit/layered/layer_checks.h"
#include "lsmkit/layered/layered_workload.h"
#include "lsmkit/layered/slice_profile.h"
#include "lsmkit/layered/sliced_reads.h"
#include "lsmkit/layered/sliced_run.h"
#include "lsmkit/numbers/random.h"
#include "support/sliced_cases.h"

using namespace lsmkit;

namespace {

// Of some slices, one of them a page, and of some of the log.
SliceMass any_mass(Random& random) {
  std::vector<PageNumber> bounds{0};
  for (int i = 0; i < 12; ++i) bounds.push_back(bounds.back() + 1 + random.below(i % 3 * 40 + 1));
  SliceMass mass(bounds);
  std::vector<double> bytes(mass.slice_count());
  for (int i = 0; i < 9; ++i) {
    for (double& of_each : bytes) of_each = random.below(3) == 0 ? 0 : random.unit() * 40;
    mass.add(bytes);
  }
  return mass;
}

}  // namespace

TEST_CASE("a box of slices has what its parts have, to the byte, and what its cells come to") {
  Random random(3);
  for (int trial = 0; trial < 200; ++trial) {
    const SliceMass mass = any_mass(random);
    const PageNumber pages = mass.bounds().back();
    const auto any_range = [&](uint64_t most) {
      uint64_t a = random.below(most + 1), b = random.below(most + 1);
      return std::pair(std::min(a, b), std::max(a, b));
    };
    const auto [first, end] = any_range(pages);
    auto [from, to] = any_range(mass.end());
    if (trial % 2 == 0) {
      from = mass.ends()[random.below(5)];
      to = mass.ends()[5 + random.below(mass.ends().size() - 5)];
    }
    uint64_t naive = 0;
    for (PageNumber page = first; page < end; ++page)
      naive += mass.page_bytes(mass.slice_of(page), {from, to});
    const uint64_t bytes = mass.bytes({first, end}, {from, to});
    CHECK(bytes == naive);
    const PageNumber between = first + random.below(end - first + 1);
    const Lsn at = from + random.below(to - from + 1);
    CHECK(bytes == mass.bytes({first, between}, {from, at}) +
                       mass.bytes({between, end}, {from, at}) + mass.bytes({first, end}, {at, to}));
    if (bytes == 0) continue;
    const uint64_t byte = random.below(bytes);
    const PageNumber page = mass.page_at({first, end}, {from, to}, byte);
    CHECK(mass.bytes({first, page}, {from, to}) <= byte);
    CHECK(mass.bytes({first, page + 1}, {from, to}) > byte);
  }
}

TEST_CASE("below the LSN where a page has so many bytes it has them, and a byte on it has more") {
  Random random(4);
  for (int trial = 0; trial < 100; ++trial) {
    const SliceMass mass = any_mass(random);
    const size_t slice = random.below(mass.slice_count());
    const uint64_t all = mass.page_bytes(slice, mass.end());
    if (all == 0) continue;
    const uint64_t bytes = random.below(all);
    const Lsn lsn = mass.lsn_at(slice, bytes);
    CHECK(mass.page_bytes(slice, lsn) <= bytes);
    CHECK(mass.page_bytes(slice, lsn + 1) > bytes);
    CHECK(mass.lsn_at(slice, all) == mass.end());
  }
}

TEST_CASE("what slices get is rounded to whole bytes of each page, and no slice falls behind") {
  SliceMass mass({0, 1'000, 3'000, 3'001, 10'000});
  const std::vector<double> bytes{0.01, 0.3, 7'000, 0};
  uint64_t added = 0;
  for (int i = 1; i <= 2'000; ++i) {
    added += mass.add(bytes);
    double due = 0;
    for (size_t slice = 0; slice < 4; ++slice) {
      due += bytes[slice] * i * static_cast<double>(mass.pages(slice).size());
      const auto has =
          static_cast<double>(mass.bytes({0, mass.bounds()[slice + 1]}, {0, mass.end()}));
      const uint64_t width = slice == 3 ? 1 : mass.pages(slice).size();  // nothing is due to it
      REQUIRE(std::fabs(has - due) <= static_cast<double>(width) / 2 + 0.01);
    }
  }
  CHECK(mass.end() == added);
  CHECK(mass.page_bytes(3, mass.end()) == 0);
  CHECK_THROWS_AS(SliceMass({0}), InvalidArgument);
  CHECK_THROWS_AS(SliceMass({1, 2}), InvalidArgument);
  CHECK_THROWS_AS(SliceMass({0, 2, 2}), InvalidArgument);
}

TEST_CASE(
    "a profile of slices has the bytes of its boxes, and cuts a page by LSN as full as it goes") {
  Random random(5);
  for (int trial = 0; trial < 100; ++trial) {
    const SliceMass mass = any_mass(random);
    const PageNumber pages = mass.bounds().back(), cut = random.below(pages + 1);
    const Lsn low = mass.ends()[3], high = mass.ends()[7];
    // One above two.
    SliceProfile profile(
        mass, {{{0, kEndOfPages}, {low, high}}, {{0, cut}, {0, low}}, {{cut, pages}, {0, low}}},
        random.below(2) == 0 ? 30 : 1'000'000);
    profile.begin({0, kEndOfPages});
    PageNumber at = 0;
    uint64_t sum = 0;
    for (auto stretches = profile.next(); !stretches.empty(); stretches = profile.next())
      for (const PageStretch& stretch : stretches) {
        CHECK(stretch.pages.begin >= at);
        CHECK(stretch.bytes == mass.bytes(stretch.pages, {0, high}));
        at = stretch.pages.end;
        sum += stretch.bytes;
      }
    CHECK(sum == mass.end() - mass.bytes({0, kEndOfPages}, {high, mass.end()}));

    const PageNumber page = random.below(pages);
    const uint64_t most = 1 + random.below(60);
    const size_t slice = mass.slice_of(page);
    const std::vector<LsnPart> parts = profile.parts_by_lsn(page, most);
    uint64_t in_parts = 0;
    for (size_t i = 0; i < parts.size(); ++i) {
      const Lsn begin = i == 0 ? 0 : parts[i].begin;
      const Lsn end = i + 1 < parts.size() ? parts[i + 1].begin : high;
      CHECK(parts[i].bytes == mass.page_bytes(slice, {begin, end}));
      CHECK((parts[i].bytes == most || i + 1 == parts.size()));
      in_parts += parts[i].bytes;
    }
    CHECK(in_parts == mass.page_bytes(slice, high));
  }
}

TEST_CASE("by slices a run comes to what it comes to per record, within 2 %") {
  constexpr uint64_t kSeeds = 3;  // what is drawn per record differs from what is expected
  for (WorkloadSpec spec : workloads()) {
    CAPTURE(spec.name);
    std::vector<double> slices, records;
    uint64_t reads = 0, reads_per_record = 0;
    for (spec.seed = 1; spec.seed <= kSeeds; ++spec.seed) {
      const Figures a = by_slices(spec, checked()), b = per_record(spec, checked());
      add(a.all(), slices);
      add(b.all(), records);
      reads += a.reads.reads;
      reads_per_record += b.reads.reads;
    }
    CHECK(reads == reads_per_record);
    for (size_t i = 0; i < slices.size(); ++i) {
      CAPTURE(i);
      CHECK(slices[i] == doctest::Approx(records[i]).epsilon(0.02));
    }
  }
}

TEST_CASE("by slices too the invariants hold under the planner's options") {
  for (const WorkloadSpec& spec : workloads())
    for (const uint64_t grid_pages : {0, 64}) {
      CAPTURE(spec.name);
      LayeredRunOptions options = checked();
      options.layered.fanout = 3;
      options.layered.partitioned = true;
      options.layered.keeps_identical = true;
      options.layered.grid_pages = grid_pages;
      options.layered.cuts_at_edges = grid_pages > 0;
      options.layered.cuts_at_density = grid_pages > 0;
      options.layered.early_image_percent = grid_pages > 0 ? 60 : 0;
      SlicedRun run(options, spec);
      while (run.step()) {
      }
      CHECK(run.tree().totals().compactions > 10);
    }
}

TEST_CASE("by slices too a planner a planner that loses a layer is found out") {
  SliceMass mass({0, 10, 20});
  SliceStore store(mass, 1'000);
  mass.add(std::vector<double>{10, 20});
  store.flush(LayerNumber{1});
  store.check();
  LayerJob job;
  job.pages = {0, 15};
  job.lsns = {0, mass.end()};
  const std::vector<LayerNumber> inputs{LayerNumber{1}};
  CHECK(store.make_delta(LayerNumber{2}, job, inputs) == 200 + kDeltaBytes);
  job.pages = {15, 20};
  CHECK(store.make_delta(LayerNumber{3}, job, inputs) == 100 + kDeltaBytes);
  CHECK_THROWS_AS(store.check(), BrokenInvariant);
  store.drop(LayerNumber{1});
  store.check();
  store.drop(LayerNumber{3});
  CHECK_THROWS_AS(store.check(), BrokenInvariant);
}

TEST_CASE("the same workload by slices is the same run, and so are its reads") {
  const WorkloadSpec spec = workloads()[2];
  SlicedRun one(checked(), spec), other(checked(), spec);
  SlicedReads reads(7), again(7);
  while (one.step()) reads.sample(one, 100, ReadAt::kHistory);
  while (other.step()) again.sample(other, 100, ReadAt::kHistory);
  CHECK(one.map().layers() == other.map().layers());
  CHECK(reads.figures() == again.figures());
  CHECK(reads.figures().reads > 1'000);
  WorkloadSpec uniform = workloads()[0], another = uniform;
  another.seed = 2;
  SlicedRun first(checked(), uniform), second(checked(), another);
  while (first.step() && second.step()) {
  }
  CHECK(first.tree().totals().written_bytes() ==
        doctest::Approx(double(second.tree().totals().written_bytes())).epsilon(1e-3));
  CHECK(first.map().layers() != second.map().layers());  // chance moves where they are cut
}

TEST_CASE("reads find the layers that the map finds, also where layers of one row overlap") {
  Random random(6);
  for (int trial = 0; trial < 50; ++trial) {
    LayerMap map;
    for (uint64_t i = 0; i < 60; ++i) {
      Layer layer;
      layer.number = LayerNumber{i};
      layer.pages.begin = random.below(40);
      layer.pages.end = layer.pages.begin + 1 + random.below(trial % 2 == 0 ? 4 : 30);
      layer.lsns.end = 1 + random.below(6);
      layer.lsns.begin = random.below(layer.lsns.end);
      if (random.below(4) == 0) {
        layer.kind = LayerKind::kImage;
        layer.lsns.begin = layer.lsns.end;
      }
      map.add(layer);
    }
    const LayerPaths paths(map);
    ReadPath found, due;
    for (PageNumber page = 0; page < 72; ++page)
      for (Lsn lsn = 0; lsn < 9; ++lsn) {
        paths.path(page, lsn, found);
        map.path(page, lsn, due);
        std::sort(found.deltas.begin(), found.deltas.end());
        std::sort(due.deltas.begin(), due.deltas.end());
        REQUIRE(found.deltas == due.deltas);
        REQUIRE((found.image == nullptr) == (due.image == nullptr));
        if (due.image != nullptr) REQUIRE(found.from() == due.from());
      }
  }
}

TEST_CASE("what slices cannot tell is refused by name") {
  const auto refused = [](const WorkloadSpec& spec) {
    CHECK_THROWS_AS(SlicedRun(checked(), spec), NotSupported);
  };
  TraceKeys trace;
  trace.ids = {1, 2};
  refused(of("trace", 10, {puts(trace, ConstantSize{100}, 10)}));
  HotspotKeys moving = hotspot(.1, .9, 100);
  moving.scattered = true;
  refused(of("moving", 100, {puts(moving, ConstantSize{100}, 10)}));
  refused(
      of("two orders", 100,
         {puts(ZipfKeys{}, ConstantSize{100}, 10), puts(ClusteredKeys{}, ConstantSize{100}, 10)}));
  Phase deletes = puts(UniformKeys{}, ConstantSize{100}, 10);
  deletes.mix[OpKind::kDelete] = 1;
  refused(of("deletes", 100, {deletes}));
  deletes.keys = WindowKeys{};
  deletes.end = {EndUnit::kOps, 1'000};
  refused(of("taken empty", 100, {deletes}));
  deletes.end = {EndUnit::kOps, 50};
  refused(of("used again", 100, {deletes, puts(UniformKeys{}, ConstantSize{100}, 10)}));
  deletes.mix[OpKind::kPut] = 0;
  refused(of("nothing but deletes", 100, {deletes}));
  // Slices of 24 million pages, and 10^15 records.
  refused(of("wide", 100'000'000'000, {puts(UniformKeys{}, ConstantSize{100}, 10)}));
  refused(of("many", 1'000, {puts(UniformKeys{}, ConstantSize{100}, 1e15)}));
  LayeredRunOptions none;
  none.layered.target_bytes = 0;
  CHECK_THROWS_AS(SlicedRun(none, of("none", 10, {puts(UniformKeys{}, ConstantSize{1}, 10)})),
                  InvalidArgument);
  CHECK_THROWS_AS(
      SlicedRun(checked(), of("long", 10, {puts(UniformKeys{}, ConstantSize{2 << 20}, 10)})),
      InvalidArgument);
}
