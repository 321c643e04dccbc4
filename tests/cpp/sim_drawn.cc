// Draws of overlap, and a tree that is made of nothing else.
#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "lsmkit/bytes/error.h"
#include "lsmkit/sim/timed_drawn.h"

using namespace lsmkit;

namespace {

double mean_drawn(const DrawnOptions& options, size_t standing) {
  const OverlapDraw draw = overlap_draw(options, 7);
  double sum = 0;
  constexpr uint64_t kDraws = 40'000;
  for (uint64_t edit = 0; edit < kDraws; ++edit) {
    const DrawnOverlap drawn = draw(edit, TableNumber{edit % 97}, 3, standing);
    CHECK(drawn.count <= standing);
    CHECK(drawn.first + drawn.count <= standing);
    sum += static_cast<double>(drawn.count);
  }
  return sum / kDraws;
}

CompactionOptions small_levels() {
  CompactionOptions options;
  options.picker = Picker::kRoundRobin;
  options.memtable_weight = options.table_weight = 64 << 10;
  options.base_weight = 256 << 10;
  return options;
}

WorkloadSpec overwrites(uint64_t keys, double ops) {
  WorkloadSpec spec;
  spec.key_count = keys;
  Phase phase;
  phase.mix[OpKind::kPut] = 1;
  phase.end = {EndUnit::kOps, ops};
  spec.phases = {phase};
  return spec;
}

}  // namespace

TEST_CASE("W4.1: draws have the means of their distributions") {
  DrawnOptions options;
  options.parameter = 0.25;
  CHECK(std::abs(mean_drawn(options, 1000) - 4) < 0.1);
  options.kind = OverlapKind::kUniform;
  options.least = 2;
  options.most = 8;
  CHECK(std::abs(mean_drawn(options, 1000) - 5) < 0.05);
  CHECK(std::abs(mean_drawn(options, 3) - 2.5) < 0.05);  // no more than stand
  options.kind = OverlapKind::kFixed;
  options.parameter = 0.5;
  CHECK(mean_drawn(options, 1000) == 5);
  options.kind = OverlapKind::kExponential;
  options.parameter = 1;
  options.least = 1;
  options.most = 0;
  // Whole tables, so half a table less than 1 + 999 / 6, and a little for what is cut off.
  CHECK(std::abs(mean_drawn(options, 1000) - (1 + 999.0 / 6 - 0.5)) < 3);
}

TEST_CASE("a drawn tree keeps its invariants and its bytes") {
  for (const Layout layout :
       {Layout::kLeveled, Layout::kHybrid, Layout::kLazyLeveled, Layout::kTiered, Layout::kFifo}) {
    CompactionOptions options = small_levels();
    options.layout = layout;
    DrawnRun run(overwrites(20'000, 100'000), options, {});
    uint64_t edits = 0;
    while (run.step()) {
      if (++edits % 50 == 0) run.tree().version().check_invariants();
      const Counters& c = run.tree().counters();
      const uint64_t dropped = c.compaction_read_weight - c.compaction_written_weight;
      if (layout != Layout::kFifo) {
        CHECK(run.tree().version().weight() == c.flush_weight - dropped);
        CHECK(run.tree().version().weight() + 1 >= run.tree().live_weight());
      }
    }
    CHECK(edits > 100);
    CHECK(run.subject().ops() == 100'000);
  }
}

TEST_CASE("what cannot be drawn is refused") {
  DrawnOptions options;
  options.parameter = 0;
  CHECK_THROWS_AS(check(options), InvalidArgument);
  options = {};
  options.least = 3;
  options.most = 2;
  CHECK_THROWS_AS(check(options), InvalidArgument);
  options = {};
  options.kept_share = {0.5, 0};
  CHECK_THROWS_AS(check(options), InvalidArgument);
  CompactionOptions compaction = small_levels();
  compaction.picker = Picker::kMinOverlappingRatio;
  CHECK_THROWS_AS(DrawnRun(overwrites(10, 10), compaction, {}), NotSupported);
}
