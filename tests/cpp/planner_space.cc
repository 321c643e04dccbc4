// Space amplification: the published figures follow from the levels' targets, and a tree that is
// overwritten for long comes to what dynamic levels promise.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <numeric>
#include <random>

#include "lsmkit/rules/level_targets.h"
#include "support/model_tree.h"
#include "support/run_count.h"

using namespace lsmkit;

namespace {

constexpr uint64_t kRecordWeight = 9 + 3 + 8;
constexpr uint64_t kFlushRecords = 64;

std::string key_of(uint64_t n) {
  return "k" + std::to_string(10'000'000 + n);
}

Version with_last_level(uint32_t level, uint64_t weight) {
  TableMeta table;
  table.number = TableNumber{1};
  table.smallest.key = "a";
  table.largest.key = "z";
  table.entry_count = 1;
  table.weight = weight;
  VersionEdit edit;
  edit.added.push_back({level, 0, std::make_shared<const TableMeta>(table)});
  return apply(Version(7), edit);
}

// All levels above `last` at their targets, over what `last` holds: at the worst all of it is
// superseded above.
double space_at_targets(const Version& version, unsigned last, const CompactionOptions& options) {
  const LevelTargets targets = level_targets(version, options);
  const auto weight = static_cast<double>(version.level(last).weight());
  double above = 0;
  for (unsigned n = targets.base_level; n < last; ++n)
    above += static_cast<double>(targets.weight[n]);
  return 1 + above / weight;
}

// Over one overwrite in random order, after a load and two overwrites to settle in.
struct Settled {
  double mean = 0, peak = 0;
  unsigned levels = 0;  // that hold anything, at the end, but L0
};
Settled settled_space(const CompactionOptions& options, uint64_t keys) {
  ModelTree tree(options, options.memtable_weight);
  std::mt19937_64 random(1);
  std::vector<uint64_t> order(keys);
  std::iota(order.begin(), order.end(), uint64_t{0});
  std::shuffle(order.begin(), order.end(), random);
  const auto write = [&](uint64_t n, const auto& after_flush) {
    tree.write(key_of(n), "val");
    if (tree.last_seqno() % kFlushRecords != 0) return;
    tree.settle();
    after_flush();
  };
  for (const uint64_t n : order) write(n, [] {});
  for (uint64_t n = 0; n < 2 * keys; ++n) write(random() % keys, [] {});
  Settled out;
  uint64_t flushes = 0;
  for (uint64_t n = 0; n < keys; ++n) {
    write(random() % keys, [&] {
      const double space =
          static_cast<double>(tree.version().weight()) / static_cast<double>(keys * kRecordWeight);
      out.mean += space;
      out.peak = std::max(out.peak, space);
      ++flushes;
    });
  }
  out.mean /= static_cast<double>(flushes);
  for (unsigned n = 1; n < tree.version().level_count(); ++n)
    out.levels += !tree.version().level(n).empty();
  return out;
}

}  // namespace

TEST_CASE("RocksDB's blog, 2015: static levels may hold 1.555 of the data, dynamic ones 1.111") {
  constexpr uint64_t kGb = 1'000'000'000;
  CompactionOptions options;
  options.base_weight = kGb;
  const Version version = with_last_level(4, 200 * kGb);  // of the 1000 that L4 is meant for
  options.sizing = LevelSizing::kStatic;
  CHECK(space_at_targets(version, 4, options) == doctest::Approx(1.555));
  options.sizing = LevelSizing::kDynamic;
  options.base_weight = kGb / 5;  // a power of the fanout below: no level is rounded up
  CHECK(space_at_targets(with_last_level(6, 200 * kGb), 6, options) == doctest::Approx(1.111));
}

TEST_CASE("RocksDB's tuning guide: 500 GB below levels from 512 MB on take 1.14") {
  constexpr uint64_t kMb = 1'000'000;
  CompactionOptions options;
  options.base_weight = 512 * kMb;
  options.sizing = LevelSizing::kStatic;
  const LevelTargets targets = level_targets(Version(7), options);
  double stored = static_cast<double>(512 * kMb);  // L0
  for (unsigned n = 1; n <= 4; ++n) stored += static_cast<double>(targets.weight[n]);
  CHECK(stored / static_cast<double>(500'000 * kMb) == doctest::Approx(1.14).epsilon(0.002));
}

TEST_CASE("dynamic levels, fanout 10: overwritten for long, a tree takes 1.111 of its data") {
  CompactionOptions options;
  options.layout = Layout::kLeveled;
  options.memtable_weight = kFlushRecords * kRecordWeight;
  options.table_weight = kFlushRecords * kRecordWeight;
  options.base_weight = 256 * kRecordWeight;
  options.fanout = 10;
  for (const Picker picker : {Picker::kMinOverlappingRatio, Picker::kRoundRobin}) {
    if (test::some_cases_do() && picker != Picker::kRoundRobin) continue;
    options.picker = picker;
    const Settled space = settled_space(options, 25'600);
    std::printf("dynamic levels, picker %d: space %.4f, at most %.4f, %u levels\n",
                static_cast<int>(picker), space.mean, space.peak, space.levels);
    CHECK(space.levels == 3);
    CHECK(space.mean == doctest::Approx(1.111).epsilon(0.009));
    CHECK(space.peak < 1.131);
  }
}
