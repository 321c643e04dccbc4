// Rung V0 (W4.12): the exact simulation beside the engine in inline mode makes the same edits,
// table for table, under every layout, picker, cut and mix of writes; and a difference is found.
// LSMKIT_COMMITS sets the commits per case (default 20,000; the rung asks for 200 compactions a
// case).
#include <doctest/doctest.h>

#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "lsmkit/bytes/error.h"
#include "lsmkit/planner/planner.h"
#include "lsmkit/twin/twin.h"
#include "lsmkit/vfs/memory_file_system.h"

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

using Overrides = std::vector<std::pair<std::string, std::string>>;

struct Case {
  std::string name;
  Overrides options;
  uint64_t deletes = 0;     // per cent
  uint64_t sequential = 0;  // per cent of commits that go on where the last one ended
  uint64_t hot = 0;         // per cent that go to a hundredth of the keys
  uint64_t batches = 0;     // per cent
  bool readers = false;
  bool ranges = false;  // compact_range now and then
};

std::shared_ptr<Db> small_engine(FileSystem& disk, const Overrides& more) {
  OpenRequest request;
  request.path = "/db";
  request.environment.files = &disk;
  request.overrides = {{"background", "inline"},    {"sync", "none"},
                       {"memtable_bytes", "65536"}, {"table_bytes", "65536"},
                       {"base_bytes", "131072"},    {"fanout", "3"},
                       {"cache_bytes", "1048576"},  {"memory_bytes", "67108864"}};
  for (const auto& option : more) request.overrides.push_back(option);
  return Db::open(request);
}

std::shared_ptr<const KeyUniverse> universe(uint64_t n) {
  std::vector<std::string> keys;
  for (uint64_t i = 0; i < n; ++i) keys.push_back("user" + std::to_string(10'000'000 + i * 37));
  return std::make_shared<const KeyUniverse>(std::move(keys));
}

void drive(Twin& twin, const Case& c, uint64_t key_count, uint64_t commits, uint64_t seed) {
  Random random{seed};
  uint64_t at = 0;
  const auto rank = [&] {
    if (random.below(100) < c.sequential) return static_cast<KeyRank>(++at % key_count);
    if (random.below(100) < c.hot)
      return static_cast<KeyRank>(random.below(key_count / 100) + key_count / 3);
    return static_cast<KeyRank>(random.below(key_count));
  };
  size_t readers = 0;
  for (uint64_t i = 0; i < commits && !twin.differ(); ++i) {
    const uint64_t dice = random.below(100);
    if (dice < c.batches) {
      std::vector<SimWrite> batch;
      for (uint64_t n = random.below(30); n > 0; --n)
        batch.push_back({rank(), random.below(100) < c.deletes ? Kind::kDelete : Kind::kPut,
                         static_cast<uint32_t>(random.below(200))});
      twin.write(batch);
    } else if (random.below(100) < c.deletes) {
      twin.remove(rank());
    } else {
      twin.put(rank(), static_cast<uint32_t>(60 + random.below(80)));
    }
    if (c.readers && i % 1'500 == 1'499) {
      if (readers < 4) {
        twin.pin();
        ++readers;
      } else {
        for (; readers > 1; --readers) twin.let_go();
      }
    }
    if (c.ranges && i % 9'000 == 8'999)
      twin.compact_range("user100",
                         i % 2 == 0 ? std::nullopt : std::optional<std::string>("user102"));
  }
}

std::vector<Case> cases() {
  std::vector<Case> out;
  const auto add = [&](std::string name, Overrides options) -> Case& {
    out.push_back({});
    out.back().name = std::move(name);
    out.back().options = std::move(options);
    return out.back();
  };
  for (const char* layout : {"leveled", "hybrid", "lazy_leveled", "tiered"}) {
    const Overrides o{{"layout", layout}};
    const std::string name = layout;
    add(name + ", uniform", o);
    add(name + ", deletes", o).deletes = 30;
    add(name + ", sequential", o).sequential = 90;
    add(name + ", hot range", o).hot = 95;
    add(name + ", batches", o).batches = 20;
    add(name + ", readers", o).readers = true;
  }
  add("fifo", {{"layout", "fifo"}, {"fifo_bytes", "1000000"}});
  for (const char* picker :
       {"round_robin", "oldest_smallest_seq", "oldest_largest_seq", "compact_pointer"})
    add(std::string("leveled, ") + picker, {{"layout", "leveled"}, {"picker", picker}}).deletes =
        10;
  for (const char* cut : {"grandparents", "grid", "plain"})
    add(std::string("leveled, cut ") + cut, {{"layout", "leveled"}, {"cut", cut}});
  for (const char* sizing : {"static", "dynamic_without_drain"})
    add(std::string("leveled, ") + sizing, {{"layout", "leveled"}, {"level_sizing", sizing}});
  add("leveled, ranges", {{"layout", "leveled"}}).ranges = true;
  add("hybrid, ranges", {{"layout", "hybrid"}}).ranges = true;
  add("leveled, parts", {{"layout", "leveled"}, {"max_parts", "4"}});
  add("hybrid, bounded space", {{"layout", "hybrid"}, {"max_space_amp", "1.2"}}).deletes = 20;
  Case& all = add("leveled, everything", {{"layout", "leveled"}, {"max_parts", "3"}});
  all.deletes = 15, all.sequential = 20, all.hot = 30, all.batches = 5, all.readers = true,
  all.ranges = true;
  return out;
}

}  // namespace

TEST_CASE("V0, W4.12: engine and exact simulation make the same edits") {
  const char* asked = std::getenv("LSMKIT_COMMITS");
  const uint64_t commits = asked != nullptr ? std::strtoull(asked, nullptr, 10) : 20'000;
  std::map<EditReason, uint64_t> reasons;
  uint64_t edits = 0, moved = 0, passed = 0;
  size_t count = 0;
  for (const Case& c : cases()) {
    CAPTURE(c.name);
    MemoryFileSystem disk;
    const uint64_t key_count = 12'000;
    Twin twin(small_engine(disk, c.options), universe(key_count));
    drive(twin, c, key_count, commits, 7 + count);
    const TwinReport& report = twin.finish();
    REQUIRE_MESSAGE(report.difference.empty(), report.difference);
    twin.simulation().check_contents();
    edits += report.edits, moved += report.moved_tables, passed += report.passed_tables;
    for (const auto& [reason, n] : report.edits_by_reason) reasons[reason] += n;
    ++count;
  }
  std::printf("%zu cases, %llu edits without a difference, %llu tables moved, %llu passed:\n",
              count, static_cast<unsigned long long>(edits), static_cast<unsigned long long>(moved),
              static_cast<unsigned long long>(passed));
  for (const auto& [reason, n] : reasons)
    std::printf("  %-20s %llu\n", std::string(name_of(reason)).c_str(),
                static_cast<unsigned long long>(n));
  CHECK(moved > 0);
  CHECK(passed > 0);
}

TEST_CASE("a simulation that decides otherwise is found out, and told how") {
  MemoryFileSystem disk;
  Twin twin(small_engine(disk, {{"layout", "leveled"}}), universe(5'000));
  twin.simulation().plan_by(
      [](const Version& version, const PlanContext& context, CompactionOptions options) {
        options.table_weight += 100;
        return plan_compaction(version, context, options);
      });
  drive(twin, {}, 5'000, 20'000, 3);
  REQUIRE(twin.differ());
  INFO(twin.report().difference);
  CHECK(twin.report().difference.find("simulation:") != std::string::npos);
  const uint64_t commits = twin.report().commits;
  twin.put(1, 5);
  CHECK(twin.report().commits == commits);
}

TEST_CASE("a twin needs an empty engine that runs its jobs inline") {
  MemoryFileSystem disk;
  CHECK_THROWS_AS(Twin(small_engine(disk, {{"background", "threads"}}), universe(10)),
                  InvalidArgument);
  MemoryFileSystem other;
  const auto db = small_engine(other, {});
  db->put("a", "b");
  CHECK_THROWS_AS(Twin(db, universe(10)), InvalidArgument);
}
