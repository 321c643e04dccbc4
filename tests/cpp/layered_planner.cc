// What becomes of a level: where deltas and images are cut, and which jobs a layer waits for.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <vector>

#include "lsmkit/bytes/error.h"
#include "lsmkit/layered/delta_cutter.h"
#include "lsmkit/layered/layer_planner.h"
#include "lsmkit/layered/level_parts.h"
#include "lsmkit/numbers/random.h"
#include "support/layers.h"

using namespace lsmkit;

namespace {

// Given stretches, a few at a time.
class GivenProfile final : public LevelProfile {
 public:
  explicit GivenProfile(std::vector<PageStretch> all, std::vector<LsnPart> parts = {})
      : all_(std::move(all)), parts_(std::move(parts)) {}
  void begin(const PageRange& pages) override {
    asked_.clear();
    for (const PageStretch& stretch : all_)
      if (pages.holds(stretch.pages.begin)) asked_.push_back(stretch);
    at_ = 0;
  }
  std::span<const PageStretch> next() override {
    const size_t count = std::min<size_t>(3, asked_.size() - at_);
    at_ += count;
    return std::span(asked_).subspan(at_ - count, count);
  }
  std::vector<LsnPart> parts_by_lsn(PageNumber, uint64_t) override { return parts_; }

 private:
  std::vector<PageStretch> all_;
  std::vector<LsnPart> parts_;
  std::vector<PageStretch> asked_;
  size_t at_ = 0;
};

PageStretch page(PageNumber number, uint64_t bytes) {
  return {{number, number + 1}, bytes};
}

// Page i of a list has this number.
constexpr PageNumber kApart = 3;

bool line_between(size_t page, uint64_t grid) {
  return grid > 0 && page * kApart / grid != (page - 1) * kApart / grid;
}

// How many pages from `at` on become a delta. The rule as it is said, with all pages at hand: if
// less is left than a delta and a quarter, all. Else the front that ends on the grid, within a
// quarter of the target, next to it; else the shortest front that has the target.
size_t front_by_the_rule(const std::vector<uint64_t>& bytes, size_t at, uint64_t target,
                         uint64_t grid) {
  size_t full = 0, on_grid = 0, count = 0;
  uint64_t sum = 0, best = UINT64_MAX;
  while (at + count < bytes.size()) {
    sum += bytes[at + count++];
    if (sum >= target + target / 4) return on_grid > 0 ? on_grid : full > 0 ? full : count;
    if (full == 0 && sum >= target) full = count;
    const uint64_t distance = sum < target ? target - sum : sum - target;
    if (sum < target - target / 4 || !line_between(at + count, grid) || distance >= best) continue;
    best = distance;
    on_grid = count;
  }
  return count;
}

LayerLevel level_of(std::vector<Layer> layers, LsnRange lsns) {
  return {lsns, std::move(layers)};
}

}  // namespace

TEST_CASE(
    "W5.2, W5.4: deltas are cut at the target or near it on the grid, a short rest goes to the "
    "last") {
  Random random(7);
  size_t ends_on_grid = 0;
  for (int trial = 0; trial < 4'000; ++trial) {
    const uint64_t target = 50 + random.below(200);
    const uint64_t grid = random.below(2) * (5 + random.below(30));
    std::vector<uint64_t> bytes(1 + random.below(60));
    // Sometimes pages nearly as large as a delta.
    const uint64_t most = random.below(4) == 0 ? target : 1 + target / 5;
    for (uint64_t& b : bytes) b = 1 + random.below(most);
    DeltaCutter cutter(target, grid);
    for (size_t i = 0; i < bytes.size(); ++i) cutter.add(page(kApart * i, bytes[i]));
    cutter.finish();
    size_t at = 0;
    for (const PageStretch& got : cutter.deltas()) {
      REQUIRE(at < bytes.size());
      const size_t end = at + front_by_the_rule(bytes, at, target, grid);
      CHECK(got.pages == PageRange{kApart * at, kApart * (end - 1) + 1});
      uint64_t sum = 0;
      for (size_t i = at; i < end; ++i) sum += bytes[i];
      CHECK(got.bytes == sum);
      ends_on_grid += end < bytes.size() && line_between(end, grid);
      at = end;
    }
    CHECK(at == bytes.size());
  }
  CHECK(ends_on_grid > 1'000);
}

TEST_CASE("a wide stretch is cut on the grid, inside") {
  DeltaCutter cutter(1'000, 128);
  cutter.add({{0, 1'000}, 900});
  cutter.add({{1'000, 11'000}, 10'000});
  cutter.finish();
  REQUIRE(cutter.deltas().size() > 8);
  for (size_t i = 0; i + 1 < cutter.deltas().size(); ++i) {
    const PageStretch& made = cutter.deltas()[i];
    CHECK(made.pages.end % 128 == 0);
    CHECK(made.pages.end == cutter.deltas()[i + 1].pages.begin);
    CHECK(made.bytes >= 1'000 - 64);
    CHECK(made.bytes <= 1'000 + 64);
  }
}

TEST_CASE("a wide stretch is cut inside, and nothing is lost") {
  DeltaCutter cutter(1'000);
  cutter.add({{10, 10'010}, 10'100});
  cutter.add({{20'000, 20'100}, 100});
  cutter.finish();
  uint64_t bytes = 0;
  PageNumber end = 10;
  for (const PageStretch& made : cutter.deltas()) {
    CHECK(made.bytes <= 1'250);
    CHECK(made.bytes >= 1'000);
    CHECK(made.pages.begin == end);
    end = made.pages.end;
    bytes += made.bytes;
  }
  CHECK(cutter.deltas().size() == 10);
  CHECK(end == 20'100);
  CHECK(bytes == 10'200);
}

TEST_CASE("images are cut by the pages in use, and cover those between") {
  Keyspace keyspace;
  keyspace.add(PageRange{100, 110});
  keyspace.add(PageRange{1'000, 1'010});
  keyspace.add(PageRange{2'000, 2'003});
  const auto cut = [&](uint64_t pages) {
    return cut_images(kAllPages, keyspace, pages * kPageBytes);
  };
  using Ranges = std::vector<PageRange>;
  CHECK(cut(23) == Ranges{kAllPages});
  CHECK(cut(19) == Ranges{kAllPages});  // a quarter more
  CHECK(cut(18) == Ranges{{0, 1'008}, {1'008, kEndOfPages}});
  CHECK(cut(10) == Ranges{{0, 110}, {110, 1'010}, {1'010, kEndOfPages}});
  CHECK(cut(8) == Ranges{{0, 108}, {108, 1'006}, {1'006, kEndOfPages}});
  CHECK(cut_images({105, 1'005}, keyspace, 5 * kPageBytes) == Ranges{{105, 110}, {110, 1'005}});
  CHECK(cut_images({200, 300}, keyspace, kPageBytes) == Ranges{{200, 300}});
}

TEST_CASE("pages in use are counted, however they came") {
  Random random(3);
  Keyspace keyspace;
  std::vector<bool> used(400);
  for (int i = 0; i < 300; ++i) {
    const PageNumber begin = random.below(390), end = begin + 1 + random.below(10);
    keyspace.add(PageRange{begin, end});
    for (PageNumber p = begin; p < end; ++p) used[p] = true;
    const PageNumber low = random.below(400), high = low + random.below(400 - low);
    CHECK(keyspace.page_count({low, high}) ==
          static_cast<uint64_t>(std::count(used.begin() + static_cast<long>(low),
                                           used.begin() + static_cast<long>(high), true)));
    CHECK(keyspace.covers({begin, end}));
    const uint64_t index = random.below(keyspace.page_count());
    CHECK(used[keyspace.page_at(index)]);
    CHECK(keyspace.page_count({0, keyspace.page_at(index)}) == index);
    for (size_t r = 1; r < keyspace.ranges().size(); ++r)
      CHECK(keyspace.ranges()[r - 1].end < keyspace.ranges()[r].begin);
  }
  CHECK(keyspace.page_count() == static_cast<uint64_t>(std::count(used.begin(), used.end(), true)));
  CHECK_THROWS_AS(keyspace.add(PageRange{0, kEndOfPages}), InvalidArgument);
}

TEST_CASE("new deltas have the level's LSNs, and a layer goes when all that overlap it are made") {
  LayeredOptions options;
  options.target_bytes = 10'000;
  Keyspace keyspace;
  keyspace.add(PageRange{0, 100});
  const LayerLevel level =
      level_of({image(9, {0, 50}, 200), delta(2, kAllPages, {100, 200}, 15'000),
                delta(1, {0, 5}, {0, 100}, 14'000)},
               {0, 200});
  GivenProfile profile(
      {page(1, 4'000), page(2, 7'000), page(3, 5'000), page(7, 6'000), page(8, 6'000)});
  const LayerPlan plan = plan_level(level, profile, keyspace, options);
  REQUIRE(plan.jobs.size() == 3);
  CHECK(plan.parts ==
        std::vector<PlannedPart>{{kAllPages, LayerKind::kDelta, 100 * kPageBytes, 29'000}});
  CHECK(plan.jobs[0] == LayerJob{LayerKind::kDelta, {1, 3}, {0, 200}, {1, 2}, 11'002});
  CHECK(plan.jobs[1] == LayerJob{LayerKind::kDelta, {3, 8}, {0, 200}, {1, 2}, 11'002});
  CHECK(plan.jobs[2] == LayerJob{LayerKind::kDelta, {8, 9}, {0, 200}, {1}, 6'002});
  CHECK(plan.inputs == std::vector<PlannedInput>{{LayerNumber{9}, false, {}},
                                                 {LayerNumber{2}, true, {0, 1, 2}},
                                                 {LayerNumber{1}, true, {0, 1}}});
}

TEST_CASE("images cover a level whose deltas take more than its pages, which stay") {
  LayeredOptions options;
  options.target_bytes = 2 * kPageBytes;
  Keyspace keyspace;
  keyspace.add(PageRange{10, 13});
  LayerLevel level = level_of({delta(2, kAllPages, {100, 200}, 20'000),
                               delta(1, kAllPages, {0, 100}, 3 * kPageBytes - 20'000)},
                              {0, 200});
  GivenProfile profile({page(11, 100)});
  CHECK(plan_level(level, profile, keyspace, options).jobs[0].makes == LayerKind::kDelta);
  ++level.layers[0].bytes;
  const LayerPlan plan = plan_level(level, profile, keyspace, options);
  REQUIRE(plan.jobs.size() == 2);
  CHECK(plan.jobs[0] == LayerJob{LayerKind::kImage, {0, 12}, {200, 200}, {}, 2 * kPageBytes});
  CHECK(plan.jobs[1] == LayerJob{LayerKind::kImage, {12, kEndOfPages}, {200, 200}, {}, kPageBytes});
  for (const PlannedInput& input : plan.inputs) CHECK(!input.deleted);
}

TEST_CASE("a page above the target gets deltas of its own, cut by LSN") {
  LayeredOptions options;
  options.target_bytes = 10'000;
  Keyspace keyspace;
  keyspace.add(PageRange{0, 100});
  const LayerLevel level =
      level_of({delta(2, kAllPages, {100, 200}), delta(1, kAllPages, {0, 100})}, {0, 200});
  GivenProfile profile({page(1, 2'000), page(5, 27'000), page(6, 3'000)},
                       {{3, 9'000}, {100, 10'000}, {150, 8'000}});
  const LayerPlan plan = plan_level(level, profile, keyspace, options);
  REQUIRE(plan.jobs.size() == 5);
  CHECK(plan.jobs[0].pages == PageRange{1, 2});
  for (size_t i : {1, 2, 3}) CHECK(plan.jobs[i].pages == PageRange{5, 6});
  CHECK(plan.jobs[1].lsns == LsnRange{0, 100});
  CHECK(plan.jobs[2].lsns == LsnRange{100, 150});
  CHECK(plan.jobs[3].lsns == LsnRange{150, 200});
  CHECK(plan.jobs[4].pages == PageRange{6, 7});
  CHECK(plan.inputs[0].after_jobs == std::vector<uint32_t>{0, 2, 3, 4});
  CHECK(plan.inputs[1].after_jobs == std::vector<uint32_t>{0, 1, 4});
}

TEST_CASE("W5.1: where no delta lies on both sides, each side is decided by itself") {
  LayeredOptions options;
  options.target_bytes = 2 * kPageBytes;
  options.fanout = 2;
  options.partitioned = true;
  Keyspace keyspace;
  keyspace.add(PageRange{0, 1'000});
  // Pages 0 to 90 have more than their images would take, pages from 100 on have little, and those
  // from 800 on stand no deeper than one. An image on both sides does not matter.
  const LayerLevel level =
      level_of({delta(5, {800, 900}, {100, 200}, 100), delta(4, {100, 300}, {100, 200}, 400),
                delta(3, {0, 3}, {100, 200}, 4 * kPageBytes), delta(2, {200, 700}, {0, 100}, 300),
                delta(1, {2, 90}, {0, 100}, 800'000), image(9, {1, 500}, 50)},
               {0, 200});
  CHECK(partitions_of(level) == std::vector<PageRange>{{0, 100}, {100, 800}, {800, kEndOfPages}});
  GivenProfile profile({page(100, 300), page(250, 350), page(699, 46), page(850, 98)});
  const LayerPlan plan = plan_level(level, profile, keyspace, options);
  REQUIRE(plan.parts.size() == 3);
  CHECK(plan.parts[0].makes == LayerKind::kImage);
  CHECK(plan.parts[0].image_bytes == 100 * kPageBytes);
  CHECK(plan.parts[0].delta_bytes == 800'000 + 4 * kPageBytes);
  CHECK(plan.parts[1].makes == LayerKind::kDelta);
  CHECK(plan.parts[2].makes == std::nullopt);
  REQUIRE(plan.jobs.size() == 51);
  CHECK(plan.jobs[0].pages == PageRange{0, 2});
  CHECK(plan.jobs[49].pages == PageRange{98, 100});
  CHECK(plan.jobs[50] == LayerJob{LayerKind::kDelta, {100, 700}, {0, 200}, {1, 3}, 698});
  CHECK(plan.inputs[1].after_jobs == std::vector<uint32_t>{50});
  for (const size_t stays : {0, 2, 4, 5}) CHECK(!plan.inputs[stays].deleted);
  // All at once: the many pages in use keep images away.
  options.partitioned = false;
  const LayerPlan at_once = plan_level(level, profile, keyspace, options);
  CHECK(at_once.parts.size() == 1);
  CHECK(at_once.parts[0].makes == LayerKind::kDelta);
  CHECK(partitions_of(level_of({}, {})) == std::vector<PageRange>{kAllPages});
}

TEST_CASE("W5.5: a delta that would come out the same stays") {
  LayeredOptions options;
  options.target_bytes = 10'000;
  options.keeps_identical = true;
  Keyspace keyspace;
  keyspace.add(PageRange{0, 100});
  const LayerLevel level =
      level_of({delta(3, {20, 31}, {100, 200}, 9'002), delta(2, {0, 11}, {100, 200}, 5'002),
                delta(1, {0, 6}, {0, 100}, 6'002)},
               {0, 200});
  GivenProfile profile(
      {page(0, 5'000), page(5, 3'000), page(10, 3'000), page(20, 4'000), page(30, 9'000)});
  const LayerPlan plan = plan_level(level, profile, keyspace, options);
  REQUIRE(plan.jobs.size() == 1);
  CHECK(plan.jobs[0] == LayerJob{LayerKind::kDelta, {0, 11}, {0, 200}, {1, 2}, 11'002});
  CHECK(plan.inputs == std::vector<PlannedInput>{{LayerNumber{3}, false, {}, true},
                                                 {LayerNumber{2}, true, {0}},
                                                 {LayerNumber{1}, true, {0}}});
  options.keeps_identical = false;
  CHECK(plan_level(level, profile, keyspace, options).jobs.size() == 2);
}

TEST_CASE("options that cannot be are refused by name") {
  LayeredOptions options;
  check(options);
  options.target_bytes = 8'191;
  CHECK_THROWS_WITH_AS(check(options), doctest::Contains("target_bytes"), InvalidArgument);
  options.target_bytes = 8'192;
  options.fanout = 1;
  CHECK_THROWS_WITH_AS(check(options), doctest::Contains("fanout"), InvalidArgument);
  CHECK(most_height(400) == 700);
  CHECK(most_height(3) == 5);
  CHECK(most_height(UINT64_MAX - 1) == UINT64_MAX);
}
