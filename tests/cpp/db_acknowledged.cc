// What a write may rely on once it was acknowledged, or once it can be seen: that the sync it
// waited for came after it, that a failed sync is never believed again, that a flush lets go of no
// log but its own, and that readers see all of it.
#include <doctest/doctest.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "lsmkit/bytes/error.h"
#include "lsmkit/db/db.h"
#include "lsmkit/vfs/clock.h"
#include "lsmkit/vfs/fault_file_system.h"
#include "lsmkit/vfs/memory_file_system.h"
#include "lsmkit/vfs/passing_file.h"
#include "lsmkit/vfs/passing_file_system.h"
#include "support/db_contents.h"

using namespace lsmkit;
using namespace lsmkit::test;

namespace {

OpenRequest request_for(FileSystem& files, const std::string& sync,
                        const std::string& background = "inline") {
  Options o;
  o.background = background;
  return {.path = "/db",
          .options = o,
          .overrides = {{"sync", sync}},
          .environment = {&files, &system_clock()}};
}

void wait_for(const std::function<bool()>& condition) {
  while (!condition()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

// Holds one thread in its next sync of a file, when all is synced and nobody knows yet.
class SlowToAnswer final : public PassingFileSystem {
 public:
  explicit SlowToAnswer(FileSystem& below) : PassingFileSystem(below) {}
  void hold_this_thread() {
    held_thread_ = std::this_thread::get_id();
    holds_ = true;
  }
  void let_go() { holds_ = false; }
  bool arrived() const { return arrived_; }

  std::unique_ptr<AppendFile> create(const std::string& path, AppendMode mode,
                                     uint64_t expected_bytes) override {
    return std::make_unique<File>(*this, below_.create(path, mode, expected_bytes));
  }

 private:
  class File final : public PassingAppendFile {
   public:
    File(SlowToAnswer& disk, std::unique_ptr<AppendFile> below)
        : PassingAppendFile(std::move(below)), disk_(disk) {}
    void sync() override {
      below_->sync();
      disk_.answer();
    }

   private:
    SlowToAnswer& disk_;
  };

  void answer() {
    if (!holds_ || std::this_thread::get_id() != held_thread_) return;
    arrived_ = true;
    wait_for([this] { return !holds_; });
  }

  std::thread::id held_thread_;
  std::atomic<bool> holds_{false}, arrived_{false};
};

// No room for tables, while logs still find some.
class NoTables final : public PassingFileSystem {
 public:
  using PassingFileSystem::PassingFileSystem;
  std::unique_ptr<AppendFile> create(const std::string& path, AppendMode mode,
                                     uint64_t expected_bytes) override {
    if (refuses && mode == AppendMode::kTable) throw IoError(ENOSPC, path, "creating");
    return below_.create(path, mode, expected_bytes);
  }
  bool refuses = false;
};

// Several that can't be flushed.
Contents fill_memtables(Db& db) {
  Contents due;
  for (int i = 0; i < 100; ++i) {
    const std::string key = "k" + std::to_string(i);
    db.put(key, due[key] = std::string(100, static_cast<char>('a' + i % 26)));
  }
  CHECK(db.tree().memtables.size() > 4);
  return due;
}

}  // namespace

TEST_CASE("a write that arrives while a sync is under way is not acknowledged by it" *
          doctest::test_suite("threads")) {
  MemoryFileSystem memory;
  SlowToAnswer files(memory);
  const auto db = Db::open(request_for(files, "always", "threads"));
  {
    const std::jthread first([&] {
      files.hold_this_thread();
      db->put("first", "1");
    });
    wait_for([&] { return files.arrived(); });
    const std::jthread second([&] { db->put("second", "2"); });
    wait_for([&] { return db->last_seqno() == 2; });
    files.let_go();
  }
  const auto image = memory.crash_image(memory.operation_count(), kNothingUnsynced, 1);
  CHECK(contents_of(*Db::open(request_for(*image, "always"))) ==
        Contents{{"first", "1"}, {"second", "2"}});
}

TEST_CASE("a log's sync that failed is never tried again, and nothing after it is acknowledged") {
  for (const std::string background : {"inline", "threads"}) {
    CAPTURE(background);
    MemoryFileSystem memory;
    FaultFileSystem faulty(memory);
    auto db = Db::open(request_for(faulty, "none", background));
    db->put("before", "1", {.sync = true});
    // The service thread makes the next log ready; let its syncs pass.
    if (background == "threads") wait_for([&] { return memory.list("/db").size() > 4; });
    faulty.inject({.of = FileOperation::kSync, .effect = FaultEffect::kUnsyncedLost});
    CHECK_THROWS_AS(db->put("in doubt", "2", {.sync = true}), DurabilityError);
    CHECK(faulty.failure_count() == 1);
    CHECK_THROWS_AS(db->put("after", "3"), DurabilityError);
    CHECK_THROWS_AS(db->sync(), DurabilityError);
    CHECK(db->durable_seqno() == 1);
    CHECK(contents_of(*db) == Contents{{"before", "1"}, {"in doubt", "2"}});
    CHECK_THROWS_AS(db->close(), DurabilityError);
    db.reset();
    const auto image = memory.crash_image(memory.operation_count(), kNothingUnsynced, 1);
    const Contents found = contents_of(*Db::open(request_for(*image, "none")));
    CHECK(found.contains("before"));
    CHECK(!found.contains("after"));
  }
}

TEST_CASE("whatever sectors and pages of an un-synced log a crash keeps, it opens with a prefix") {
  MemoryFileSystem memory;
  const auto db = Db::open(request_for(memory, "none"));
  std::vector<Contents> states(1);
  for (int i = 0; i < 60; ++i) {
    states.push_back(states.back());
    const std::string key = "k" + std::to_string(i);
    db->put(key, states.back()[key] = std::string(700, static_cast<char>('a' + i % 26)));
  }
  for (const NamedDamage& family : kDamageFamilies) {
    for (uint64_t seed = 0; seed < 10; ++seed) {
      CAPTURE(family.name);
      CAPTURE(seed);
      const auto image = memory.crash_image(memory.operation_count(), family.damage, seed);
      const auto again = Db::open(request_for(*image, "none"));
      REQUIRE(again->last_seqno() < states.size());
      CHECK(contents_of(*again) == states[again->last_seqno()]);
    }
  }
}

TEST_CASE("a flush lets go of its own log, and not of those of memtables that still wait") {
  MemoryFileSystem memory;
  NoTables files(memory);
  OpenRequest request = request_for(files, "none");
  request.options->memtable_bytes = 2 << 10;
  const auto db = Db::open(request);
  files.refuses = true;
  const Contents due = fill_memtables(*db);
  files.refuses = false;
  const uint64_t begin = memory.operation_count();
  db->flush();
  for (uint64_t at = begin; at <= memory.operation_count(); ++at) {
    CAPTURE(at);
    const auto image = memory.kill_image(at);
    CHECK(contents_of(*Db::open(request_for(*image, "none"))) == due);
  }
}

TEST_CASE("a sync covers the older logs too, as long as their memtables wait to be flushed") {
  MemoryFileSystem memory;
  NoTables files(memory);
  OpenRequest request = request_for(files, "none");
  request.options->memtable_bytes = 2 << 10;
  const auto db = Db::open(request);
  files.refuses = true;
  const Contents due = fill_memtables(*db);
  db->sync();
  const auto image = memory.crash_image(memory.operation_count(), kNothingUnsynced, 1);
  CHECK(contents_of(*Db::open(request_for(*image, "none"))) == due);
}

TEST_CASE("no more acknowledged commits stand un-synced than the sync mode says, and none longer") {
  struct Mode {
    const char* text;
    uint64_t commits, age_us;
  };
  constexpr uint64_t kNever = UINT64_MAX, kStepUs = 300;
  for (const Mode mode : {Mode{"always", 0, kNever}, Mode{"every(1)", 0, kNever},
                          Mode{"every(4)", 3, kNever}, Mode{"interval(2)", kNever, 2'000},
                          Mode{"hybrid(5, 1)", 4, 1'000}, Mode{"hybrid(3, 50)", 2, 50'000}}) {
    CAPTURE(mode.text);
    MemoryFileSystem memory;
    ManualClock clock{1'000'000};
    OpenRequest request = request_for(memory, mode.text);
    request.environment.clock = &clock;
    const auto db = Db::open(request);
    std::vector<uint64_t> made_us{0};  // by seqno
    for (int i = 0; i < 100; ++i) {
      made_us.push_back(clock.now_us());
      db->put("k" + std::to_string(i), "v");
      const Seqno durable = db->durable_seqno();
      CHECK(db->last_seqno() - durable <= mode.commits);
      if (durable < db->last_seqno()) CHECK(clock.now_us() - made_us[durable + 1] <= mode.age_us);
      const auto image = memory.crash_image(memory.operation_count(), kNothingUnsynced, 1);
      if (i % 10 == 0) CHECK(contents_of(*Db::open(request_for(*image, "none"))).size() >= durable);
      clock.advance(kStepUs);
    }
    // And it is not had by syncing each time.
    if (mode.commits > 0) CHECK(db->stats().sync_count <= 60);
  }
}

TEST_CASE("who sees the seqno of a batch sees all of it, however large" *
          doctest::test_suite("threads")) {
  constexpr int kKeys = 50'000;
  constexpr uint64_t kRounds = 4;
  MemoryFileSystem memory;
  const auto db = Db::open(request_for(memory, "none", "threads"));
  const std::jthread writer([&] {
    for (uint64_t round = 1; round <= kRounds; ++round) {
      WriteBatch batch;
      for (int i = 0; i < kKeys; ++i) batch.put("k" + std::to_string(i), std::to_string(round));
      db->write(batch);
    }
  });
  for (uint64_t seen = 0; seen < kRounds;) {
    const uint64_t before = seen;
    while ((seen = db->last_seqno()) == before) std::this_thread::yield();
    PinnedValue value;
    REQUIRE(db->get("k" + std::to_string(kKeys - 1), value));
    REQUIRE(std::stoull(std::string(value.bytes)) >= seen);
  }
}
