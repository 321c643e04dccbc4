// Filter bits by level: the same memory, fewer false positives.
#include <doctest/doctest.h>

#include <cmath>
#include <string>

#include "lsmkit/rules/filter_bits.h"
#include "lsmkit/version/version.h"

using namespace lsmkit;

namespace {

std::string level_text(unsigned level, uint64_t weight) {
  return "L" + std::to_string(level) + " #" + std::to_string(level + 1) +
         " a..z weight=" + std::to_string(weight) + "\n";
}

// What an ideal filter lets through.
double passed(double bits) {
  return std::exp(-bits * std::log(2) * std::log(2));
}

}  // namespace

TEST_CASE("each level up has a fanout fewer false positives, and the tree's mean stays") {
  CompactionOptions options;
  options.sizing = LevelSizing::kStatic;
  for (const double fanout : {4.0, 10.0}) {
    options.fanout = fanout;
    std::string text;
    double weight = 1000;
    for (unsigned level = 1; level <= 6; ++level, weight *= fanout)
      text += level_text(level, static_cast<uint64_t>(weight));
    const Version version = version_from_text(text);

    double bits_of_all = 0, weight_of_all = 0, passed_by_level = 0, passed_uniform = 0;
    for (unsigned level = 1; level <= 6; ++level) {
      const double bits = filter_bits_at(version, level, options);
      const auto here = static_cast<double>(version.level(level).weight());
      bits_of_all += here * bits;
      weight_of_all += here;
      passed_by_level += passed(bits);
      passed_uniform += passed(10);
      if (level > 1 && bits < kMaxFilterBitsPerKey) {
        const double above = filter_bits_at(version, level - 1, options);
        if (above < kMaxFilterBitsPerKey)
          CHECK(passed(bits) / passed(above) == doctest::Approx(fanout));
      }
    }
    CHECK(bits_of_all / weight_of_all == doctest::Approx(10).epsilon(0.005));
    CHECK(passed_by_level < 0.45 * passed_uniform);
  }
}

TEST_CASE("L0 stands on the base level, wherever that is") {
  CompactionOptions options;
  const Version version = version_from_text(level_text(5, 200 << 20) + level_text(6, 2000 << 20));
  const double last = filter_bits_at(version, 6, options);
  const double base = filter_bits_at(version, 5, options);
  const double l0 = filter_bits_at(version, 0, options);
  CHECK(last == doctest::Approx(10 - 4.792 / 9).epsilon(0.001));
  CHECK(base - last == doctest::Approx(4.792).epsilon(0.001));
  CHECK(l0 - base == doctest::Approx(4.792).epsilon(0.001));
}

TEST_CASE("no level goes without, none beyond use, and uniform means the same for all") {
  CompactionOptions options;
  std::string text;
  for (unsigned level = 1; level <= 6; ++level) text += level_text(level, 1000);
  const Version version = version_from_text(text);
  for (const uint32_t bits : {1u, 2u, 10u, 24u, 40u}) {
    options.filter_bits_per_key = bits;
    for (unsigned level = 0; level <= 6; ++level) {
      const double here = filter_bits_at(version, level, options);
      CHECK(here >= 1);
      CHECK(here <= std::max<double>(bits, kMaxFilterBitsPerKey));
    }
  }
  options.filter_bits_per_key = 0;
  CHECK(filter_bits_at(version, 3, options) == 0);
  options.filter_bits_per_key = 7;
  options.filter_allocation = FilterAllocation::kUniform;
  for (unsigned level = 0; level <= 6; ++level) CHECK(filter_bits_at(version, level, options) == 7);
  CHECK(filter_bits_at(Version(), 0, CompactionOptions{}) > 9);
}
