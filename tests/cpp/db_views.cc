// What a reader holds outlives the database: values pinned in memtables, in cached blocks and in
// blocks of their own are read after the database, its directory and its files are gone, as a
// memoryview in Python may be. AddressSanitizer sees a byte that is gone.
#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "lsmkit/bytes/error.h"
#include "lsmkit/db/db.h"
#include "lsmkit/db/db_cursor.h"
#include "lsmkit/vfs/memory_file_system.h"
#include "support/temporary_directory.h"

using namespace lsmkit;
using namespace lsmkit::test;

namespace {

// From nothing to what stands alone in its block, beyond the block cache.
const std::vector<size_t> kSizes{0, 1, 7, 8, 23, 100, 4'000, 20'000, 300'000, 3'000'000};

std::string key_of(const char* where, size_t i) {
  return std::string(where) + std::to_string(i);
}
std::string value_of(const std::string& key, size_t bytes) {
  std::string out;
  while (out.size() < bytes) out += key + ":" + std::to_string(out.size()) + " ";
  out.resize(bytes);
  return out;
}

void put_all(Db& db, const char* where) {
  for (size_t i = 0; i < kSizes.size(); ++i)
    db.put(key_of(where, i), value_of(key_of(where, i), kSizes[i]));
}

struct Held {
  std::string due;
  std::unique_ptr<PinnedValue> value = std::make_unique<PinnedValue>();
};

void pin_all(Db& db, const char* where, std::vector<Held>& out) {
  for (size_t i = 0; i < kSizes.size(); ++i) {
    Held held{.due = value_of(key_of(where, i), kSizes[i])};
    REQUIRE(db.get(key_of(where, i), *held.value));
    out.push_back(std::move(held));
  }
}

// In a table, read before and read first, in a sealed memtable's table, in the active memtable.
std::vector<Held> fill_and_pin(const std::shared_ptr<Db>& db) {
  put_all(*db, "table");
  db->flush();
  put_all(*db, "memory");
  std::vector<Held> held;
  pin_all(*db, "table", held);   // each block is read and may be cached
  pin_all(*db, "table", held);   // from the cache, where it fits
  pin_all(*db, "memory", held);  // the active memtable
  db->flush();                   // which is nobody's but the pins' from here on
  pin_all(*db, "memory", held);
  db->compact_range(std::nullopt, std::nullopt);  // and the tables are replaced
  return held;
}

void check_and_drop(std::vector<Held> held) {
  for (Held& each : held) {
    CHECK(each.value->bytes == each.due);
    each.value.reset();
  }
}

Options options_with(uint64_t cache_bytes, const std::string& compression) {
  Options options;
  options.cache_bytes = cache_bytes;
  options.compression = compression;
  options.compression_levels = {1};
  return options;
}

}  // namespace

TEST_CASE("pinned values outlive the database, its files, and blocks that the cache let go") {
  for (const char* compression : {"none", "zstd"}) {
    for (const uint64_t cache_bytes : {uint64_t{0}, uint64_t{64} << 10, uint64_t{64} << 20}) {
      CAPTURE(compression);
      CAPTURE(cache_bytes);
      std::vector<Held> held;
      {
        MemoryFileSystem files;
        try {
          const auto db = Db::open({.path = "/db",
                                    .options = options_with(cache_bytes, compression),
                                    .overrides = {},
                                    .environment = {&files}});
          held = fill_and_pin(db);
          db->close();
        } catch (const NotSupported&) {
          continue;  // built without zstd
        }
      }
      check_and_drop(std::move(held));
    }
  }
}

TEST_CASE("so they do on the system's files, whose directory is removed, and in another thread") {
  std::vector<Held> held;
  {
    const TemporaryDirectory home;
    const std::string path = home.path() + "/db";
    {
      const auto db = Db::open({.path = path,
                                .options = options_with(1 << 20, "none"),
                                .overrides = {},
                                .environment = {}});
      held = fill_and_pin(db);
    }
    destroy(path);
  }
  std::thread(check_and_drop, std::move(held)).join();
}

TEST_CASE("a cursor and a snapshot that are left over tell that it is closed, and go") {
  std::unique_ptr<DbCursor> cursor;
  std::shared_ptr<const Snapshot> snapshot;
  {
    MemoryFileSystem files;
    const auto db = Db::open({.path = "/db",
                              .options = options_with(0, "none"),
                              .overrides = {},
                              .environment = {&files}});
    put_all(*db, "table");
    db->flush();
    snapshot = db->snapshot();
    cursor = db->cursor({}, snapshot);
    cursor->seek_to_first();
    const std::string due = value_of(std::string(cursor->key()), cursor->value().size());
    db->close();
    CHECK(cursor->value() == due);
    CHECK_THROWS_AS(cursor->next(), ClosedError);
    cursor.reset();
    snapshot.reset();
  }
}

TEST_CASE("a walk polls before each read, and while it passes over what is deleted") {
  MemoryFileSystem files;
  Options options = options_with(0, "none");
  options.background = "inline";
  const auto db =
      Db::open({.path = "/db", .options = options, .overrides = {}, .environment = {&files}});
  constexpr int kLarge = 40;
  for (int i = 0; i < kLarge; ++i) db->put(key_of("a", i), std::string(400'000, 'x'));
  db->flush();
  for (int i = 0; i < 5'000; ++i) db->remove(key_of("b", i));
  int polls = 0;
  const auto cursor = db->cursor({.start = {}, .stop = {}, .poll = [&] { ++polls; }});
  cursor->seek_to_first();
  for (int i = 1; i < kLarge; ++i) cursor->next();
  CHECK(polls >= kLarge);  // each is a block, and each block a read
  const int before = polls;
  cursor->next();
  CHECK(!cursor->valid());
  CHECK(polls >= before + 4);

  // What is thrown ends the walk.
  bool is_over = false;
  const auto ended = db->cursor({.start = {}, .stop = {}, .poll = [&] {
                                   if (is_over) throw Interrupted();
                                 }});
  ended->seek_to_first();
  is_over = true;
  CHECK_THROWS_AS(ended->next(), Interrupted);
  CHECK(!ended->valid());

  polls = 0;
  CHECK(db->verify([&](const Progress&) { ++polls; }) > kLarge);
  CHECK(polls >= kLarge / 3);  // a read takes in two of them or three
}
