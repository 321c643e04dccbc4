// Planning costs O(log n): the time of 60,000 plans at 16,384 tables is printed, and the work must
// not grow with the tree.
#include <doctest/doctest.h>

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
      const auto plan = plan_compaction(version_, context, options_);
      if (!plan) return plans + 1;
      std::vector<TableRef> outputs;
      if (!plan->trivial_move) outputs = merged(*plan);
      version_ = apply(version_, edit_for(*plan, outputs));
    }
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
      if (input.level == plan.output_level || plan.output_level < 4) count += input.tables.size();
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
  uint64_t number_ = 0;
  uint64_t job_ = 0;
  Seqno seqno_ = 0;
};

double seconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

// Microseconds a plan with its edit, over at least `plans` of them.
double us_per_plan(size_t tables, size_t plans) {
  BigTree tree(tables);
  tree.insert_and_settle();
  const auto begin = std::chrono::steady_clock::now();
  size_t done = 0;
  while (done < plans) done += tree.insert_and_settle();
  const double us = seconds_since(begin) * 1e6 / static_cast<double>(done);
  tree.version().check_invariants();
  std::printf("%zu tables: %zu plans with their edits in %.2f s, %.1f us each\n",
              tree.table_count(), done, us * static_cast<double>(done) / 1e6, us);
  return us;
}

}  // namespace

TEST_CASE("a plan and its edit take little longer at 16,384 tables than at 1,024") {
  const double small = us_per_plan(1'024, 2'000);
  const double large = us_per_plan(16'384, 2'000);
  CHECK(large < 6 * small);  // linear work would be 16 times
}

TEST_CASE("60,000 plans of a tree of 16,384 tables" * doctest::skip()) {
  us_per_plan(16'384, 60'000);
}
