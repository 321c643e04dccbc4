// The past goes below the horizon, but for what branches and leases pin; whatever goes, each page
// is rebuilt at every LSN that must be readable.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "lsmkit/bytes/error.h"
#include "lsmkit/layered/collector.h"
#include "lsmkit/layered/image_skyline.h"
#include "lsmkit/layered/layer_checks.h"
#include "lsmkit/layered/measured_layered_run.h"
#include "lsmkit/layered/retention.h"
#include "support/layered_model.h"
#include "support/layers.h"

using namespace lsmkit;

namespace {

std::vector<uint64_t> unneeded(const std::vector<Layer>& layers, Lsn horizon,
                               const std::vector<Lsn>& pinned) {
  std::vector<uint64_t> out;
  for (const LayerNumber number : unneeded_layers(layers, horizon, pinned))
    out.push_back(static_cast<uint64_t>(number));
  return out;
}

using Numbers = std::vector<uint64_t>;

LayeredRunOptions options_of(uint64_t history_bytes) {
  LayeredRunOptions options;
  options.checks = true;
  options.layered.target_bytes = 2 * kPageBytes;
  options.layered.fanout = 2;
  options.layered.history_bytes = history_bytes;
  return options;
}

}  // namespace

TEST_CASE("the highest images over all pages, as far as an LSN") {
  const std::vector<Layer> layers{image(1, {0, 50}, 100), image(2, {20, 30}, 300),
                                  image(3, {25, 80}, 200), delta(4, {0, 90}, {0, 400})};
  const ImageSkyline all(layers, 300), low(layers, 299);
  CHECK(all.least({0, 20}) == 100);
  CHECK(all.least({0, 80}) == 100);
  CHECK(all.least({20, 30}) == 300);
  CHECK(all.least({20, 31}) == 200);
  CHECK(all.least({79, 81}) == 0);
  CHECK(low.least({20, 25}) == 100);
  CHECK(low.least({25, 80}) == 200);
  CHECK(ImageSkyline({}, 10).least(kAllPages) == 0);
}

TEST_CASE("a layer goes when it ends below the horizon and images stand on it there") {
  const std::vector<Layer> layers{delta(1, {0, 50}, {0, 100}), delta(2, {50, 90}, {0, 100}),
                                  image(3, {0, 50}, 100),      delta(4, {0, 90}, {100, 200}),
                                  image(5, {0, 90}, 200),      delta(6, {0, 90}, {200, 300}),
                                  image(7, {0, 40}, 300)};
  CHECK(unneeded(layers, 99, {}).empty());
  CHECK(unneeded(layers, 100, {}) == Numbers{1});
  CHECK(unneeded(layers, 199, {}) == Numbers{1});
  CHECK(unneeded(layers, 200, {}) == Numbers{1, 2, 3, 4});
  CHECK(unneeded(layers, 300, {}) == Numbers{1, 2, 3, 4});  // 7 covers only some
  // A branch inside a delta needs it and what it stands on; at an image's LSN only the image.
  CHECK(unneeded(layers, 300, {150}) == Numbers{1});
  CHECK(unneeded(layers, 300, {100}) == Numbers{1, 4});
  CHECK(unneeded(layers, 300, {50}) == Numbers{3, 4});
  CHECK(unneeded(layers, 300, {99}) ==
        Numbers{3, 4});  // one below the image it needs what is below
  CHECK(unneeded(layers, 300, {200}) == Numbers{1, 2, 3, 4});
}

TEST_CASE("the horizon is the longer of bytes and time, and never moves back") {
  RetentionOptions options{1'000, 2, 700};
  Retention retention(options);
  retention.advance(1'400);
  CHECK(retention.horizon() == 0);
  retention.advance(1'500);
  CHECK(retention.horizon() == 100);
  retention.advance(1'450);
  CHECK(retention.horizon() == 100);
  options.history_bytes = 1'401;
  Retention bytes(options);
  bytes.advance(1'500);
  CHECK(bytes.horizon() == 99);
  CHECK(Retention({}).keeps_all());
  options.log_bytes_per_s = 0;
  CHECK_THROWS_WITH_AS(check(options), doctest::Contains("log_bytes_per_s"), InvalidArgument);
  options = {0, -1, 1};
  CHECK_THROWS_WITH_AS(check(options), doctest::Contains("history_s"), InvalidArgument);
}

TEST_CASE("branches are readable until they are given up, leases for their time") {
  Retention retention({100, 0, 10});
  retention.advance(200);
  const PinNumber branch = retention.pin(100);
  const PinNumber lease = retention.lease(150, 20);  // until LSN 400
  CHECK_THROWS_AS(retention.pin(99), InvalidArgument);
  retention.advance(200);
  CHECK(retention.pinned().empty());  // the horizon keeps it
  retention.advance(201);
  CHECK(retention.pinned() == std::vector<Lsn>{100});
  CHECK(retention.is_readable(100));
  retention.advance(399);
  CHECK(retention.pinned() == std::vector<Lsn>{100, 150});
  CHECK(retention.is_readable(150));
  CHECK(!retention.is_readable(151));
  retention.pin(100);  // a branch of a branch
  retention.unpin(branch);
  CHECK(retention.pinned() == std::vector<Lsn>{100, 150});
  retention.advance(400);
  CHECK(retention.pinned() == std::vector<Lsn>{100});
  CHECK_THROWS_AS(retention.unpin(lease), InvalidArgument);
  CHECK_THROWS_AS(retention.lease(100, 0), InvalidArgument);
}

TEST_CASE("images come to the horizon where what they let go is large enough") {
  const std::vector<Layer> layers{delta(1, {0, 50}, {0, 100}, 700),
                                  delta(2, {0, 90}, {100, 200}, 900), image(3, {0, 90}, 100)};
  const std::vector<Lsn> none, branch{100};
  const std::vector<uint64_t> one{800}, two{800, 800};
  CHECK(image_lsns(layers, 200, none, one, 110) == std::vector<Lsn>{200});
  CHECK(image_lsns(layers, 200, none, one, 115).empty());
  CHECK(image_lsns(layers, 199, none, one, 1).empty());  // what ends above does not go
  CHECK(image_lsns(layers, 200, branch, two, 110) == std::vector<Lsn>{200});
}

TEST_CASE("I2, I10: with a horizon, branches and leases every page is rebuilt where it must be") {
  Random random(23);
  uint64_t collected = 0, bottom = 0, below = 0;
  for (int trial = 0; trial < 20; ++trial) {
    LayeredRunOptions options = options_of(20'000 + random.below(200'000));
    options.layered.partitioned = trial % 2 == 1;
    options.layered.early_image_percent = trial % 2 == 0 ? 0 : 40;
    options.layered.bottom_image_percent = trial % 4 >= 2 ? 50 + uint32_t(random.below(200)) : 0;
    LayeredRun run(options);
    const uint64_t page_count = 5 + random.below(100);
    LayeredModel model(page_count);
    std::vector<std::pair<PinNumber, Lsn>> branches;
    Lsn horizon = 0;
    for (int i = 0; i < 12'000; ++i) {
      model.write(run, random.below(page_count), 1 + static_cast<uint32_t>(random.below(150)));
      if (random.below(3'000) == 0 && run.flushed_lsn() > 0) {
        const Lsn low = run.retention().horizon();
        const Lsn lsn = low + random.below(run.flushed_lsn() - low + 1);
        branches.emplace_back(run.pin(lsn), lsn);
      }
      if (!branches.empty() && random.below(8'000) == 0) {
        run.unpin(branches.back().first);
        branches.pop_back();
      }
      REQUIRE(run.retention().horizon() >= horizon);
      horizon = run.retention().horizon();
    }
    run.flush();
    run.collect();
    model.check_pages(run, random, 5);
    for (const auto& [number, lsn] : branches) {
      below += lsn < horizon;
      for (PageNumber page = 0; page < page_count; ++page) model.check_page(run, page, lsn);
    }
    if (branches.empty()) CHECK_THROWS_AS(run.read(0, horizon - 1), InvalidArgument);
    collected += run.tree().totals().collected.layers;
    for (const LayerEvent& event : run.events()) bottom += event.reason == LayerReason::kBottom;
  }
  CHECK(collected > 500);
  CHECK(bottom > 20);
  CHECK(below > 10);
}

TEST_CASE("I9: images at the horizon and at pinned LSNs have the pages of then, not of the tip") {
  LayeredRunOptions options = options_of(60'000);
  options.layered.bottom_image_percent = 1;
  LayeredRun run(options);
  std::vector<std::pair<Lsn, uint64_t>> pages_at{{0, 0}};  // flushed LSN, pages in use then
  Random random(4);
  for (uint64_t i = 0; i < 8'000; ++i) {
    run.ingest(random.below(2 + i / 100), 100);
    if (i == 2'000) run.pin(run.flushed_lsn());
    if (run.flushed_lsn() == pages_at.back().first) continue;
    pages_at.emplace_back(run.flushed_lsn(), run.keyspace().page_count());
  }
  std::map<Lsn, uint64_t> bytes;
  for (const LayerEvent& event : run.events())
    if (event.reason == LayerReason::kBottom) bytes[event.layer.lsns.end] += event.layer.bytes;
  CHECK(bytes.size() > 5);
  uint64_t fewer = 0;
  for (const auto& [lsn, of_images] : bytes) {
    // What is in use is known for every flush: at the next one.
    const auto flush = std::partition_point(pages_at.begin(), pages_at.end(),
                                            [lsn = lsn](const auto& at) { return at.first < lsn; });
    REQUIRE(flush != pages_at.end());
    CHECK(of_images == flush->second * kPageBytes);
    fewer += flush->second < run.keyspace().page_count();
  }
  CHECK(fewer > 5);
}

TEST_CASE("a short history takes little room, a pinned LSN keeps what it needs") {
  const auto live_bytes = [](uint64_t history_bytes, uint32_t bottom_percent, bool branch) {
    LayeredRunOptions options = options_of(history_bytes);
    options.layered.bottom_image_percent = bottom_percent;
    LayeredRun run(options);
    run.use_pages({0, 150});
    Random random(1);
    for (int i = 0; i < 20'000; ++i) {
      run.ingest(random.below(150), 100);
      if (branch && i == 10'000) run.pin(run.flushed_lsn());
    }
    return run.map().live_bytes();
  };
  const uint64_t all = live_bytes(0, 0, false);
  const uint64_t some = live_bytes(100'000, 0, false);
  const uint64_t bottom = live_bytes(100'000, 25, false);
  const uint64_t branched = live_bytes(100'000, 25, true);
  CHECK(all > 1'900'000);
  CHECK(some == all);  // nothing can go as long as no images stand on it
  CHECK(bottom < some);
  CHECK(branched > bottom);
  CHECK(branched <= bottom + 2 * 150 * kPageBytes);
}

TEST_CASE("branches come and go: what they pin stays, and each page is rebuilt there") {
  const auto options = [] {
    LayeredRunOptions out = options_of(1'000'000);
    out.layered.target_bytes = 64 << 10;
    out.layered.bottom_image_percent = 25;
    return out;
  };
  constexpr uint64_t kPages = 150;
  const ReadSampling sampling{1, 1'000'000, 100};
  const auto live_bytes = [&](const BranchPlan& plan) {
    MeasuredLayeredRun measured(options(), sampling, plan);
    LayeredModel model(kPages);
    model.use(measured.run(), {0, kPages});
    Random random(1);
    for (int i = 0; i < 20'000; ++i) {
      const PageNumber page = random.below(kPages);
      model.note(page, 1'000);
      measured.ingest(page, 1'000);
    }
    measured.flush();
    measured.collect();
    const std::vector<Lsn> lsns = measured.branch_lsns();
    CHECK(measured.branch_count() == (plan.every_log_bytes == 0 ? 0 : 5));
    const bool to_the_end = plan.living_log_bytes == 0;
    if (plan.every_log_bytes > 0) CHECK(lsns.size() == (to_the_end ? 5 : 2));
    for (const Lsn lsn : lsns)
      for (PageNumber page = 0; page < kPages; ++page) model.check_page(measured.run(), page, lsn);
    const ReadFigures reads = measured.branch_reads();
    CHECK((reads.reads > 0) == !lsns.empty());
    if (reads.reads > 0) CHECK(reads.layers_opened.mean >= 1);
    if (!lsns.empty()) CHECK(lsns.front() < measured.run().retention().horizon());
    return measured.run().map().live_bytes();
  };
  const uint64_t none = live_bytes({}), some = live_bytes({4'000'000, 8'000'000, 100});
  const uint64_t all = live_bytes({4'000'000, 0, 100});
  constexpr uint64_t kImage = kPages * kPageBytes;  // or deltas, of what a branch pins
  CHECK(some > none + kImage / 2);
  CHECK(all > some + 2 * kImage);
  CHECK(all < 20'000 * 1'000);  // less than the log, which would be kept otherwise
}

TEST_CASE("W5.11: a record that only a pinned LSN needs is named when it is lost") {
  RecordStore store(true);
  for (PageNumber page = 0; page < 10; ++page) store.append(page, 10);
  store.flush(LayerNumber{1});
  store.set_horizon(100);
  store.set_needed([](PageNumber page, Lsn lsn) { return page == 3 && lsn < 35; });
  try {
    store.drop(LayerNumber{1});
    FAIL("a record was lost");
  } catch (const LostRecord& lost) {
    CHECK(lost.page() == 3);
    CHECK(lost.lsn() == 30);
  }
}
