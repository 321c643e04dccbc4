// One's own planner in the engine (W4.3): asked in place of the layouts' in inline mode, what it
// throws ends the job and no more, and it is let go of when the database closes.
#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <stdexcept>
#include <string>

#include "lsmkit/bytes/error.h"
#include "lsmkit/db/db.h"
#include "lsmkit/planner/plan_chosen.h"
#include "lsmkit/vfs/memory_file_system.h"
#include "support/db_contents.h"

using namespace lsmkit;
using namespace lsmkit::test;

namespace {

OpenRequest request_for(FileSystem& disk, Planner planner,
                        const std::string& background = "inline") {
  OpenRequest request;
  request.path = "/db";
  request.overrides = {{"background", background}, {"memtable_bytes", "65536"},
                       {"table_bytes", "65536"},   {"base_bytes", "65536"},
                       {"cache_bytes", "1048576"}, {"memory_bytes", "67108864"}};
  request.environment.files = &disk;
  request.planner = std::move(planner);
  return request;
}

ChosenTables all_of(const Version& version, uint32_t output_level) {
  ChosenTables chosen;
  for_each_table(version, [&](const TableRef& t) { chosen.inputs.push_back(t->number); });
  chosen.output_level = output_level;
  return chosen;
}

// Everything becomes one run of L3 once L0 holds `runs`.
Planner merge_all_at(size_t runs) {
  return [runs](const Version& version, const PlanContext& context,
                const CompactionOptions& options) -> std::optional<CompactionPlan> {
    if (version.level(0).runs.size() < runs) return std::nullopt;
    return plan_chosen(version, context, options, all_of(version, 3));
  };
}

// So many memtables' worth; each put that fills one flushes and plans.
Contents fill(Db& db, int memtables, Contents contents = {}) {
  for (int i = 0; i < memtables * 700; ++i) {
    const std::string key = "key" + std::to_string(i * 7919 % 5000);
    contents[key] = std::to_string(i) + std::string(90, 'v');
    db.put(key, contents[key]);
  }
  return contents;
}

size_t custom_jobs(const Db& db) {
  size_t count = 0;
  for (const Event& event : db.events()) count += event.reason == EditReason::kCustom;
  return count;
}

std::string refusal(const std::function<void()>& call) {
  try {
    call();
  } catch (const InvalidArgument& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("W4.3: one's own planner decides all that inline mode compacts") {
  MemoryFileSystem disk;
  const auto db = Db::open(request_for(disk, merge_all_at(4)));
  const Contents due = fill(*db, 12);
  CHECK(contents_of(*db) == due);
  CHECK(db->tree().version.level(3).runs.size() == 1);
  CHECK(db->tree().version.level(0).runs.size() < 4);
  CHECK(custom_jobs(*db) == 3);
  CHECK(db->stats().counters.compaction_count == 3);
  CHECK(db->why().own_planner);
  CHECK(db->verify() > 0);
  db->compact_range(std::nullopt, std::nullopt);
  CHECK(contents_of(*db) == due);
  db->close();
  CHECK(contents_of(*Db::open(request_for(disk, {}))) == due);
}

TEST_CASE("one's own planner is refused where it would not be asked") {
  MemoryFileSystem disk;
  CHECK(refusal([&] { Db::open(request_for(disk, merge_all_at(4), "threads")); }) ==
        "planner: one's own planner runs on the thread that writes; open with "
        "background=\"inline\"");
  CHECK_FALSE(disk.exists("/db"));
  const auto db = Db::open(request_for(disk, merge_all_at(4)));
  OpenRequest again = request_for(disk, merge_all_at(5));
  CHECK(refusal([&] { Db::open(again); }).find("planner (leave it out") != std::string::npos);
  again.planner = {};
  CHECK(Db::open(again)->why().own_planner);
  db->close();
  again = request_for(disk, merge_all_at(4));
  again.read_only = true;
  CHECK(refusal([&] { Db::open(again); }).find("leave one of them out") != std::string::npos);
}

TEST_CASE("what one's own planner throws ends the job, and the store goes on") {
  MemoryFileSystem disk;
  bool broken = true;
  const Planner fine = merge_all_at(4);
  const auto db = Db::open(request_for(disk, [&](const Version& version, const PlanContext& context,
                                                 const CompactionOptions& options) {
    if (broken) throw std::runtime_error("out of ideas");
    return fine(version, context, options);
  }));
  const Contents due = fill(*db, 6);  // every put stands
  CHECK(contents_of(*db) == due);
  CHECK(db->tree().version.level(0).runs.size() >= 6);
  CHECK(db->stats().background_error.find("out of ideas") != std::string::npos);
  CHECK_THROWS_WITH(db->flush(), "out of ideas");
  CHECK_THROWS_WITH(db->wait_idle(), "out of ideas");
  broken = false;
  db->flush();
  CHECK(db->stats().background_error.empty());
  CHECK(custom_jobs(*db) == 1);
  CHECK(contents_of(*db) == due);
  broken = true;
  CHECK_THROWS_WITH(db->close(), "out of ideas");
  CHECK(contents_of(*Db::open(request_for(disk, {}))) == due);
}

TEST_CASE("one's own planner that never comes to rest is told so, and the store goes on") {
  MemoryFileSystem disk;
  size_t asked = 0;
  const auto db = Db::open(request_for(
      disk,
      [&](const Version& version, const PlanContext& context,
          const CompactionOptions& options) -> std::optional<CompactionPlan> {
        ++asked;
        if (version.table_count() == 0) return std::nullopt;
        return plan_chosen(version, context, options, all_of(version, 1));  // again and again
      }));
  db->put("key", "value");
  CHECK(refusal([&] { db->flush(); }) ==
        "one's own planner made 10000 plans in a row, and more are due; let it plan nothing once "
        "the tree has the shape that it wants");
  CHECK(asked == 10'000);
  CHECK(contents_of(*db) == Contents{{"key", "value"}});
}

TEST_CASE("one's own planner may look at the database, but not wait for its own job") {
  MemoryFileSystem disk;
  size_t told = 0;
  std::shared_ptr<Db> db;
  db = Db::open(request_for(disk,
                            [&](const Version&, const PlanContext&,
                                const CompactionOptions&) -> std::optional<CompactionPlan> {
                              // The handle of a database that is being closed is closed.
                              if (told > 0) return std::nullopt;
                              PinnedValue value;
                              CHECK(db->get("key", value));
                              CHECK(db->tree().version.table_count() > 0);
                              db->put("from the planner", "is fine");
                              for (const auto& call : {std::function<void()>([&] { db->flush(); }),
                                                       std::function<void()>([&] { db->close(); })})
                                told += refusal(call).find("progress callback or planner") !=
                                        std::string::npos;
                              return std::nullopt;
                            }));
  db->put("key", "value");
  db->flush();
  CHECK(told == 2);
  PinnedValue value;
  CHECK(db->get("from the planner", value));
  db->close();
}

TEST_CASE("a closed database has let go of one's own planner") {
  MemoryFileSystem disk;
  const auto kept = std::make_shared<int>(1);
  const auto db = Db::open(request_for(
      disk,
      [kept](const Version&, const PlanContext&,
             const CompactionOptions&) -> std::optional<CompactionPlan> { return {}; }));
  CHECK(kept.use_count() > 1);
  db->close();
  CHECK(kept.use_count() == 1);
}
