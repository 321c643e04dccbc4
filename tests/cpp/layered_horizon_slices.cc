// The layered store by slices with a horizon: what layers hold and what went come to the log, to
// the byte, also where pages were collected apart; memory follows what lives.
#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "lsmkit/bytes/error.h"
#include "lsmkit/layered/layer_checks.h"
#include "lsmkit/layered/sliced_reads.h"
#include "lsmkit/layered/sliced_run.h"
#include "lsmkit/numbers/random.h"

using namespace lsmkit;

namespace {

constexpr uint64_t kPages = 2'500;
constexpr uint64_t kRecords = 80'000;

WorkloadSpec hot_cold(uint64_t records, uint64_t shift_every_draws = 0) {
  HotspotKeys keys;
  keys.hot_keys = .1;
  keys.hot_draws = .9;
  keys.shift_every_draws = shift_every_draws;
  Phase phase;
  phase.mix[OpKind::kPut] = 1;
  phase.keys = keys;
  phase.value_bytes = ConstantSize{1'000};
  phase.end = {EndUnit::kOps, static_cast<double>(records)};
  WorkloadSpec out;
  out.key_count = kPages;
  out.phases = {phase};
  return out;
}

LayeredRunOptions with_history(uint64_t bytes) {
  LayeredRunOptions options;
  options.checks = true;
  options.layered.target_bytes = 1 << 20;
  options.layered.history_bytes = bytes;
  options.layered.bottom_image_percent = 100;
  return options;
}

uint64_t held_bytes(const SlicedRun& run) {
  uint64_t sum = 0;
  for (const Layer& layer : run.map().layers())
    if (layer.is_delta()) {
      const uint64_t held = run.store().bytes(run.store().boxes(layer.number));
      CHECK((layer.bytes == held || layer.bytes == held + kDeltaBytes));  // one that was flushed
      sum += held;
    }
  return sum;
}

}  // namespace

TEST_CASE("boxes are joined to the same in fewer") {
  Random random(11);
  uint64_t many = 0, few = 0;
  for (int trial = 0; trial < 300; ++trial) {
    // Cells of a grid, some of them missing, and some drawn together.
    bool has[8][8];
    std::vector<MassBox> cells;
    for (uint64_t x = 0; x < 8; ++x)
      for (uint64_t y = 0; y < 8; ++y) {
        has[x][y] = random.below(10) != 0;
        if (has[x][y]) cells.push_back({{x * 3, x * 3 + 3}, {y * 5, y * 5 + 5}});
      }
    const std::vector<MassBox> out = joined(cells);
    many += cells.size();
    few += out.size();
    for (uint64_t x = 0; x < 8; ++x)
      for (uint64_t y = 0; y < 8; ++y) {
        const auto holds = [&](const MassBox& box) {
          return box.pages.holds(x * 3 + 1) && box.lsns.begin <= y * 5 && y * 5 + 5 <= box.lsns.end;
        };
        CHECK(std::count_if(out.begin(), out.end(), holds) == (has[x][y] ? 1 : 0));
      }
    for (size_t i = 1; i < out.size(); ++i) {
      const MassBox &a = out[i - 1], &b = out[i];
      CHECK((a.pages == b.pages ? a.lsns.end < b.lsns.begin : a.pages.end <= b.pages.begin));
    }
  }
  CHECK(few < many / 3);
  CHECK(joined({}).empty());
}

TEST_CASE("what is kept of the log has the bytes that it had") {
  Random random(12);
  for (int trial = 0; trial < 100; ++trial) {
    SliceMass mass({0, 10, 25, 26, 60});
    std::vector<double> bytes(mass.slice_count());
    for (int i = 0; i < 20; ++i) {
      for (double& of_each : bytes) of_each = random.unit() * 50;
      mass.add(bytes);
    }
    std::vector<MassBox> boxes;
    std::vector<LsnRange> kept;
    std::vector<uint64_t> due;
    for (int i = 0; i < 3; ++i) {
      const uint64_t begin = random.below(mass.end()), page = random.below(60);
      boxes.push_back({{page, page + 1 + random.below(60 - page)},
                       {begin, begin + 1 + random.below(mass.end() - begin)}});
      kept.push_back(boxes.back().lsns);
      due.push_back(mass.bytes(boxes.back().pages, boxes.back().lsns));
    }
    const size_t before = mass.ends().size();
    const uint64_t allocated = mass.allocated_bytes(), all = mass.end();
    mass.keep(kept);
    CHECK(mass.ends().size() <= before);
    CHECK((mass.ends().size() == before || mass.allocated_bytes() < allocated));
    for (size_t i = 0; i < boxes.size(); ++i)
      CHECK(mass.bytes(boxes[i].pages, boxes[i].lsns) == due[i]);
    CHECK(mass.end() == all);
    CHECK(mass.bytes({0, 60}, {0, all}) == all);
    CHECK(mass.add(bytes) > 0);
    mass.keep({});
    CHECK(mass.ends().size() == 2);
  }
}

TEST_CASE("with a horizon layers hold what the log has but for what went, whatever the options") {
  for (const bool apart : {false, true})
    for (const uint64_t shift : {0, 5'000}) {
      CAPTURE(apart);
      LayeredRunOptions options = with_history(8 << 20);
      options.layered.partitioned = apart;
      options.layered.grid_pages = apart ? 64 : 0;
      options.layered.early_image_percent = apart ? 60 : 0;
      options.layered.cuts_at_edges = options.layered.keeps_identical = apart;
      SlicedRun run(options, hot_cold(kRecords, shift));
      SlicedReads reads(1);
      std::vector<PinNumber> pins;
      for (uint64_t step = 0; run.step(); ++step) {
        if (step % 16 == 3) pins.push_back(run.pin(run.flushed_lsn()));
        if (step % 32 == 30) {
          run.unpin(pins.front());
          pins.erase(pins.begin());
        }
        reads.sample(run, 20, ReadAt::kHistory);
      }
      run.collect();
      run.store().check();
      CHECK(held_bytes(run) < run.flushed_lsn());
      CHECK(run.tree().totals().collected.layers > 10);
      CHECK(run.retention().horizon() == run.flushed_lsn() - (8 << 20));
      CHECK(run.retention().pinned().size() > 1);
    }
}

TEST_CASE("a delta of layers of which some went has what the others have") {
  Random random(13);
  uint64_t in_many = 0;
  for (int trial = 0; trial < 100; ++trial) {
    SliceMass mass({0, 10, 30, 31, 60});
    SliceStore store(mass, 1'000);
    uint64_t next = 1;
    std::vector<LayerNumber> live;
    std::vector<MassBox> cells;  // what each of these has
    for (int tier = 0; tier < 4; ++tier) {
      std::vector<double> bytes(mass.slice_count());
      for (double& of_each : bytes) of_each = random.below(4) == 0 ? 0 : random.unit() * 40;
      const Lsn begin = mass.end();
      if (mass.add(bytes) == 0) continue;
      const LayerNumber flushed{next++};
      store.flush(flushed);
      LayerJob job;
      job.lsns = {begin, mass.end()};
      for (PageNumber page = 0; page < 60;) {
        job.pages = {page, std::min<PageNumber>(60, page + 1 + random.below(30))};
        store.make_delta(LayerNumber{next}, job, std::vector{flushed});
        live.push_back(LayerNumber{next++});
        cells.push_back({job.pages, job.lsns});
        page = job.pages.end;
      }
      store.drop(flushed);
    }
    for (size_t i = live.size(); i-- > 0;)
      if (random.below(3) == 0) {
        store.forget(live[i]);
        live.erase(live.begin() + static_cast<ptrdiff_t>(i));
        cells.erase(cells.begin() + static_cast<ptrdiff_t>(i));
      }
    store.check();
    LayerJob job;
    job.lsns = {0, mass.end()};
    job.pages = {0, 20 + random.below(30)};
    const std::vector<LayerNumber> halves{LayerNumber{next}, LayerNumber{next + 1}};
    uint64_t made = store.make_delta(halves[0], job, live);
    uint64_t due = 0;
    for (const MassBox& cell : cells)
      for (PageNumber page = cell.pages.begin; page < std::min(job.pages.end, cell.pages.end);
           ++page)
        due += mass.page_bytes(mass.slice_of(page), cell.lsns);
    CHECK(made == due + kDeltaBytes);
    job.pages = {job.pages.end, 60};
    made += store.make_delta(halves[1], job, live);
    for (const LayerNumber gone : live) store.drop(gone);
    store.check();
    in_many += store.boxes(halves[0]).size() > 1;
    const auto profile = store.profile(halves);
    profile->begin({0, kEndOfPages});
    uint64_t told = 0;
    for (auto some = profile->next(); !some.empty(); some = profile->next())
      for (const PageStretch& stretch : some) told += stretch.bytes;
    CHECK(told + 2 * kDeltaBytes == made);
  }
  CHECK(in_many > 50);
}

TEST_CASE("with a short horizon memory does not grow with the log") {
  const auto slices_of_log = [](uint64_t records, uint64_t history_bytes) {
    LayeredRunOptions options = with_history(history_bytes);
    if (history_bytes == 0) options.layered.bottom_image_percent = 0;
    SlicedRun run(options, hot_cold(records));
    size_t most = 0;
    while (run.step()) most = std::max(most, run.mass().ends().size());
    return most;
  };
  const size_t brief = slices_of_log(kRecords, 4 << 20),
               longer = slices_of_log(4 * kRecords, 4 << 20);
  CHECK(longer < brief + brief / 4);
  CHECK(longer * 4 < slices_of_log(4 * kRecords, 0));
}

TEST_CASE("W5.11: by slices too a layer that a read must come to is missed when it goes") {
  SliceMass mass({0, 10, 20});
  SliceStore store(mass, 1'000);
  mass.add(std::vector<double>{10, 20});
  store.flush(LayerNumber{1});
  mass.add(std::vector<double>{10, 20});
  store.flush(LayerNumber{2});
  store.set_needed([](const MassBox& box) { return box.lsns.end > 300; });
  store.forget(LayerNumber{1});
  store.check();
  CHECK_THROWS_WITH_AS(store.forget(LayerNumber{2}), doctest::Contains("I10"), BrokenInvariant);
  store.drop(LayerNumber{2});
  CHECK_THROWS_AS(store.check(), BrokenInvariant);
}

TEST_CASE("what is needed of a delta is said by images and by what is pinned") {
  LayeredRunOptions options = with_history(4 << 20);
  SlicedRun run(options, hot_cold(kRecords));
  for (int i = 0; i < 20; ++i) run.step();
  CHECK_THROWS_AS(run.pin(run.flushed_lsn() + 1), InvalidArgument);
  CHECK_THROWS_AS(run.pin(run.retention().horizon() - 1), InvalidArgument);
  const PinNumber branch = run.pin(run.retention().horizon());
  const PinNumber lease = run.lease(run.flushed_lsn(), 1e-3);
  CHECK(lease != branch);
  run.step();
  run.unpin(branch);
  CHECK_THROWS_AS(run.unpin(branch), InvalidArgument);
}
