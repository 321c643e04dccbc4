// The exact simulator by itself: what was written is what it holds, whatever the layout.
#include <doctest/doctest.h>

#include <memory>
#include <set>
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

TEST_CASE("the rank of a bound is how many keys lie below it, however alike they begin") {
  Random random{11};
  for (const size_t shared : {0, 3, 20}) {
    for (const unsigned letters : {2u, 200u}) {
      const auto some = [&] {
        std::string key(shared, 'k');
        for (uint64_t n = random.below(14); n > 0; --n)
          key += static_cast<char>(random.below(letters));
        return key;
      };
      std::set<std::string> sorted;
      while (sorted.size() < 500) sorted.insert(some());
      const KeyUniverse keys(std::vector<std::string>(sorted.begin(), sorted.end()));
      for (int i = 0; i < 500; ++i) {
        std::string bound = some();
        if (i % 5 == 0) bound = bound.substr(0, random.below(bound.size() + 1));
        if (i % 7 == 0) bound = "x" + bound;
        const auto below = std::distance(sorted.begin(), sorted.lower_bound(bound));
        CHECK(keys.count_below(bound, false) == static_cast<uint64_t>(below));
        CHECK(keys.count_below(bound, true) == static_cast<uint64_t>(below) + sorted.count(bound));
      }
    }
  }
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

TEST_CASE("W5.11: a record that is lost is named, with all that is left of its key") {
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

namespace {

// Every edit of a run of puts, deletes, readers and ranges, all values equally long.
std::vector<Event> edits_of(const std::shared_ptr<const KeyUniverse>& keys, uint64_t written_keys,
                            const CompactionOptions& options) {
  ExactTree tree(keys, options);
  std::vector<Event> edits;
  tree.observe([&](const Event& event) { edits.push_back(event); });
  Random random{7};
  std::vector<Seqno> pins;
  uint64_t next = 0;
  for (int i = 0; i < 30'000; ++i) {
    const uint64_t dice = random.below(100);
    const auto rank =
        static_cast<KeyRank>(dice < 30 ? ++next % written_keys : random.below(written_keys));
    if (dice % 20 == 0 && i % 10'000 > 5'000) {
      tree.remove(rank);
    } else {
      tree.put(rank, 50);
    }
    if (i % 1'000 == 700) pins.push_back(tree.pin());
    if (pins.size() > 2) {
      tree.unpin(pins.front());
      pins.erase(pins.begin());
    }
    if (i % 9'000 == 8'000) tree.compact_range("key100500", std::nullopt);
  }
  tree.check_contents();
  return edits;
}

}  // namespace

TEST_CASE("records that are alike go through a merge in stretches: the edits are the same") {
  constexpr uint64_t kWritten = 3'000;
  std::vector<std::string> names;
  for (uint64_t i = 0; i < kWritten; ++i) names.push_back("key" + std::to_string(100'000 + i));
  const auto alike = std::make_shared<const KeyUniverse>(names);
  // One that is never written, of another length: now no record is known to weigh what others do.
  names.push_back("zzz");
  const auto one_by_one = std::make_shared<const KeyUniverse>(names);
  REQUIRE(alike->have_one_width());
  REQUIRE(!one_by_one->have_one_width());
  for (const Layout layout :
       {Layout::kLeveled, Layout::kHybrid, Layout::kLazyLeveled, Layout::kTiered}) {
    for (const OutputCut cut :
         {OutputCut::kAligned, OutputCut::kGrandparents, OutputCut::kGrid, OutputCut::kPlain}) {
      CompactionOptions options = small_tree(layout);
      options.cut = cut;
      options.picker = cut == OutputCut::kGrid ? Picker::kRoundRobin : options.picker;
      options.max_parts = cut == OutputCut::kAligned ? 3 : 1;
      CAPTURE(static_cast<int>(layout));
      CAPTURE(static_cast<int>(cut));
      const std::vector<Event> in_stretches = edits_of(alike, kWritten, options);
      const std::vector<Event> each = edits_of(one_by_one, kWritten, options);
      CHECK(in_stretches.size() > 300);
      REQUIRE(in_stretches.size() == each.size());
      size_t same = 0;
      for (size_t i = 0; i < each.size(); ++i) same += in_stretches[i] == each[i];
      CHECK(same == each.size());
    }
  }
}
