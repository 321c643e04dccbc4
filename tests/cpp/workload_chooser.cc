// Draws against what is expected of them: the two forms of every chooser are one distribution.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "lsmkit/workload/key_chooser.h"
#include "lsmkit/workload/key_classes.h"

using namespace lsmkit;

namespace {

constexpr uint64_t kKeys = 100'000;

std::vector<uint64_t> draws_of(const KeyChoice& choice, uint64_t count, uint64_t keys = kKeys,
                               uint64_t seed = 1) {
  KeyChooser chooser(choice, keys, seed, Random(seed, "test"));
  std::vector<uint64_t> out(count);
  for (uint64_t& id : out) id = chooser.next();
  return out;
}

std::vector<uint32_t> counts_of(const std::vector<uint64_t>& draws) {
  REQUIRE(*std::max_element(draws.begin(), draws.end()) < kKeys);
  std::vector<uint32_t> counts(kKeys);
  for (const uint64_t id : draws) ++counts[id];
  return counts;
}

double drawn_at_least(const std::vector<uint32_t>& counts, uint32_t times) {
  return double(std::count_if(counts.begin(), counts.end(),
                              [times](uint32_t count) { return count >= times; }));
}

// Keys drawn so often at least: Poisson's tail, by class.
double expected_at_least(const std::vector<KeyClass>& classes, double draws, uint32_t times) {
  double sum = 0;
  for (const KeyClass& k : classes) {
    const double mean = k.probability * draws;
    double below = 0, term = std::exp(-mean);
    for (uint32_t i = 0; i < times; ++i) {
      below += term;
      term *= mean / (i + 1);
    }
    sum += k.key_count * (1 - below);
  }
  return sum;
}

struct Case {
  std::string name;
  KeyChoice choice;
  // How far the number of different keys may be from what 24 classes expect: their probabilities
  // are means over ranks that differ.
  double distinct_error = 0.005;
};

std::vector<Case> all_random() {
  return {
      {"uniform", UniformKeys{}},
      {"zipf .6", ZipfKeys{0.6, true}},
      {"zipf .99", ZipfKeys{0.99, true}, 0.01},
      {"zipf 1.2", ZipfKeys{1.2, true}, 0.015},
      {"zipf .99 in order", ZipfKeys{0.99, false}, 0.01},
      {"ycsb", YcsbZipfianKeys{}, 0.01},
      {"latest", LatestKeys{0.99}, 0.01},
      {"hotspot", HotspotKeys{0.01, 0.9, 0, false}},
      {"hotspot scattered", HotspotKeys{0.2, 0.8, 0, true}},
      {"clustered", ClusteredKeys{70, 0.99}, 0.01},
      {"exponential", ExponentialKeys{}},
      {"exponential, steep", ExponentialKeys{0.95, 0.01}, 0.02},
      {"log uniform", LogUniformKeys{8}, 0.01},
      {"log uniform beyond the keys", LogUniformKeys{30}, 0.01},
      {"prefix_random", RangeKeys{}},
      {"prefix_dist", RangeKeys{30, 14.18, -2.917, 0.0164, -0.08082, 0.002312, 0.3467}, 0.02},
      {"all_dist", RangeKeys{1, 1, 0, 0, 0, 0.002312, 0.3467}, 0.02},
  };
}

}  // namespace

TEST_CASE("the classes of a chooser hold all draws, and no more keys than there are") {
  for (const Case& c : all_random()) {
    INFO(c.name);
    for (const uint64_t keys : {uint64_t{100}, kKeys, uint64_t{1} << 40}) {
      double share = 0, count = 0;
      const std::vector<KeyClass> classes = key_classes(c.choice, {keys});
      for (const KeyClass& k : classes) {
        share += k.key_count * k.probability;
        count += k.key_count;
        CHECK(k.key_count > 0);
        CHECK(k.end <= keys);
        CHECK(double(k.end - k.begin) >= k.key_count * (1 - 1e-9));
      }
      CHECK(share == doctest::Approx(1).epsilon(1e-3));
      CHECK(count <= double(keys) * (1 + 1e-9));
      const bool of_ranges = std::holds_alternative<RangeKeys>(c.choice);
      CHECK(classes.size() <= (of_ranges ? 480u : 25u));
    }
  }
}

TEST_CASE("as many different keys are drawn as the classes expect") {
  for (const Case& c : all_random()) {
    for (const uint64_t count : {kKeys / 10, kKeys, 5 * kKeys}) {
      INFO(c.name, ", ", count, " draws");
      const std::vector<uint64_t> draws = draws_of(c.choice, count);
      const double got = drawn_at_least(counts_of(draws), 1);
      const double due = expected_distinct(key_classes(c.choice, {kKeys, 0, count}), double(count));
      CHECK(std::fabs(got - due) <= c.distinct_error * due + 4 * std::sqrt(due / 4));
    }
  }
}

TEST_CASE("keys are drawn as often as the classes expect, not only as many") {
  constexpr uint64_t kDraws = 5 * kKeys;
  for (const Case& c : all_random()) {
    const std::vector<uint32_t> counts = counts_of(draws_of(c.choice, kDraws, kKeys, 2));
    const std::vector<KeyClass> classes = key_classes(c.choice, {kKeys, 0, kDraws}, 32);
    for (const uint32_t times : {2u, 4u, 8u, 16u, 64u}) {
      INFO(c.name, ", at least ", times, " times");
      const double got = drawn_at_least(counts, times);
      const double due = expected_at_least(classes, double(kDraws), times);
      // A class's edge may be a third of a class off at a sharp threshold.
      CHECK(std::fabs(got - due) <= 0.05 * due + 4 * std::sqrt(due) + 1);
    }
  }
}

TEST_CASE("draws lie where the classes say: chi square over classes that are ranges of ids") {
  constexpr uint64_t kDraws = 200'000;
  for (const Case& c : all_random()) {
    const std::vector<KeyClass> classes = key_classes(c.choice, {kKeys, 0, kDraws});
    double due_in_ranges = 0, chi_square = 0, degrees = 0;
    const std::vector<uint32_t> counts = counts_of(draws_of(c.choice, kDraws, kKeys, 3));
    for (const KeyClass& k : classes) {
      const double due = k.key_count * k.probability * kDraws;
      if (double(k.end - k.begin) > k.key_count * (1 + 1e-9) || due < 10) continue;
      double got = 0;
      for (uint64_t id = k.begin; id < k.end; ++id) got += counts[id];
      chi_square += (got - due) * (got - due) / due;
      due_in_ranges += due;
      ++degrees;
    }
    INFO(c.name);
    if (c.name == "latest" || c.name == "hotspot" || c.name == "prefix_random" ||
        c.name == "zipf .99 in order" || c.name.starts_with("exponential"))
      CHECK(due_in_ranges > 0.99 * kDraws);
    CHECK(chi_square <= degrees + 4 * std::sqrt(2 * degrees));
  }
}

TEST_CASE("what comes by turns comes by turns") {
  const std::vector<uint64_t> in_order = draws_of(SequentialKeys{}, 2 * kKeys + 10);
  CHECK(in_order[0] == 0);
  CHECK(in_order[kKeys - 1] == kKeys - 1);
  CHECK(in_order[2 * kKeys + 9] == 9);

  const std::vector<uint64_t> permuted = draws_of(PermutedKeys{}, 2 * kKeys);
  const std::vector<uint64_t> first(permuted.begin(), permuted.begin() + kKeys);
  CHECK(drawn_at_least(counts_of(first), 1) == kKeys);
  CHECK(drawn_at_least(counts_of(permuted), 2) == kKeys);
  CHECK(!std::equal(first.begin(), first.end(), permuted.begin() + kKeys));
  CHECK(!std::is_sorted(first.begin(), first.begin() + 100));

  const std::vector<uint64_t> trace = {5, 3, 5, 9};
  const KeyChoice choice = TraceKeys{trace};
  CHECK(draws_of(choice, 6) == std::vector<uint64_t>{5, 3, 5, 9, 5, 3});
}

TEST_CASE("windows of what comes by turns: how many keys, and which") {
  const auto only = [](const KeyChoice& choice, uint64_t first, uint64_t count) {
    const std::vector<KeyClass> classes = key_classes(choice, {1000, first, count});
    REQUIRE(classes.size() == 1);
    CHECK(classes[0].by_turns);
    return classes[0];
  };
  const KeyClass ordered = only(SequentialKeys{}, 2100, 50);
  CHECK(ordered.begin == 100);
  CHECK(ordered.end == 150);
  CHECK(key_classes(SequentialKeys{}, {1000, 990, 20}).size() == 2);
  CHECK(expected_distinct(key_classes(SequentialKeys{}, {1000, 990, 20}), 20) ==
        doctest::Approx(20));
  CHECK(only(PermutedKeys{}, 100, 300).key_count == 300);
  CHECK(only(PermutedKeys{}, 100, 2500).key_count == 1000);
  CHECK(only(QueueKeys{}, 70, 30).begin == 70);
  CHECK(only(QueueKeys{}, 70, 30).end == 100);
  // Across two orders a key may come twice, at random.
  CHECK(!key_classes(PermutedKeys{}, {1000, 900, 300})[0].by_turns);

  // 5 and 3 and 5, of which 5 comes twice.
  const std::vector<KeyClass> trace = key_classes(TraceKeys{{5, 3, 5, 9}}, {1000, 4, 3});
  REQUIRE(trace.size() == 2);
  CHECK(trace[0].begin == 3);
  CHECK(trace[1].begin == 5);
  CHECK(trace[1].probability == doctest::Approx(2.0 / 3));
  CHECK(expected_distinct(trace, 3) == doctest::Approx(2));
}

TEST_CASE("a hotspot moves on by its width, and a window over its ways knows each place") {
  const HotspotKeys keys{0.1, 0.9, 20'000, false};
  constexpr uint64_t kFirst = 50'000, kCount = 100'000;
  const std::vector<uint64_t> draws = draws_of(keys, kFirst + kCount);
  const std::vector<uint64_t> window(draws.begin() + kFirst, draws.end());
  const std::vector<uint32_t> counts = counts_of(window);
  const std::vector<KeyClass> classes = key_classes(keys, {kKeys, kFirst, kCount});
  double share = 0;
  for (const KeyClass& k : classes) {
    double got = 0;
    for (uint64_t id = k.begin; id < k.end; ++id) got += counts[id];
    const double due = k.key_count * k.probability * kCount;
    CHECK(std::fabs(got - due) <= 4 * std::sqrt(due) + 1);
    share += k.key_count * k.probability;
  }
  CHECK(share == doctest::Approx(1));
  // Hot from 20 % to 80 % of the keys, the first and the last place for half as long; cold ones on
  // either side.
  CHECK(classes.size() == 5);
  CHECK(expected_distinct(classes, kCount) ==
        doctest::Approx(drawn_at_least(counts, 1)).epsilon(0.01));
  // Very many turns are as good as uniform.
  for (const KeyClass& k : key_classes(keys, {kKeys, 0, uint64_t{1} << 60}))
    CHECK(k.probability == doctest::Approx(1.0 / kKeys).epsilon(1e-6));
  CHECK(key_classes(HotspotKeys{1, 0.5, 0, false}, {kKeys}).size() == 1);
}

TEST_CASE(
    "YCSB's zipfian at a million keys: a head of 3.8 %, and 64 % that are as good as uniform") {
  const std::vector<KeyClass> classes = key_classes(YcsbZipfianKeys{}, {1'000'000}, 32);
  CHECK(classes[0].key_count == doctest::Approx(1).epsilon(1e-3));
  CHECK(classes[0].probability == doctest::Approx(0.0378).epsilon(1e-2));
  const YcsbZipfian zipfian;
  CHECK(1 - zipfian.share_below(1e6) == doctest::Approx(0.639).epsilon(0.002));
  const std::vector<KeyClass> zipf = key_classes(ZipfKeys{0.99, true}, {1'000'000}, 32);
  // A million draws of a zipf are of far fewer keys.
  CHECK(expected_distinct(classes, 1e6) > 1.8 * expected_distinct(zipf, 1e6));
}
