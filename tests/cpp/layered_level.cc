// Which layers form a level, how deep it is, and what the map of layers finds and refuses.
#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "lsmkit/bytes/error.h"
#include "lsmkit/layered/layer_checks.h"
#include "lsmkit/layered/layer_map.h"
#include "lsmkit/layered/level_finder.h"
#include "support/layers.h"

using namespace lsmkit;

namespace {

std::vector<uint64_t> numbers_of(const std::vector<Layer>& layers) {
  std::vector<uint64_t> out;
  for (const Layer& layer : layers) out.push_back(static_cast<uint64_t>(layer.number));
  return out;
}

using Numbers = std::vector<uint64_t>;

// As a map would have them.
std::vector<Layer> stacked(std::vector<Layer> layers) {
  std::sort(layers.begin(), layers.end(), stands_below);
  return layers;
}

}  // namespace

TEST_CASE("a level goes down to the first delta that is too tall") {
  // Six on top of each other; the fifth from below is twice as tall as the others.
  const std::vector<Layer> layers{delta(1, kAllPages, {100, 200}), delta(2, kAllPages, {200, 300}),
                                  delta(3, kAllPages, {300, 400}), delta(4, kAllPages, {400, 500}),
                                  delta(5, kAllPages, {500, 700}), delta(6, kAllPages, {700, 800})};
  const auto tall = find_level(stacked(layers), 900, 200);
  REQUIRE(tall);
  CHECK(numbers_of(tall->layers) == Numbers{6, 5, 4, 3, 2, 1});
  CHECK(tall->lsns == LsnRange{100, 900});
  CHECK(depth_of(tall->layers) == 6);

  const auto low = find_level(stacked(layers), 900, 199);
  REQUIRE(low);
  CHECK(numbers_of(low->layers) == Numbers{6});
  CHECK(low->lsns == LsnRange{700, 900});
  CHECK(depth_of(low->layers) == 1);

  const auto below = find_level(stacked(layers), 300, 100);
  REQUIRE(below);
  CHECK(numbers_of(below->layers) == Numbers{2, 1});
  CHECK(depth_of(below->layers) == 2);

  CHECK(!find_level(stacked(layers), 700, 199));  // the very first is too tall
  CHECK(!find_level({}, 700, 100));
  CHECK_THROWS_AS(find_level(stacked(layers), 600, 100), InvalidArgument);
}

TEST_CASE("a level does not begin where a delta lies on both sides") {
  // Each of the lower ones overlaps the next, down to one that is too tall: none of them can go.
  const std::vector<Layer> layers{delta(1, kAllPages, {100, 250}), delta(2, kAllPages, {200, 300}),
                                  delta(3, kAllPages, {250, 350}), delta(4, kAllPages, {300, 400}),
                                  delta(5, kAllPages, {400, 500})};
  const auto level = find_level(stacked(layers), 1000, 100);
  REQUIRE(level);
  CHECK(numbers_of(level->layers) == Numbers{5});
  CHECK(level->lsns.begin == 400);
  // Were it not too tall, all would.
  CHECK(find_level(stacked(layers), 1000, 150)->layers.size() == 5);
}

TEST_CASE("deltas side by side are one deep, staggered ones as deep as they overlap") {
  const std::vector<Layer> apart{delta(1, {4000, 5000}, {600, 700}),
                                 delta(2, {3000, 4000}, {700, 800}),
                                 delta(3, {1000, 2000}, {800, 900})};
  REQUIRE(find_level(stacked(apart), 1000, 200));
  CHECK(find_level(stacked(apart), 1000, 200)->layers.size() == 3);
  CHECK(depth_of(apart) == 1);
  const std::vector<Layer> staggered{delta(1, {1000, 2000}, {800, 900}),
                                     delta(2, {1500, 2500}, {700, 800}),
                                     delta(3, {2000, 3000}, {600, 700})};
  CHECK(find_level(stacked(staggered), 1000, 200)->layers.size() == 3);
  CHECK(depth_of(staggered) == 2);
  CHECK(depth_of(std::vector{delta(1, {0, 10}, {0, 1}), delta(2, {10, 20}, {1, 2})}) == 1);
}

TEST_CASE("an image hides the deltas below it, and limits no level") {
  const std::vector<Layer> layers{delta(1, {1000, 2000}, {800, 900}),
                                  delta(2, {1500, 2500}, {700, 800}),
                                  delta(3, {2000, 3000}, {600, 700}), image(4, {1500, 2500}, 900)};
  const auto level = find_level(stacked(layers), 1000, 200);
  REQUIRE(level);
  CHECK(level->layers.size() == 4);
  CHECK(depth_of(level->layers) == 1);
  // At the top's own LSN it belongs to the level; above it does not.
  CHECK(find_level(stacked(layers), 900, 200)->layers.size() == 4);
  CHECK(find_level(stacked(layers), 800, 200)->layers.size() == 2);
  // Half way down: the deltas above it count.
  CHECK(depth_of(std::vector{delta(1, {0, 9}, {0, 10}), image(2, {0, 9}, 10),
                             delta(3, {0, 9}, {10, 20}), delta(4, {0, 9}, {20, 30})}) == 2);
}

TEST_CASE("deltas of a single page do not make a level deep") {
  std::vector<Layer> layers{delta(1, {0, 7}, {0, 100})};
  for (uint64_t i = 0; i < 10; ++i) layers.push_back(delta(2 + i, {7, 8}, {i * 10, i * 10 + 10}));
  CHECK(depth_of(layers) == 1);
}

TEST_CASE("a read goes from the top down; it ends at an image") {
  LayerMap map;
  map.add(delta(1, kAllPages, {0, 100}));
  map.add(image(3, {0, 50}, 100));
  map.add(delta(2, {40, 60}, {100, 200}));
  map.add(delta(4, {50, 60}, {0, 100}));
  map.add(delta(5, kAllPages, {200, 300}));
  ReadPath path;
  const auto met = [&](PageNumber page, Lsn lsn) {
    map.path(page, lsn, path);
    Numbers out;
    for (const Layer* delta : path.deltas) out.push_back(static_cast<uint64_t>(delta->number));
    if (path.image != nullptr) out.push_back(static_cast<uint64_t>(path.image->number));
    return out;
  };
  CHECK(met(45, 300) == Numbers{5, 2, 3});
  CHECK(met(45, 200) == Numbers{2, 3});
  CHECK(met(45, 100) == Numbers{3});
  CHECK(met(45, 99) == Numbers{1});
  CHECK(met(45, 0).empty());
  CHECK(met(50, 300) == Numbers{5, 2, 4, 1});
  CHECK(numbers_of(map.in_box({50, 60}, {0, 150})) == Numbers{1, 4, 2});
  CHECK(numbers_of(map.in_box({0, 10}, {0, 100})) == Numbers{1, 3});
}

TEST_CASE("the map says which layers are not as they must be") {
  LayerMap map;
  map.add(delta(1, {0, 10}, {0, 100}, 500));
  map.add(delta(2, {10, 20}, {0, 100}, 500));
  map.add(delta(3, {0, 20}, {100, 200}, 500));
  map.check_disjoint();
  map.check_sums();
  map.check_sizes(250);
  CHECK(map.live_bytes() == 1500);
  CHECK_THROWS_WITH_AS(map.check_sizes(248), doctest::Contains("I5: delta 1"), BrokenInvariant);
  map.check_crossed_by_none(100);
  CHECK_THROWS_WITH_AS(map.check_crossed_by_none(150), doctest::Contains("I4: delta 3"),
                       BrokenInvariant);
  map.add(delta(4, {19, 30}, {99, 150}, 2));
  CHECK_THROWS_WITH_AS(map.check_disjoint(), doctest::Contains("I3"), BrokenInvariant);
  CHECK_THROWS_WITH_AS(map.check_sizes(1000), doctest::Contains("I5: delta 4"), BrokenInvariant);
  CHECK(map.remove(LayerNumber{4}).bytes == 2);
  map.check_disjoint();
  CHECK_THROWS_WITH_AS(map.remove(LayerNumber{4}), doctest::Contains("I8: layer 4"),
                       BrokenInvariant);
  CHECK_THROWS_AS(map.add(delta(5, {30, 40}, {1, 1})), InvalidArgument);
  CHECK(map.live_bytes() == 1500);
  CHECK(map.peak_live_bytes() == 1502);
  CHECK(map.created() == LayerCounts{4, 1502});
  CHECK(map.deleted() == LayerCounts{1, 2});
}
