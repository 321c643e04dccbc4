// What once went wrong, or could: calls that overlap with close, failures of the MANIFEST, damage
// to it, full disks, directories that move. Each test is named after the wrong it keeps from coming
// back.
#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <thread>

#include "lsmkit/bytes/error.h"
#include "lsmkit/db/db.h"
#include "lsmkit/vfs/fault_file_system.h"
#include "lsmkit/vfs/memory_file_system.h"
#include "lsmkit/vfs/passing_file_system.h"
#include "support/db_contents.h"
#include "support/temporary_directory.h"

using namespace lsmkit;
using namespace lsmkit::test;

namespace {

Options small_options(const std::string& background) {
  Options o;
  o.memtable_bytes = 64 << 10;
  o.table_bytes = 16 << 10;
  o.base_bytes = 64 << 10;
  o.cache_bytes = 64 << 10;
  o.memory_bytes = 8 << 20;
  o.threads = 2;
  o.background = background;
  return o;
}

OpenRequest request_for(FileSystem& files, const std::string& background = "threads",
                        const std::string& path = "/db") {
  return {.path = path,
          .options = small_options(background),
          .overrides = {{"sync", "none"}},
          .environment = {&files, &system_clock()}};
}

size_t table_files(FileSystem& files) {
  size_t count = 0;
  for (const std::string& name : files.list("/db")) count += name.ends_with(".table");
  return count;
}

// Two overlapping tables in L0, so that compact_range has something to merge.
Contents fill(Db& db) {
  Contents due;
  for (const char letter : {'a', 'b'}) {
    for (int i = 0; i < 50; ++i) {
      const std::string key = "k" + std::to_string(i), value(50, letter);
      db.put(key, value);
      due[key] = value;
    }
    db.flush();
  }
  return due;
}

// Holds one thread at its next directory sync: between its outputs and its edit.
class GatedFileSystem final : public PassingFileSystem {
 public:
  explicit GatedFileSystem(FileSystem& below) : PassingFileSystem(below) {}
  void sync_dir(const std::string& path) override {
    if (holds_ && std::this_thread::get_id() == held_thread_) {
      arrived_ = true;
      while (holds_) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    PassingFileSystem::sync_dir(path);
  }
  void hold_this_thread() {
    held_thread_ = std::this_thread::get_id();
    holds_ = true;
  }
  void wait_for_arrival() {
    while (!arrived_) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  void let_go() { holds_ = false; }

 private:
  std::thread::id held_thread_;
  std::atomic<bool> holds_{false}, arrived_{false};
};

// Runs compact_range in a thread of its own up to the gate.
std::jthread compact_up_to_the_gate(Db& db, GatedFileSystem& files) {
  std::jthread compactor([&] {
    files.hold_this_thread();
    try {
      db.compact_range(std::nullopt, std::nullopt);
    } catch (const Error&) {
      // Closed, or poisoned: either may be.
    }
  });
  files.wait_for_arrival();
  return compactor;
}

}  // namespace

TEST_CASE(
    "close waits for a compact_range of another thread, or the next open would lose its tables" *
    doctest::test_suite("threads")) {
  MemoryFileSystem memory;
  GatedFileSystem files(memory);
  auto db = Db::open(request_for(files));
  const Contents due = fill(*db);
  {
    const std::jthread compactor = compact_up_to_the_gate(*db, files);
    const std::jthread closer([&] { db->close(); });
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    files.let_go();
  }
  for (int life = 0; life < 2; ++life) {
    const auto again = Db::open(request_for(files));
    CHECK(contents_of(*again) == due);
    again->verify();
  }
}

TEST_CASE("after the MANIFEST has failed for good no job writes an edit or removes a table" *
          doctest::test_suite("threads")) {
  MemoryFileSystem memory;
  FaultFileSystem faulty(memory);
  GatedFileSystem files(faulty);
  auto db = Db::open(request_for(files));
  const Contents due = fill(*db);
  {
    const std::jthread compactor = compact_up_to_the_gate(*db, files);
    // The sync of another edit fails, and so does the directory's after the new MANIFEST's rename.
    faulty.inject({.of = FileOperation::kSync});
    faulty.inject({.of = FileOperation::kSyncDir});
    CHECK_THROWS_AS(db->set_typed_codec("a codec"), DurabilityError);
    faulty.heal();
    files.let_go();
  }
  CHECK_THROWS_AS(db->close(), DurabilityError);
  db.reset();
  CHECK(contents_of(*Db::open(request_for(files))) == due);
}

TEST_CASE("a damaged last edit of a MANIFEST is told, and no table is removed on its account") {
  MemoryFileSystem memory;
  {
    const auto db = Db::open(request_for(memory, "inline"));
    db->put("key", "value", {.sync = true});
    db->close();
  }
  std::string manifest = memory.contents("/db/MANIFEST");
  char& last = manifest[manifest.find_last_not_of('\0')];
  last = static_cast<char>(last ^ 1);
  memory.set_contents("/db/MANIFEST", manifest);
  CHECK_THROWS_AS(Db::open(request_for(memory, "inline")), CorruptionError);
  CHECK(table_files(memory) == 1);
}

TEST_CASE("a job whose directory sync fails takes its tables away again") {
  MemoryFileSystem memory;
  FaultFileSystem faulty(memory);
  const auto db = Db::open(request_for(faulty, "inline"));
  for (int i = 0; i < 10; ++i) {
    db->put("key", "value");
    faulty.inject({.of = FileOperation::kSyncDir, .times = Fault::kForEver, .code = EMFILE});
    CHECK_THROWS_AS(db->flush(), IoError);
    faulty.heal();
  }
  db->flush();
  CHECK(table_files(memory) == db->stats().table_count);
}

TEST_CASE("a disk that is full at whatever byte poisons nothing, and heals") {
  int refused = 0;
  for (uint64_t spare = 0; spare < 6'000; spare += 50) {
    CAPTURE(spare);
    MemoryFileSystem memory;
    const auto db = Db::open(request_for(memory, "inline"));
    for (int i = 0; i < 20; ++i) db->put("k" + std::to_string(i), std::string(50, 'a'));
    db->flush();
    for (int i = 0; i < 20; ++i) db->put("k" + std::to_string(i), std::string(50, 'b'));
    uint64_t used = 0;
    for (const std::string& name : memory.list("/db")) used += memory.file_bytes("/db/" + name);
    memory.set_capacity_bytes(used + spare);
    try {
      db->flush();
    } catch (const IoError& error) {
      ++refused;
      CHECK(error.code() == ENOSPC);
    }
    memory.set_capacity_bytes(100 << 20);
    db->flush();
    db->put("more", "room");
    CHECK(contents_of(*db).size() == 21);
  }
  CHECK(refused > 0);
}

TEST_CASE("a directory whose maker was killed before it was synced is durable once it is opened") {
  MemoryFileSystem memory;
  Db::open(request_for(memory, "inline"))->close();
  int directories = 0;
  for (uint64_t at = 1; at <= 3; ++at) {
    const auto killed = memory.kill_image(at);
    if (!killed->exists("/db")) continue;
    ++directories;
    const auto db = Db::open(request_for(*killed, "inline"));
    db->put("key", "value", {.sync = true});
    const auto after = killed->crash_image(killed->operation_count(),
                                           {ContentSurvival::kNone, NameSurvival::kNone}, 1);
    CHECK(contents_of(*Db::open(request_for(*after, "inline"))) == Contents{{"key", "value"}});
  }
  CHECK(directories > 0);
}

TEST_CASE("a read-only open beside a live writer finds a whole database, and keeps it" *
          doctest::test_suite("threads")) {
  MemoryFileSystem memory;
  PassingFileSystem other_process(memory);
  auto db = Db::open(request_for(memory));
  std::atomic<bool> done{false};
  const std::jthread writer([&] {
    for (int i = 0; !done; ++i) {
      db->put("k" + std::to_string(i % 500), std::string(200, 'a') + std::to_string(i));
      if (i % 100 == 0) db->flush();
      if (i % 1'000 == 0) {
        db->close();
        db = Db::open(request_for(memory));
      }
    }
  });
  OpenRequest look = request_for(other_process);
  look.read_only = true;
  look.options.reset();
  size_t most = 0;
  for (int i = 0; i < 150 || most < 500; ++i) {
    const auto reader = Db::open(look);
    const Contents first = contents_of(*reader);
    most = std::max(most, first.size());
    CHECK(contents_of(*reader) == first);
    reader->verify();
  }
  done = true;
  CHECK(most == 500);  // all of the writer's keys
}

TEST_CASE("a database stays where it was opened when the current directory changes") {
  const TemporaryDirectory directory;
  const auto before = std::filesystem::current_path();
  std::filesystem::create_directories(directory.path() + "/elsewhere/store");
  std::filesystem::current_path(directory.path());
  {
    const auto db = Db::open(request_for(posix_file_system(), "inline", "store"));
    std::filesystem::current_path(directory.path() + "/elsewhere");
    for (int i = 0; i < 3'000; ++i) db->put("k" + std::to_string(i), std::string(100, 'v'));
    db->compact_range(std::nullopt, std::nullopt);
    CHECK(db->path() == "store");
    db->close();
  }
  CHECK(std::filesystem::is_empty(directory.path() + "/elsewhere/store"));
  std::filesystem::current_path(before);
  const auto again =
      Db::open(request_for(posix_file_system(), "inline", directory.path() + "/store"));
  CHECK(contents_of(*again).size() == 3'000);
}

TEST_CASE("a directory that was replaced while it was open is left alone") {
  const TemporaryDirectory directory;
  const std::string path = directory.path() + "/db";
  FileSystem& files = posix_file_system();
  const auto stale = Db::open(request_for(files, "inline", path));
  stale->put("old", "value");
  std::filesystem::rename(path, path + ".moved");
  const auto fresh = Db::open(request_for(files, "inline", path));
  fresh->put("new", "value");
  fresh->flush();
  try {
    stale->flush();
    FAIL("it wrote into a directory that is not its own");
  } catch (const IoError& error) {
    CHECK(error.code() == ESTALE);
    CHECK(std::string(error.what()).find("moved, removed or replaced") != std::string::npos);
  }
  CHECK_THROWS_AS(stale->close(), IoError);
  fresh->close();
  CHECK(contents_of(*Db::open(request_for(files, "inline", path))) == Contents{{"new", "value"}});
  CHECK(contents_of(*Db::open(request_for(files, "inline", path + ".moved"))) ==
        Contents{{"old", "value"}});
}

TEST_CASE(
    "a progress callback that calls what waits for its own job is told so, and nothing hangs") {
  for (const std::string background : {"inline", "threads"}) {
    CAPTURE(background);
    MemoryFileSystem memory;
    const auto db = Db::open(request_for(memory, background));
    fill(*db);
    const Snapshot* none = nullptr;
    int called = 0;
    const auto refused = [&](const std::function<void()>& call) {
      try {
        call();
      } catch (const InvalidArgument& error) {
        CHECK(std::string(error.what()).find("from a progress callback or planner") !=
              std::string::npos);
      }
    };
    db->compact_range(std::nullopt, std::nullopt, [&](const Progress&) {
      if (++called > 3) return;
      refused([&] { db->close(); });
      refused([&] { db->flush(); });
      refused([&] { db->wait_idle(); });
      refused([&] { db->verify(); });
      db->put("from the callback", "is fine");
    });
    PinnedValue value;
    CHECK(called > 0);
    CHECK(db->get("from the callback", value, none));
    CHECK(!db->closed());
  }
}

TEST_CASE("a snapshot of another database is refused") {
  MemoryFileSystem memory;
  const auto one = Db::open(request_for(memory, "inline", "/one"));
  const auto two = Db::open(request_for(memory, "inline", "/two"));
  const auto snapshot = one->snapshot();
  PinnedValue value;
  CHECK_THROWS_AS(two->get("key", value, snapshot.get()), InvalidArgument);
  CHECK_THROWS_AS(two->cursor({}, snapshot), InvalidArgument);
}
