// Rung V0 (W4.12): the exact simulation beside the engine in inline mode makes the same edits,
// table for table, under every layout, picker, cut and mix of writes; and a difference is found.
// A case has 20,000 commits; with LSMKIT_COMPACTIONS=200 it goes on for so many compactions, as the
// rung asks, and it is checked that the rung's counts are reached. LSMKIT_COMMITS sets the commits.
// One-sided differences that turn this red: tests/planted/twin_*.patch.
#include <doctest/doctest.h>

#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "lsmkit/bytes/error.h"
#include "lsmkit/planner/plan_chosen.h"
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
  uint64_t shrinks = 0;     // per cent of deletes in every second stretch of commits
  bool readers = false;
  bool ranges = false;  // compact_range now and then
  Planner planner = {};
};

constexpr uint64_t kKeys = 12'000;
constexpr uint64_t kStretch = 20'000;  // commits

std::shared_ptr<Db> small_engine(FileSystem& disk, const Overrides& more, Planner planner = {}) {
  OpenRequest request;
  request.planner = std::move(planner);
  request.path = "/db";
  request.environment.files = &disk;
  request.overrides = {{"background", "inline"},    {"sync", "none"},
                       {"memtable_bytes", "16384"}, {"table_bytes", "16384"},
                       {"base_bytes", "65536"},     {"fanout", "3"},
                       {"cache_bytes", "1048576"},  {"memory_bytes", "67108864"}};
  for (const auto& option : more) request.overrides.push_back(option);
  return Db::open(request);
}

std::shared_ptr<const KeyUniverse> universe(uint64_t n) {
  std::vector<std::string> keys;
  for (uint64_t i = 0; i < n; ++i) keys.push_back("user" + std::to_string(10'000'000 + i * 37));
  return std::make_shared<const KeyUniverse>(std::move(keys));
}

// What a case writes, one commit after the other.
class Driver {
 public:
  Driver(Twin& twin, const Case& c, uint64_t key_count, uint64_t seed)
      : twin_(twin), case_(c), key_count_(key_count), random_{seed} {}

  void commit(uint64_t count) {
    for (; count > 0 && !twin_.differ(); --count, ++commits_) commit_one();
  }
  uint64_t commits() const { return commits_; }

 private:
  KeyRank rank() {
    if (random_.below(100) < case_.sequential) return static_cast<KeyRank>(++at_ % key_count_);
    if (random_.below(100) < case_.hot)
      return static_cast<KeyRank>(random_.below(key_count_ / 100) + key_count_ / 3);
    return static_cast<KeyRank>(random_.below(key_count_));
  }
  uint64_t deletes() const {
    return commits_ / kStretch % 2 == 1 && case_.shrinks > 0 ? case_.shrinks : case_.deletes;
  }

  void commit_one() {
    if (random_.below(100) < case_.batches) {
      std::vector<SimWrite> batch;
      for (uint64_t n = random_.below(30); n > 0; --n)
        batch.push_back({rank(), random_.below(100) < deletes() ? Kind::kDelete : Kind::kPut,
                         static_cast<uint32_t>(random_.below(200))});
      twin_.write(batch);
    } else if (random_.below(100) < deletes()) {
      twin_.remove(rank());
    } else {
      twin_.put(rank(), static_cast<uint32_t>(60 + random_.below(80)));
    }
    if (case_.readers && commits_ % 1'500 == 1'499) change_readers();
    if (case_.ranges && commits_ % 9'000 == 8'999)
      twin_.compact_range("user100",
                          commits_ % 2 == 0 ? std::nullopt : std::optional<std::string>("user102"));
  }

  void change_readers() {
    if (readers_ < 4) {
      twin_.pin();
      ++readers_;
    } else {
      for (; readers_ > 1; --readers_) twin_.let_go();
    }
  }

  Twin& twin_;
  const Case& case_;
  const uint64_t key_count_;
  Random random_;
  uint64_t commits_ = 0, at_ = 0, readers_ = 0;
};

// A level that holds more than its share goes down whole, with all that it meets.
std::optional<CompactionPlan> plan_whole_levels(const Version& version, const PlanContext& context,
                                                const CompactionOptions& options) {
  for (uint32_t n = 0; n < 3; ++n) {
    const Level& level = version.level(n);
    if (n == 0 ? level.runs.size() < 4 : level.weight() < options.base_weight << (2 * n)) continue;
    ChosenTables chosen;
    chosen.output_level = n + 1;
    for (uint32_t at = n; at <= n + 1; ++at)
      for (const Run& run : version.level(at).runs)
        for (const TableRef& table : run.tables()) chosen.inputs.push_back(table->number);
    return plan_chosen(version, context, options, chosen);
  }
  return std::nullopt;
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
  for (const char* layout : {"leveled", "hybrid", "lazy_leveled"})
    add(std::string(layout) + ", shrinks", {{"layout", layout}}).shrinks = 90;
  add("hybrid, parts", {{"layout", "hybrid"}, {"max_parts", "4"}});
  add("own planner", {{"layout", "leveled"}}).planner = plan_whole_levels;
  Case& all = add("leveled, everything", {{"layout", "leveled"}, {"max_parts", "3"}});
  all.deletes = 15, all.sequential = 20, all.hot = 30, all.batches = 5, all.readers = true,
  all.ranges = true;
  return out;
}

// What fires beside the reasons of jobs.
struct Mechanism {
  const char* name;
  uint64_t TwinReport::*count;
};
constexpr Mechanism kMechanisms[] = {{"tables moved", &TwinReport::moved_tables},
                                     {"tables passed", &TwinReport::passed_tables},
                                     {"entries dropped", &TwinReport::dropped_entries},
                                     {"tombstones dropped", &TwinReport::dropped_tombstones},
                                     {"tables of seqno 0", &TwinReport::zeroed_tables},
                                     {"jobs cut into tables", &TwinReport::cut_jobs},
                                     {"jobs in parts", &TwinReport::parted_jobs},
                                     {"jobs under readers", &TwinReport::pinned_jobs}};

// Of all cases.
struct Totals {
  std::map<EditReason, uint64_t> reasons;
  uint64_t edits = 0;
  TwinReport sums;  // of the mechanisms' counts

  void add(const TwinReport& report) {
    edits += report.edits;
    for (const auto& [reason, n] : report.edits_by_reason) reasons[reason] += n;
    for (const Mechanism& m : kMechanisms) sums.*m.count += report.*m.count;
  }
  void print() const {
    for (const auto& [reason, n] : reasons)
      std::printf("  %-24s %8llu\n", std::string(name_of(reason)).c_str(),
                  static_cast<unsigned long long>(n));
    for (const Mechanism& m : kMechanisms)
      std::printf("  %-24s %8llu\n", m.name, static_cast<unsigned long long>(sums.*m.count));
  }
};

uint64_t asked_of(const char* name, uint64_t otherwise) {
  const char* asked = std::getenv(name);
  return asked != nullptr ? std::strtoull(asked, nullptr, 10) : otherwise;
}

// Reasons that a tree has that is never opened twice, and whose tables have no age.
constexpr EditReason kReasons[] = {
    EditReason::kFlush,     EditReason::kL0ToBase,   EditReason::kIntraL0,
    EditReason::kLevelFull, EditReason::kManual,     EditReason::kLevelDrain,
    EditReason::kSpaceAmp,  EditReason::kSizeRatio,  EditReason::kRunCount,
    EditReason::kTierFull,  EditReason::kFifoWeight, EditReason::kTombstones,
    EditReason::kElision,   EditReason::kCustom,     EditReason::kTwoLevels};
constexpr uint64_t kLeastCases = 30, kLeastCompactions = 200, kLeastLevels = 3;
constexpr uint64_t kMostCommits = 2'000'000;  // of a case that goes on for its compactions

}  // namespace

TEST_CASE("V0, W4.12: engine and exact simulation make the same edits") {
  const uint64_t commits = asked_of("LSMKIT_COMMITS", 20'000);
  const uint64_t compactions = asked_of("LSMKIT_COMPACTIONS", 0);
  Totals totals;
  size_t count = 0, full = 0;
  for (const Case& c : cases()) {
    CAPTURE(c.name);
    MemoryFileSystem disk;
    Twin twin(small_engine(disk, c.options, c.planner), universe(kKeys));
    if (c.planner) twin.simulation().plan_by(c.planner);
    Driver driver(twin, c, kKeys, 7 + count);
    driver.commit(commits);
    while (twin.report().compactions < compactions && driver.commits() < kMostCommits &&
           !twin.differ())
      driver.commit(1'000);
    const TwinReport& report = twin.finish();
    REQUIRE_MESSAGE(report.difference.empty(), report.difference);
    twin.simulation().check_contents();
    const bool is_full =
        report.compactions >= kLeastCompactions && report.levels.size() >= kLeastLevels;
    if (compactions > 0)
      std::printf("  %-30s %7llu commits %5llu compactions %2zu levels%s\n", c.name.c_str(),
                  static_cast<unsigned long long>(driver.commits()),
                  static_cast<unsigned long long>(report.compactions), report.levels.size(),
                  is_full ? "" : "  (below the rung)");
    totals.add(report);
    full += is_full;
    ++count;
  }
  std::printf(
      "%zu cases, %zu of them with %llu compactions or more over %llu levels; %llu edits "
      "without a difference:\n",
      count, full, static_cast<unsigned long long>(kLeastCompactions),
      static_cast<unsigned long long>(kLeastLevels), static_cast<unsigned long long>(totals.edits));
  totals.print();
  if (compactions < kLeastCompactions) return;
  CHECK(full >= kLeastCases);
  for (const EditReason reason : kReasons) {
    CAPTURE(name_of(reason));
    CHECK(totals.reasons[reason] > 0);
  }
  for (const Mechanism& m : kMechanisms) {
    CAPTURE(m.name);
    CHECK(totals.sums.*m.count > 0);
  }
}

TEST_CASE("a simulation that decides otherwise is found out, and told how") {
  MemoryFileSystem disk;
  Twin twin(small_engine(disk, {{"layout", "leveled"}}), universe(5'000));
  twin.simulation().plan_by(
      [](const Version& version, const PlanContext& context, CompactionOptions options) {
        options.table_weight += 100;
        return plan_compaction(version, context, options);
      });
  const Case uniform;
  Driver(twin, uniform, 5'000, 3).commit(20'000);
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
