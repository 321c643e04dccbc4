// What a write meets when the disk cannot follow: it is slowed down, then waits at the memory
// budget, can be interrupted there, and is told after stall_timeout_ms what it waits for. Nothing
// is lost meanwhile, and everything goes on when the disk does. (W3.8)
#include <doctest/doctest.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <string>
#include <thread>

#include "lsmkit/bytes/error.h"
#include "lsmkit/db/db.h"
#include "lsmkit/vfs/memory_file_system.h"
#include "lsmkit/vfs/passing_file_system.h"
#include "support/db_contents.h"
#include "support/slow_file_system.h"
#include "support/unreadable_file_system.h"

using namespace lsmkit;
using namespace lsmkit::test;

namespace {

OpenRequest request_for(FileSystem& files, uint64_t stall_timeout_ms,
                        const std::string& background = "threads") {
  Options o;
  o.memtable_bytes = 256 << 10;
  o.table_bytes = 64 << 10;
  o.base_bytes = 256 << 10;
  o.cache_bytes = 64 << 10;
  o.memory_bytes = 10 << 20;
  o.threads = 2;
  o.stall_timeout_ms = stall_timeout_ms;
  o.background = background;
  return {.path = "/db",
          .options = o,
          .overrides = {{"sync", "none"}},
          .environment = {&files, &system_clock()}};
}

// Where no table can be made.
class TablelessFileSystem final : public PassingFileSystem {
 public:
  using PassingFileSystem::PassingFileSystem;
  std::unique_ptr<AppendFile> create(const std::string& path, AppendMode mode,
                                     uint64_t expected_bytes) override {
    if (mode == AppendMode::kTable && refuses) throw IoError(EDQUOT, path, "create");
    return PassingFileSystem::create(path, mode, expected_bytes);
  }
  std::atomic<bool> refuses{true};
};

std::string key_of(int i) {
  return "k" + std::to_string(i * 7919 % 3'000);
}

// Puts until a write throws; the model holds what was acknowledged.
template <class Throws>
std::string put_until(Db& db, Contents& model, const WriteOptions& options = {}) {
  for (int i = 0; i < 100'000; ++i) {
    const std::string value(1'000, static_cast<char>('a' + i % 26));
    try {
      db.put(key_of(i), value, options);
    } catch (const Throws& error) {
      return error.what();
    }
    model[key_of(i)] = value;
  }
  FAIL("100 MB went into a budget of 10");
  return {};
}

// Nobody asks: the background tries again by itself.
bool heals(const Db& db) {
  const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!db.stats().background_error.empty()) {
    if (std::chrono::steady_clock::now() > patience) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

size_t stalls(const Db& db, EventKind kind) {
  size_t count = 0;
  for (const Event& event : db.events()) count += event.kind == kind;
  return count;
}

}  // namespace

TEST_CASE("on a stuck disk a write waits at the budget, then says so; let go, all goes on" *
          doctest::test_suite("threads")) {
  MemoryFileSystem memory;
  SlowFileSystem disk(memory);
  const auto db = Db::open(request_for(disk, 200));
  Contents model;
  disk.hold_tables();
  const std::string error = put_until<StallTimeout>(*db, model);
  CHECK(error.find("for room in memory (memory_bytes)") != std::string::npos);
  CHECK(error.find("the disk is too slow") != std::string::npos);
  CHECK(db->stats().memory.memtable_bytes <= 10 << 20);
  CHECK(db->stats().stall_count == 1);
  CHECK(stalls(*db, EventKind::kStallBegin) == 1);
  CHECK(stalls(*db, EventKind::kStallEnd) == 1);
  CHECK(contents_of(*db) == model);  // reads go on
  CHECK_THROWS_AS(db->put("one more", "waits as well"), StallTimeout);

  disk.let_go();
  db->put("one more", "is taken");
  model["one more"] = "is taken";
  db->flush();
  CHECK(contents_of(*db) == model);
  CHECK(db->stats().background_error.empty());
  db->close();
  CHECK(contents_of(*Db::open(request_for(memory, 200))) == model);
}

TEST_CASE("a write that waits at the budget can be interrupted" * doctest::test_suite("threads")) {
  MemoryFileSystem memory;
  SlowFileSystem disk(memory);
  const auto db = Db::open(request_for(disk, 60'000));
  Contents model;
  disk.hold_tables();
  int polls = 0;
  const Poll poll = [&](const Progress&) {
    if (++polls == 3) throw Interrupted();
  };
  put_until<Interrupted>(*db, model, {.poll = &poll});
  CHECK(polls == 3);
  disk.let_go();
  db->put("after", "it");
  model["after"] = "it";
  CHECK(contents_of(*db) == model);
}

TEST_CASE("writers that wait at the budget go on, one after another, when there is room" *
          doctest::test_suite("threads")) {
  MemoryFileSystem memory;
  SlowFileSystem disk(memory);
  const auto db = Db::open(request_for(disk, 60'000));
  disk.hold_tables();
  std::atomic<int> done{0};
  {
    std::vector<std::jthread> writers;
    for (int w = 0; w < 4; ++w) {
      writers.emplace_back([&, w] {
        for (int i = 0; i < 4'000; ++i) {
          db->put("w" + std::to_string(w) + "-" + std::to_string(i), std::string(1'000, 'x'));
        }
        ++done;
      });
    }
    while (stalls(*db, EventKind::kStallBegin) == 0) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    CHECK(done == 0);
    disk.let_go();
  }
  CHECK(done == 4);
  CHECK(contents_of(*db).size() == 16'000);
}

TEST_CASE("close ends a write that waits at the budget" * doctest::test_suite("threads")) {
  MemoryFileSystem memory;
  SlowFileSystem disk(memory);
  const auto db = Db::open(request_for(disk, 60'000));
  Contents model;
  disk.hold_tables();
  std::string error;
  {
    const std::jthread writer([&] { error = put_until<Error>(*db, model); });
    while (stalls(*db, EventKind::kStallBegin) == 0) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    const std::jthread closer([&] { db->close(); });
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    disk.let_go();
  }
  CHECK(contents_of(*Db::open(request_for(memory, 200))) == model);
}

TEST_CASE("on a slow disk writes are slowed down and none is lost" *
          doctest::test_suite("threads")) {
  MemoryFileSystem memory;
  SlowFileSystem disk(memory);
  disk.set_table_bytes_per_second(8 << 20);
  const auto db = Db::open(request_for(disk, 30'000));
  Contents model;
  uint64_t most = 0;
  for (int i = 0; i < 12'000; ++i) {
    const std::string value(1'000, static_cast<char>('a' + i % 26));
    db->put(key_of(i), value);
    model[key_of(i)] = value;
    if (i % 500 == 0) most = std::max(most, db->stats().memory.memtable_bytes);
  }
  CHECK(most <= 10 << 20);
  disk.set_table_bytes_per_second(0);
  CHECK(contents_of(*db) == model);
  db->close();
  CHECK(contents_of(*Db::open(request_for(memory, 200))) == model);
}

TEST_CASE("a full disk refuses writes at once, and heals by itself when there is room" *
          doctest::test_suite("threads")) {
  MemoryFileSystem memory;
  const auto db = Db::open(request_for(memory, 300));
  Contents model;
  memory.set_capacity_bytes(3 << 20);
  // Either the log finds no room for the write, or no memtable can be flushed any more.
  const std::string error = put_until<Error>(*db, model);
  CHECK(error.find("space") != std::string::npos);
  CHECK(contents_of(*db) == model);

  memory.set_capacity_bytes(100 << 20);
  CHECK(heals(*db));
  for (int i = 0; i < 2'000; ++i) {
    db->put(key_of(i), "after");
    model[key_of(i)] = "after";
  }
  db->flush();
  CHECK(contents_of(*db) == model);
  db->verify();
  db->close();
  CHECK(contents_of(*Db::open(request_for(memory, 300))) == model);
}

TEST_CASE("a flush that fails is named by the write that waits for it" *
          doctest::test_suite("threads")) {
  MemoryFileSystem memory;
  TablelessFileSystem disk(memory);
  const auto db = Db::open(request_for(disk, 300));
  Contents model;
  const std::string error = put_until<StallTimeout>(*db, model);
  CHECK(error.find("flushing fails (flush: ") != std::string::npos);
  disk.refuses = false;
  CHECK(heals(*db));
  db->put("after", "it");
  model["after"] = "it";
  db->flush();
  CHECK(contents_of(*db) == model);
}

TEST_CASE("a compaction that fails is told until one succeeds, though nobody writes" *
          doctest::test_suite("threads")) {
  MemoryFileSystem memory;
  UnreadableFileSystem disk(memory);
  const auto db = Db::open(request_for(disk, 30'000));
  Contents model;
  for (int i = 0; db->stats().background_error.empty(); ++i) {
    db->put(key_of(i), std::string(1'000, 'v'));
    model[key_of(i)] = std::string(1'000, 'v');
  }
  db->flush();
  CHECK(db->stats().background_error.starts_with("compaction: "));
  disk.refuses = false;
  CHECK(heals(*db));
  db->wait_idle();
  CHECK(contents_of(*db) == model);
}

TEST_CASE("what an iterator keeps in memory past its flush is counted apart") {
  MemoryFileSystem memory;
  const auto db = Db::open(request_for(memory, 1'000, "inline"));
  for (int i = 0; i < 100; ++i) db->put(key_of(i), std::string(1'000, 'a'));
  auto cursor = db->cursor({});
  const uint64_t before = db->stats().memory.memtable_bytes;
  CHECK(db->stats().memory.pinned_bytes == 0);
  db->flush();
  CHECK(db->stats().memory.pinned_bytes >= 100'000);
  CHECK(db->stats().memory.memtable_bytes < before);
  cursor.reset();
  CHECK(db->stats().memory.pinned_bytes == 0);
}
