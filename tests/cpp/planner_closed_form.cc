// Closed forms beside trees that are really grown: what the formulas say of write amplification,
// space and runs is what the planner's own tree comes to.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <random>

#include "lsmkit/bytes/error.h"
#include "lsmkit/planner/closed_form.h"
#include "support/model_tree.h"
#include "support/run_count.h"

using namespace lsmkit;

namespace {

constexpr uint64_t kRecordWeight = 9 + 3 + 8;

std::string key_of(uint64_t n) {
  return "k" + std::to_string(10'000'000 + n);
}

struct Measured {
  double write_amp = 0;
  double space_amp = 0;
  double runs = 0;
};

// A load, one overwrite to settle in, then `rounds` overwrites that count.
Measured grown(const CompactionOptions& options, uint64_t keys, int rounds) {
  ModelTree tree(options, options.memtable_weight);
  std::mt19937_64 random(1);
  for (uint64_t n = 0; n < keys; ++n) {
    tree.write(key_of(random() % keys), "val");
    tree.settle();
  }
  for (uint64_t n = 0; n < keys; ++n) tree.write(key_of(n), "val");
  tree.settle();
  const uint64_t puts = keys * static_cast<uint64_t>(rounds);
  const auto overwrite = [&](uint64_t count, const auto& after) {
    for (uint64_t n = 0; n < count; ++n) {
      tree.write(key_of(random() % keys), "val");
      tree.settle();
      after();
    }
  };
  overwrite(keys, [] {});
  const uint64_t before = tree.written_weight();
  double space = 0, runs = 0;
  overwrite(puts, [&] {
    space += static_cast<double>(tree.version().weight());
    runs += static_cast<double>(tree.version().run_count());
  });
  const double count = static_cast<double>(puts);
  return {1 + static_cast<double>(tree.written_weight() - before) / (count * kRecordWeight),
          space / count / static_cast<double>(keys * kRecordWeight), runs / count};
}

CompactionOptions options_of(Layout layout, uint32_t merged, double fanout) {
  CompactionOptions o;
  o.layout = layout;
  o.picker = Picker::kRoundRobin;
  o.l0_merged_runs = merged;
  o.fanout = fanout;
  o.memtable_weight = 64 * kRecordWeight;
  o.table_weight = 40 * kRecordWeight;
  o.base_weight = 300 * kRecordWeight;
  o.max_compaction_weight = uint64_t{1} << 40;
  return o;
}

void compare(const char* name, const CompactionOptions& options, uint64_t keys, double within) {
  const ExpectedCost expected = expected_cost(options, keys, kRecordWeight);
  const Measured measured = grown(options, keys, 2);
  std::printf(
      "%-24s %6llu keys: write %.2f as %.2f (%+.1f %%), space %.3f as %.3f, runs %.2f as %.2f\n",
      name, static_cast<unsigned long long>(keys), measured.write_amp, expected.write_amp,
      100 * (expected.write_amp / measured.write_amp - 1), measured.space_amp, expected.space_amp,
      measured.runs, expected.runs);
  CHECK(std::abs(expected.write_amp / measured.write_amp - 1) < within);
  CHECK(std::abs(expected.space_amp / measured.space_amp - 1) < 0.05);
  CHECK(std::abs(expected.runs - measured.runs) < 0.6);
}

}  // namespace

TEST_CASE("closed forms come near what a tree does") {
  compare("hybrid, 2 merged runs", options_of(Layout::kHybrid, 2, 5), 8'000, 0.05);
  if (test::some_cases_do()) return;
  compare("hybrid", options_of(Layout::kHybrid, 4, 7), 12'000, 0.05);
  compare("hybrid, two levels", options_of(Layout::kHybrid, 2, 7), 24'000, 0.05);
  compare("lazy_leveled", options_of(Layout::kLazyLeveled, 4, 7), 12'288, 0.05);
  compare("leveled", options_of(Layout::kLeveled, 4, 6), 12'000, 0.05);
}

TEST_CASE("closed forms refuse what they know nothing of") {
  CompactionOptions options = options_of(Layout::kFifo, 4, 7);
  CHECK_THROWS_AS(expected_cost(options, 1'000, 20), InvalidArgument);
  options.layout = Layout::kHybrid;
  CHECK_THROWS_AS(expected_cost(options, 0, 20), InvalidArgument);
  CHECK_THROWS_AS(expected_cost(options, 1'000, 7), InvalidArgument);
  CHECK_THROWS_AS(expected_cost(options, UINT64_MAX, 20), InvalidArgument);
  options.layout = Layout::kLeveled;
  options.sizing = LevelSizing::kStatic;
  CHECK_THROWS_AS(expected_cost(options, 1'000, 20), InvalidArgument);  // L2 would hold all
}
