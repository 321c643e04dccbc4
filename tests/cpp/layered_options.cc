// What the published algorithm's authors left to do: partitions by themselves, cuts where others
// are, images before the fanout; each page is rebuilt with any of it, and hot pages pay.
#include <doctest/doctest.h>

#include <vector>

#include "lsmkit/bytes/error.h"
#include "lsmkit/layered/cut_points.h"
#include "lsmkit/layered/delta_cutter.h"
#include "lsmkit/layered/layer_planner.h"
#include "lsmkit/layered/level_parts.h"
#include "support/layered_model.h"
#include "support/layers.h"

using namespace lsmkit;

namespace {

constexpr PageRange kHot{0, 10};

LayerLevel tiers(uint64_t count, uint64_t newest_bytes) {
  LayerLevel level{{0, count * 100}, {}};
  for (uint64_t i = count; i-- > 0;)
    level.layers.push_back(
        delta(i + 1, kHot, {i * 100, i * 100 + 100}, i + 1 == count ? newest_bytes : 1'000));
  return level;
}

}  // namespace

TEST_CASE("what images cover is not open, and what the level below left undone is not deep") {
  LayerLevel level = tiers(4, 1'000);
  CHECK(state_of(level, {0, 50}).depth == 4);
  CHECK(state_of(level, {0, 50}).open_bytes == 4'000);
  CHECK(state_of(level, {20, 50}).depth == 0);
  level.lower_begin = 200;  // the upper two are still small
  CHECK(state_of(level, {0, 50}).depth == 2);
  level.lower_begin = 300;  // the uppermost is as high as the level below was
  CHECK(state_of(level, {0, 50}).depth == 4);
  level.layers.push_back(image(9, {0, 5}, 300));
  CHECK(state_of(level, {0, 50}).open_bytes == 4'000);  // half of the pages
  level.layers.push_back(image(10, {5, 60}, 200));
  CHECK(state_of(level, {0, 50}).open_bytes == 2'000);
  CHECK(state_of(level, {0, 50}).depth == 2);
}

TEST_CASE("deltas of one page make a part deep that has no others") {
  LayerLevel level{{0, 300}, {}};
  for (uint64_t i = 3; i-- > 0;)
    level.layers.push_back(delta(i + 1, {7, 8}, {i * 100, i * 100 + 100}));
  CHECK(state_of(level, {0, 9}).depth == 3);
}

TEST_CASE("a part goes on as it was when its newest tier holds as much as the others") {
  CHECK(state_of(tiers(2, 1'000), {0, 50}).is_steady);
  CHECK(state_of(tiers(2, 900), {0, 50}).is_steady);
  CHECK(!state_of(tiers(2, 800), {0, 50}).is_steady);
  CHECK(!state_of(tiers(1, 1'000), {0, 50}).is_steady);  // nobody knows
}

namespace {

LayeredOptions with_images_at(uint32_t percent) {
  LayeredOptions options;
  options.target_bytes = 1 << 20;
  options.partitioned = true;
  options.early_image_percent = percent;
  return options;
}

// Of the first part, where the pages of kHot are in use: ten, of 81,920 B.
PlannedPart part_of(const LayerLevel& level, const LayeredOptions& options) {
  Keyspace keyspace;
  keyspace.add(kHot);
  const RecordStore store(false);
  return plan_level(level, *store.profile({}), keyspace, options).parts.at(0);
}

LayerLevel even_tiers(uint64_t count, uint64_t bytes) {
  LayerLevel level = tiers(count, bytes);
  for (Layer& layer : level.layers) layer.bytes = bytes;
  return level;
}

}  // namespace

TEST_CASE("a part has images for deltas where they are small beside those of two tiers") {
  const LayerLevel four = even_tiers(4, 200'000);
  CHECK(part_of(four, with_images_at(21)).makes == LayerKind::kImage);
  CHECK(part_of(four, with_images_at(0)).makes == LayerKind::kImage);  // small beside all four
  // If not, it has them where the level as a whole would.
  CHECK(part_of(four, with_images_at(20)).makes == LayerKind::kImage);
  LayeredOptions options = with_images_at(20);
  Keyspace keyspace;
  keyspace.add(PageRange{0, 200});
  LayerLevel two_parts = four;
  const RecordStore store(false);
  const auto makes_of_ten_pages = [&] {
    two_parts.layers.push_back(delta(9, {60, 70}, {0, 100}, 1'000));
    return plan_level(two_parts, *store.profile({}), keyspace, options).parts.at(0).makes;
  };
  CHECK(makes_of_ten_pages() == LayerKind::kDelta);
  options.early_image_percent = 0;
  CHECK(makes_of_ten_pages() == LayerKind::kImage);
  options.partitioned = false;
  options.early_image_percent = 21;
  CHECK_THROWS_WITH_AS(check(options), doctest::Contains("early_image_percent"), InvalidArgument);
}

TEST_CASE("a part that had images has more after two tiers, one that had none after the fanout") {
  LayerLevel level = even_tiers(2, 200'000);
  CHECK(part_of(level, with_images_at(21)).makes == std::nullopt);
  level.layers.push_back(image(9, {0, 60}, 0));
  level.lsns.begin = 0;
  CHECK(part_of(level, with_images_at(21)).makes == std::nullopt);  // none at all: at the beginning
  level = even_tiers(3, 200'000);
  level.layers.push_back(image(9, {0, 60}, 100));
  CHECK(part_of(level, with_images_at(21)).makes == LayerKind::kImage);
  CHECK(part_of(level, with_images_at(20)).makes == std::nullopt);
  level.layers[0].bytes = 170'000;  // not steady
  level.layers[1].bytes = 230'000;
  CHECK(part_of(level, with_images_at(21)).makes == std::nullopt);
  level.layers[1].bytes = 10'000'000;  // so much that it hardly matters
  CHECK(part_of(level, with_images_at(21)).makes == LayerKind::kImage);
}

TEST_CASE(
    "with its first images a part gets those that it lacked half way, if it had these pages") {
  LayerLevel level = even_tiers(4, 200'000);
  CHECK(part_of(level, with_images_at(21)).image_lsns == std::vector<Lsn>{200, 400});
  level.same_pages_from = 200;
  CHECK(part_of(level, with_images_at(21)).image_lsns == std::vector<Lsn>{200, 400});
  level.same_pages_from = 201;
  CHECK(part_of(level, with_images_at(21)).image_lsns == std::vector<Lsn>{400});
  level.same_pages_from = 0;
  CHECK(part_of(level, with_images_at(0)).image_lsns == std::vector<Lsn>{400});
  level.layers.push_back(image(9, {0, 60}, 100));
  CHECK(part_of(level, with_images_at(21)).image_lsns == std::vector<Lsn>{400});
}

TEST_CASE("W5.2, W5.3: layers begin and end where others do, or where bytes per page change") {
  const std::vector<Layer> layers{delta(1, {0, 40}, {0, 1}), delta(2, {40, 90}, {0, 1}),
                                  image(3, {40, 70}, 1), delta(4, kAllPages, {1, 2})};
  const std::vector<CutPoint> edges = edges_of(layers);
  CHECK(edges == std::vector<CutPoint>{{40, CutReason::kEdge, 3},
                                       {70, CutReason::kEdge, 1},
                                       {90, CutReason::kEdge, 1}});
  // A thousand bytes a page below page 57, one above.
  std::vector<PageStretch> stretches;
  for (PageNumber page = 0; page < 57; ++page) stretches.push_back({{page, page + 1}, 1'000});
  for (PageNumber page = 57; page < 60'000; ++page) stretches.push_back({{page, page + 1}, 1});
  const std::vector<CutPoint> steps = density_steps(stretches, 5'000);
  REQUIRE(steps.size() == 1);
  CHECK(steps[0].page == 57);
  CHECK(density_steps(std::span(stretches).first(57), 5'000).empty());

  const auto ends = [&](uint64_t grid, std::span<const CutPoint> points) {
    DeltaCutter cutter(40'000, grid, points);
    for (const PageStretch& stretch : stretches) cutter.add(stretch);
    cutter.finish();
    std::vector<PageNumber> out;
    for (const PageStretch& made : cutter.deltas()) out.push_back(made.pages.end);
    return out;
  };
  CHECK(ends(0, {})[0] == 40);
  CHECK(ends(31, {})[0] == 31);
  CHECK(ends(29, {})[0] == 40);  // more than a quarter too short: rather as it was
  const std::vector<CutPoint> both = merged_cuts(edges, steps);
  CHECK(ends(31, both)[0] == 40);  // edges first
  CHECK(ends(0, std::vector<CutPoint>{{33, CutReason::kDensity, 40}})[0] == 33);
  CHECK(ends(31, std::vector<CutPoint>{{33, CutReason::kDensity, 40}})[0] == 31);
  CHECK(ends(0, std::vector<CutPoint>{{33, CutReason::kEdge, 1}, {49, CutReason::kEdge, 2}})[0] ==
        49);
}

TEST_CASE("W5.5: what would come out the same is counted and not written") {
  for (const bool at_edges : {false, true}) {
    LayeredTotals with, without;
    for (LayeredTotals* totals : {&with, &without}) {
      LayeredRunOptions options;
      options.checks = true;
      options.layered.target_bytes = 10'000;
      options.layered.cuts_at_edges = at_edges;
      options.layered.keeps_identical = totals == &with;
      LayeredRun run(options);
      // Loaded in order, then written to beyond that: only there is the level of both deep.
      for (PageNumber page = 0; page < 1'616; ++page) run.ingest(page, 100);
      for (uint64_t i = 0; i < 1'700; ++i) run.ingest(5'000 + i * 37 % 161, 100);
      run.flush();
      *totals = run.tree().totals();
    }
    // Of four tiers of 404 records four deltas each. Cut anew, the first tier's fourth gets four
    // fewer, and all that come after begin elsewhere; at edges they do not.
    CHECK(with.identical.layers == (at_edges ? 16 : 3));
    CHECK(with.identical.bytes >= with.identical.layers * 10'000);
    CHECK(without.identical == LayerCounts{});
    CHECK(with.written_bytes() + with.identical.bytes == without.written_bytes());
    CHECK(with.retiled.layers + with.identical.layers == without.retiled.layers);
  }
}

namespace {

uint64_t count_halfway_images(const std::vector<LayerEvent>& events) {
  uint64_t count = 0;
  Lsn flushed = 0;
  for (const LayerEvent& event : events) {
    if (event.reason == LayerReason::kFlush) flushed = event.layer.lsns.end;
    count += event.reason == LayerReason::kCovered && event.layer.lsns.end < flushed;
  }
  return count;
}

}  // namespace

TEST_CASE("I2: every page is rebuilt with all options of the planner") {
  Random random(17);
  uint64_t kept = 0, images = 0, halfway_images = 0;
  for (int trial = 0; trial < 36; ++trial) {
    LayeredRunOptions options;
    options.checks = true;
    options.layered.target_bytes = kPageBytes + random.below(30'000);
    options.layered.fanout = 2 + static_cast<uint32_t>(random.below(4));
    options.layered.partitioned = true;
    options.layered.grid_pages = trial % 2 == 0 ? 0 : 16;
    options.layered.cuts_at_edges = trial % 4 >= 2;
    options.layered.cuts_at_density = trial % 8 >= 4;
    options.layered.early_image_percent = 10 + static_cast<uint32_t>(random.below(60));
    options.layered.keeps_identical = trial % 3 == 0;
    options.layered.page_image_records = trial % 5 == 0 ? 2 + random.below(100) : 0;
    options.layered.page_image_bytes = trial % 5 < 2 ? kPageBytes + random.below(10'000) : 0;
    LayeredRun run(options);
    const uint64_t page_count = 20 + random.below(300);
    LayeredModel model(page_count);
    const uint64_t hot = 1 + random.below(page_count);
    for (uint64_t i = 0; i < 10'000; ++i) {
      const PageNumber page = random.below(random.below(10) < 8 ? hot : page_count);
      model.write(run, page, 1 + static_cast<uint32_t>(random.below(200)));
      if (random.below(4'000) == 0) run.flush();
      if (random.below(4'000) == 0) run.compact();
    }
    run.flush();
    model.check_pages(run, random, 5);
    kept += run.tree().totals().parts_kept;
    images += run.tree().totals().images.layers;
    halfway_images += count_halfway_images(run.events());
  }
  CHECK(kept > 20);
  CHECK(halfway_images > 5);
  CHECK(images > 50);
}

TEST_CASE("W5.7: page images in a delta stop a read there, and cost what they take") {
  RecordStore store(true);
  LayerMap map;
  for (int i = 0; i < 10; ++i) store.append(5, 10);  // LSN 0 to 100
  store.append(6, 10);
  store.flush(LayerNumber{1});
  LayerJob job{LayerKind::kDelta, {5, 7}, {0, 110}, {0}, 112, {4, 0}};
  const std::vector<LayerNumber> inputs{LayerNumber{1}};
  const uint64_t bytes = store.make_delta(LayerNumber{2}, job, inputs);
  CHECK(bytes == 112 + 2 * kPageBytes);  // after the fourth and the eighth
  CHECK(store.page_image_count(LayerNumber{2}) == 2);
  store.drop(LayerNumber{1});
  map.add(delta(2, {5, 7}, {0, 110}, bytes));
  LayerReader reader(map, store);
  CHECK(reader.read(5, 110).records == 2);
  CHECK(reader.read(5, 110).page_image_lsn == 80);
  CHECK(reader.read(5, 110).bytes == 20 + kPageBytes);
  CHECK(reader.read(5, 80).records == 0);
  CHECK(reader.read(5, 79).page_image_lsn == 40);
  CHECK(reader.read(5, 79).records == 4);
  CHECK(reader.read(5, 39).page_image_lsn == 0);
  CHECK(reader.read(5, 39).records == 4);
  CHECK(reader.read(6, 110).page_image_lsn == 0);
  // A layer of images above them counts instead.
  map.add(image(3, {5, 7}, 90));
  CHECK(reader.read(5, 110).page_image_lsn == 0);
  CHECK(reader.read(5, 110).records == 1);
  job.page_images = {100, 30};  // whichever comes first
  CHECK(store.make_delta(LayerNumber{4}, job, std::vector{LayerNumber{2}}) == 112 + 3 * kPageBytes);
  store.drop(LayerNumber{2});
  LayeredOptions options;
  options.page_image_bytes = 8'191;
  CHECK_THROWS_WITH_AS(check(options), doctest::Contains("page_image_bytes"), InvalidArgument);
}

TEST_CASE("a partition holds all that stands beside its widest delta") {
  const LayerLevel level{{0, 100},
                         {delta(4, {60, 70}, {50, 100}), delta(3, {30, 50}, {50, 100}),
                          delta(2, {10, 20}, {50, 100}), delta(1, {0, 40}, {0, 50})}};
  CHECK(partitions_of(level) == std::vector<PageRange>{{0, 60}, {60, kEndOfPages}});
}

TEST_CASE("I12: a compaction that is interrupted anywhere leaves its level as it was") {
  struct Stop {};
  Random random(3);
  uint64_t interrupted = 0;
  for (uint64_t polls = 0;; ++polls) {
    LayeredRunOptions options;
    options.checks = true;
    options.layered.target_bytes = 20'000;
    options.layered.page_image_records = 30;
    LayeredRun run(options);
    LayeredModel model(200);
    while (run.tree().totals().flushed.layers < 19 || run.store().buffered_bytes() > 0) {
      model.write(run, random.below(random.below(3) == 0 ? 200 : 20), 100);
      if (run.store().buffered_bytes() > 19'900) run.flush();
    }
    const std::vector<Layer> before = run.map().layers();
    const LayerNumber next = run.tree().next_number();
    uint64_t left = polls;
    run.set_poll([&left] {
      if (left-- == 0) throw Stop();
    });
    bool ended = true;
    try {
      run.compact();
    } catch (const Stop&) {
      ended = false;
    }
    run.set_poll({});
    if (ended) break;
    ++interrupted;
    run.map().check_disjoint();
    run.store().check();
    if (run.tree().totals().level_compactions == 0) {
      CHECK(run.map().layers() == before);
      CHECK(run.tree().next_number() == next);
    }
    CHECK(run.tree().compaction_due());
    model.check_pages(run, random, 3);
    run.compact();
    run.store().check();
    model.check_pages(run, random, 3);
  }
  CHECK(interrupted > 20);
}
