// The exact simulator by itself: what was written is what it holds, whatever the layout.
#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "lsmkit/bytes/error.h"
#include "lsmkit/sim/exact_tree.h"

using namespace lsmkit;

namespace {

struct Random {
  uint64_t state;
  uint64_t operator()() {
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    return state;
  }
  uint64_t below(uint64_t n) { return (*this)() % n; }
};

std::shared_ptr<const KeyUniverse> universe(uint64_t n, bool one_width) {
  std::vector<std::string> keys;
  for (uint64_t i = 0; i < n; ++i)
    keys.push_back(one_width ? "key" + std::to_string(100'000 + i)
                             : std::string(i % 7, 'k') + std::to_string(i));
  return std::make_shared<const KeyUniverse>(std::move(keys));
}

CompactionOptions small_tree(Layout layout) {
  CompactionOptions options;
  options.layout = layout;
  options.memtable_weight = 4'000;
  options.table_weight = 3'000;
  options.base_weight = 16'000;
  options.fanout = 4;
  return options;
}

}  // namespace

TEST_CASE("keys have ranks in order of their bytes") {
  for (const bool one_width : {true, false}) {
    const auto keys = universe(1'000, one_width);
    REQUIRE(keys->size() == 1'000);
    for (KeyRank rank = 0; rank < keys->size(); ++rank) {
      const std::string_view key = keys->key(rank);
      CHECK((rank == 0 || keys->key(rank - 1) < key));
      CHECK(keys->rank_of(key) == rank);
      CHECK(keys->count_below(key, false) == rank);
      CHECK(keys->count_below(key, true) == rank + 1);
      CHECK(keys->key_bytes(rank) == key.size());
    }
    CHECK(!keys->rank_of("nobody"));
  }
  CHECK_THROWS_AS(KeyUniverse({}), InvalidArgument);
  CHECK_THROWS_AS(KeyUniverse({std::string(kMaxKeyBytes + 1, 'x')}), InvalidArgument);
}

TEST_CASE("W4.10: what was written is what a simulated tree holds, in every layout") {
  for (const Layout layout :
       {Layout::kLeveled, Layout::kHybrid, Layout::kLazyLeveled, Layout::kTiered}) {
    for (const bool one_width : {true, false}) {
      CAPTURE(static_cast<int>(layout));
      const auto keys = universe(2'000, one_width);
      ExactTree tree(keys, small_tree(layout));
      uint64_t flushes = 0, compactions = 0;
      tree.observe(
          [&](const Event& event) { ++(event.kind == EventKind::kFlush ? flushes : compactions); });
      Random random{layout == Layout::kLeveled ? 1u : 2u};
      std::vector<Seqno> pins;
      for (int i = 0; i < 20'000; ++i) {
        const KeyRank rank = static_cast<KeyRank>(random.below(keys->size()));
        const uint64_t dice = random.below(100);
        if (dice < 15) {
          tree.remove(rank);
        } else if (dice < 20) {
          std::vector<SimWrite> batch;
          for (uint64_t n = random.below(20); n > 0; --n)
            batch.push_back({static_cast<KeyRank>(random.below(50)),
                             random.below(3) == 0 ? Kind::kDelete : Kind::kPut,
                             static_cast<uint32_t>(random.below(60))});
          tree.write(batch);
        } else if (dice == 20 && pins.size() < 5) {
          pins.push_back(tree.pin());
        } else if (dice == 21 && !pins.empty()) {
          tree.unpin(pins.back());
          pins.pop_back();
        } else {
          tree.put(rank, static_cast<uint32_t>(random.below(100)));
        }
        if (i % 4'000 == 3'999) tree.check_contents();
      }
      tree.version().check_invariants();
      CHECK(flushes > 100);
      CHECK(compactions > 20);
      CHECK(tree.counters().flush_count == flushes);
      CHECK(tree.counters().compaction_count + tree.counters().trivial_move_count == compactions);

      for (const Seqno pin : pins) tree.unpin(pin);
      tree.compact_range(std::nullopt, std::nullopt);
      tree.check_contents();
      // One record of each live key is left.
      CHECK(tree.version().entry_count() == tree.live_keys());
      CHECK(tree.version().weight() == tree.live_weight());
    }
  }
}

TEST_CASE("a record that is lost is named, with all that is left of its key") {
  // Drops a table that holds the newest records: a planner's mistake that merges cannot see.
  const auto keys = universe(100, true);
  ExactTree tree(keys, small_tree(Layout::kLeveled));
  tree.plan_by([](const Version& version, const PlanContext& context, const CompactionOptions&) {
    CompactionPlan plan;
    if (version.level(0).runs.size() < 3) return std::optional<CompactionPlan>();
    const Run& newest = version.level(0).runs.front();
    plan.job = context.job;
    plan.drop = true;
    plan.inputs = {{0, newest.id(), newest.tables()}};
    return std::optional(plan);
  });
  for (int i = 0; i < 200; ++i) tree.put(static_cast<KeyRank>(i % 100), 30);
  CHECK_NOTHROW(tree.check_contents());
  for (int i = 0; i < 200; ++i) tree.put(static_cast<KeyRank>(i % 100), 31);
  try {
    tree.check_contents();
    FAIL("nothing was noticed");
  } catch (const std::logic_error& error) {
    const std::string text = error.what();
    INFO(text);
    CHECK(text.find("was last written as 31 B at seqno") != std::string::npos);
    CHECK(text.find("30 B at seqno") != std::string::npos);
  }
}

TEST_CASE("writes that make no sense are refused, and nothing is written") {
  ExactTree tree(universe(10, true), small_tree(Layout::kLeveled));
  const SimWrite writes[] = {{1, Kind::kPut, 5}, {10, Kind::kPut, 5}};
  CHECK_THROWS_AS(tree.write(writes), InvalidArgument);
  const SimWrite merge[] = {{1, Kind::kMerge, 5}};
  CHECK_THROWS_AS(tree.write(merge), NotSupported);
  CHECK_THROWS_AS(tree.unpin(3), InvalidArgument);
  CHECK(tree.last_seqno() == 0);
  CHECK(tree.counters() == Counters{});
}
