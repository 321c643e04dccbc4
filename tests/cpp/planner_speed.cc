// Planning costs O(log n): a plan of 16,384 tables may cost four times one of 256, where linear
// work would be 64 times. The least of several interleaved rounds counts, so that a busy machine
// does not fail it.
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <random>

#include "lsmkit/planner/planner.h"

using namespace lsmkit;

namespace {

// A leveled tree of the given size in its steady state: random tables, every level at its target
// but one that is a little above, keys as 8 digits.
class BigTree {
 public:
  explicit BigTree(size_t tables) {
    options_.sizing = LevelSizing::kStatic;
    options_.table_weight = kTable;
    options_.base_weight = 4 * kTable;
    options_.fanout = 10;
    VersionEdit edit;
    size_t left = tables;
    size_t level_tables = 4;
    for (uint32_t level = 1; left > 0; ++level) {
      const size_t count = left < 2 * level_tables ? left : level_tables;
      for (size_t i = 0; i < count; ++i)
        edit.added.push_back({level, 0, table(i * kKeys / count, (i + 1) * kKeys / count - 1)});
      left -= count;
      deepest_ = level;
      level_tables *= 10;
    }
    version_ = apply(Version(), edit);
  }

  // One more table in L1, then plans and edits until nothing is due, as merges of uniform keys do.
  size_t insert_and_settle() {
    size_t plans = 0;
    VersionEdit flush;
    const Seqno seqno = ++seqno_;
    flush.added.push_back({0, seqno, table(0, kKeys - 1, seqno)});
    version_ = apply(version_, flush);
    for (;; ++plans) {
      PlanContext context;
      context.job = JobNumber{++job_};
      context.history_floor = kMaxSeqno;
      const auto begin = std::chrono::steady_clock::now();
      const auto plan = plan_compaction(version_, context, options_);
      planning_ += std::chrono::steady_clock::now() - begin;
      if (!plan) return plans + 1;
      std::vector<TableRef> outputs;
      if (!plan->trivial_move) outputs = merged(*plan);
      version_ = apply(version_, edit_for(*plan, outputs));
    }
  }

  // Of all plans since the last call.
  double take_planning_us() {
    const double us = std::chrono::duration<double, std::micro>(planning_).count();
    planning_ = {};
    return us;
  }
  size_t table_count() const { return version_.table_count(); }
  const Version& version() const { return version_; }

 private:
  static constexpr uint64_t kTable = uint64_t{64} << 20;
  static constexpr uint64_t kKeys = 90'000'000;

  // The last level absorbs what arrives, so the tree keeps its size.
  std::vector<TableRef> merged(const CompactionPlan& plan) {
    size_t count = 0;
    for (const PlanInput& input : plan.inputs)
      if (input.level == plan.output_level || plan.output_level < deepest_)
        count += input.tables.size();
    const uint64_t lo = std::stoull(plan.smallest_key) - 10'000'000;
    const uint64_t hi = std::stoull(plan.largest_key) - 10'000'000 + 1;
    std::vector<TableRef> outputs;
    for (size_t i = 0; i < count; ++i)
      outputs.push_back(table(lo + (hi - lo) * i / count, lo + (hi - lo) * (i + 1) / count - 1));
    return outputs;
  }

  TableRef table(uint64_t from, uint64_t to, Seqno seqno = 0) {
    auto meta = std::make_shared<TableMeta>();
    meta->number = TableNumber{++number_};
    meta->smallest.key = std::to_string(10'000'000 + from);
    meta->largest.key = std::to_string(10'000'000 + to);
    meta->weight = kTable - random_() % (kTable / 4);
    meta->smallest_seqno = meta->largest_seqno = seqno;
    return meta;
  }

  CompactionOptions options_;
  Version version_;
  std::mt19937_64 random_{1};
  uint32_t deepest_ = 0;
  uint64_t number_ = 0;
  uint64_t job_ = 0;
  Seqno seqno_ = 0;
  std::chrono::steady_clock::duration planning_{};
};

// Microseconds a plan, over at least `plans` of them.
double us_per_plan(BigTree& tree, size_t plans) {
  tree.take_planning_us();
  size_t done = 0;
  while (done < plans) done += tree.insert_and_settle();
  return tree.take_planning_us() / static_cast<double>(done);
}

}  // namespace

TEST_CASE("a plan of 16,384 tables costs at most four times one of 256") {
  BigTree small_tree(256), large_tree(16'384);
  small_tree.insert_and_settle();
  large_tree.insert_and_settle();
  double small = 1e9, large = 1e9;
  for (int round = 0; round < 5; ++round) {
    small = std::min(small, us_per_plan(small_tree, 400));
    large = std::min(large, us_per_plan(large_tree, 400));
  }
  large_tree.version().check_invariants();
  std::printf("a plan: %.1f us at %zu tables, %.1f us at %zu\n", small, small_tree.table_count(),
              large, large_tree.table_count());
  CHECK(large <= 4 * small);
}

TEST_CASE("60,000 plans of a tree of 16,384 tables" * doctest::skip()) {
  BigTree tree(16'384);
  const double us = us_per_plan(tree, 60'000);
  std::printf("60,000 plans of %zu tables: %.2f s\n", tree.table_count(), us * 60'000 / 1e6);
}
