// A database of more tables than may be open at a time: by the system's limit of descriptors, and
// by the memory that indexes and filters may take.
#include <doctest/doctest.h>

#include <atomic>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "lsmkit/bytes/error.h"
#include "lsmkit/db/db.h"
#include "lsmkit/db/db_cursor.h"
#include "lsmkit/vfs/memory_file_system.h"
#include "support/open_files.h"
#include "support/temporary_directory.h"

using namespace lsmkit;
using namespace lsmkit::test;

namespace {

constexpr int kKeys = 6'000;
constexpr uint64_t kCacheBytes = 32 << 10;

OpenRequest request_for(const std::string& path) {
  Options o;
  o.memtable_bytes = 64 << 10;
  o.table_bytes = 1 << 10;
  o.base_bytes = 64 << 10;
  o.cache_bytes = kCacheBytes;
  o.memory_bytes = kCacheBytes + 2 * o.memtable_bytes;  // the least; indexes have the cache alone
  o.filter_bits_per_key = 20;
  return {.path = path, .options = o, .overrides = {{"sync", "none"}}, .environment = {}};
}

std::string key_of(int i) {
  return std::to_string(1'000'000 + i);
}
std::string value_of(int i) {
  return std::string(40, 'v') + std::to_string(i);
}

void fill(Db& db) {
  for (int i = 0; i < kKeys; ++i) db.put(key_of(i * 7 % kKeys), value_of(i * 7 % kKeys));
  db.flush();
  db.wait_idle();
}

// Every key once, forwards and backwards.
void check_scans(Db& db) {
  const auto cursor = db.cursor({});
  int i = 0;
  for (cursor->seek_to_first(); cursor->valid(); cursor->next(), ++i) {
    REQUIRE(cursor->key() == key_of(i));
    REQUIRE(cursor->value() == value_of(i));
  }
  REQUIRE(i == kKeys);
  for (cursor->seek_to_last(); cursor->valid(); cursor->prev()) {
    REQUIRE(cursor->key() == key_of(--i));
  }
  REQUIRE(i == 0);
}

// Gets of several threads while cursors stand and seek; how many were wrong.
int wrong_reads(Db& db, int gets) {
  std::atomic<int> wrong{0};
  std::vector<std::thread> readers;
  for (unsigned reader = 0; reader < 3; ++reader) {
    readers.emplace_back([&, reader] {
      std::mt19937 random(reader);
      const auto held = db.cursor({});
      held->seek_to_first();
      for (int n = 0; n < gets; ++n) {
        const int i = static_cast<int>(random() % kKeys);
        PinnedValue value;
        if (!db.get(key_of(i), value) || value.bytes != value_of(i)) ++wrong;
        if (n % 16 == 0) {
          held->seek(key_of(i));
          if (!held->valid() || held->value() != value_of(i)) ++wrong;
        }
      }
    });
  }
  for (std::thread& reader : readers) reader.join();
  return wrong;
}

}  // namespace

TEST_SUITE_BEGIN("threads");

TEST_CASE("indexes and filters of many tables stay within their share of memory") {
  MemoryFileSystem files;
  OpenRequest request = request_for("/db");
  request.environment.files = &files;
  const auto db = Db::open(request);
  std::thread writer([&] { fill(*db); });
  writer.join();
  CHECK(wrong_reads(*db, 2'000) == 0);
  check_scans(*db);
  const EngineStats stats = db->stats();
  CHECK(stats.table_count > 300);
  CHECK(stats.open_table_count > 10);
  CHECK(stats.open_table_count < stats.table_count / 2);
  // One more is opened before another is closed; each reader holds some.
  CHECK(stats.memory.cache_bytes < kCacheBytes + (16 << 10));
  db->verify({});
  db->compact_range({}, {});
  CHECK(wrong_reads(*db, 500) == 0);
  db->close();
}

TEST_CASE("reads, compactions and tables that close and open go on beside each other") {
  MemoryFileSystem files;
  OpenRequest request = request_for("/db");
  request.environment.files = &files;
  const auto db = Db::open(request);
  fill(*db);
  std::thread writer([&] { fill(*db); });  // the same once more
  CHECK(wrong_reads(*db, 1'000) == 0);
  writer.join();
  check_scans(*db);
  db->close();
}

TEST_SUITE_END();

TEST_CASE("a database has more tables than the process may have files open") {
  const TemporaryDirectory home;
  constexpr size_t kLimit = 100;
  const OpenFileLimit limit(kLimit);
  OpenRequest request = request_for(home.path() + "/db");
  request.options->cache_bytes = 1 << 20;  // so that none is closed for memory
  request.options->memory_bytes = 16 << 20;
  auto db = Db::open(request);
  fill(*db);
  CHECK(db->stats().table_count > 3 * kLimit);
  CHECK(wrong_reads(*db, 1'000) == 0);
  check_scans(*db);
  CHECK(db->stats().open_table_count > 2 * kLimit);
  CHECK(open_file_count() < kLimit);
  db->verify({});
  db->checkpoint(home.path() + "/copy", {});
  db->compact_range({}, {});
  db->close();
  db = Db::open(request_for(home.path() + "/copy"));
  check_scans(*db);
  db->close();
}
