// Space comes back after deletes without a call for it, and what is kept stays within its bound.
#include <doctest/doctest.h>

#include <chrono>
#include <random>
#include <string>
#include <thread>

#include "lsmkit/db/db.h"
#include "lsmkit/vfs/memory_file_system.h"
#include "support/db_contents.h"

using namespace lsmkit;
using namespace lsmkit::test;

namespace {

OpenRequest request_for(FileSystem& files, const std::string& background) {
  Options o;
  o.memtable_bytes = o.table_bytes = 16 << 10;
  o.base_bytes = 64 << 10;
  o.l0_merged_runs = 2;
  o.cache_bytes = 64 << 10;
  o.memory_bytes = 8 << 20;
  o.background = background;
  return {.path = "/db",
          .options = o,
          .overrides = {{"sync", "none"}},
          .environment = {&files, &system_clock()}};
}

constexpr uint64_t kKeys = 10'000;

std::string key_of(uint64_t n) {
  return "key" + std::to_string(100'000 + n);
}

void load(Db& db) {
  for (uint64_t n = 0; n < kKeys; ++n) db.put(key_of(n * 7'919 % kKeys), std::string(100, 'v'));
  db.flush();
  db.wait_idle();
}

void erase_all(Db& db) {
  for (uint64_t n = 0; n < kKeys; ++n) db.remove(key_of(n * 6'007 % kKeys));
  db.flush();
  db.wait_idle();
}

uint64_t weight_of(Db& db) {
  return db.tree().version.weight();
}

}  // namespace

TEST_CASE("everything deleted: the tombstones go down and take all with them") {
  for (const std::string layout : {"hybrid", "leveled"}) {
    CAPTURE(layout);
    MemoryFileSystem files;
    OpenRequest request = request_for(files, "inline");
    request.overrides.emplace_back("layout", layout);
    const auto db = Db::open(request);
    load(*db);
    const uint64_t loaded = weight_of(*db);
    CHECK(loaded > kKeys * 100);
    erase_all(*db);
    CHECK(weight_of(*db) < loaded / 20);
  }
}

TEST_CASE("what a snapshot kept goes soon after it, without a write" *
          doctest::test_suite("threads")) {
  MemoryFileSystem files;
  const auto db = Db::open(request_for(files, "threads"));
  load(*db);
  const uint64_t loaded = weight_of(*db);
  auto snapshot = db->snapshot();
  erase_all(*db);
  CHECK(weight_of(*db) >= loaded);
  snapshot.reset();
  for (int tries = 0; tries < 600 && weight_of(*db) > loaded / 20; ++tries)
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  CHECK(weight_of(*db) <= loaded / 20);
}

TEST_CASE("max_space_amp is kept whenever nothing is due") {
  MemoryFileSystem files;
  OpenRequest request = request_for(files, "inline");
  request.overrides.emplace_back("max_space_amp", "1.1");
  const auto db = Db::open(request);
  load(*db);
  const double live = static_cast<double>(kKeys * (9 + 100 + 8));
  std::mt19937_64 random(3);
  double most = 0;
  for (int n = 0; n < 30'000; ++n) {
    db->put(key_of(random() % kKeys), std::string(100, 'w'));
    most = std::max(most, static_cast<double>(weight_of(*db)) / live);
  }
  CHECK(most <= 1.1);
  CHECK(most > 1.05);
}
