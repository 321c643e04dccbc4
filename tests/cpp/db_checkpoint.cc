// A checkpoint is a database of its own that holds one moment: whatever becomes of the first one,
// and of the power.
#include <doctest/doctest.h>

#include <random>
#include <thread>

#include "lsmkit/bytes/error.h"
#include "lsmkit/db/db.h"
#include "lsmkit/vfs/memory_file_system.h"
#include "support/db_contents.h"

using namespace lsmkit;
using namespace lsmkit::test;

namespace {

OpenRequest request_for(MemoryFileSystem& files, const std::string& path,
                        const std::string& background = "inline") {
  Options o;
  o.memtable_bytes = 4 << 10;
  o.table_bytes = 4 << 10;
  o.base_bytes = 8 << 10;
  o.fanout = 3;
  o.block_bytes = 256;
  o.cache_bytes = 64 << 10;
  o.memory_bytes = 8 << 20;
  o.background = background;
  return {.path = path, .options = o, .overrides = {}, .environment = {&files}};
}

Contents contents_at(MemoryFileSystem& files, const std::string& path) {
  return contents_of(*Db::open(request_for(files, path)));
}

// Random writes, kept up with in `model`.
void write_some(Db& db, Contents& model, std::mt19937& random, int count) {
  for (int i = 0; i < count; ++i) {
    const std::string key = "key" + std::to_string(random() % 200);
    if (random() % 4 == 0) {
      db.remove(key);
      model.erase(key);
    } else {
      db.put(key, model[key] = std::to_string(random()) + std::string(random() % 60, 'v'));
    }
  }
}

}  // namespace

TEST_CASE("a checkpoint holds its moment, and the two databases go their own ways") {
  MemoryFileSystem files;
  std::mt19937 random(5);
  Contents model;
  const auto db = Db::open(request_for(files, "/db"));
  std::vector<std::pair<std::string, Contents>> copies;
  for (int i = 0; i < 6; ++i) {
    write_some(*db, model, random, static_cast<int>(random() % 300));
    copies.emplace_back("/copy" + std::to_string(i), model);
    db->checkpoint(copies.back().first);
  }
  db->compact_range({}, {});  // the tables of most checkpoints go
  write_some(*db, model, random, 500);
  for (auto& checkpoint : copies) {
    CAPTURE(checkpoint.first);
    CHECK(contents_at(files, checkpoint.first) == checkpoint.second);
    const auto copy = Db::open(request_for(files, checkpoint.first));
    write_some(*copy, checkpoint.second, random, 200);
    copy->verify();
  }
  for (const auto& [path, due] : copies) CHECK(contents_at(files, path) == due);
  CHECK(contents_of(*db) == model);
  db->verify();
}

TEST_CASE("power may go at any operation of a checkpoint: it stands whole or not at all") {
  MemoryFileSystem files;
  std::mt19937 random(6);
  Contents model;
  const auto db = Db::open(request_for(files, "/db"));
  write_some(*db, model, random, 300);
  db->sync();
  files.forget_history();
  const uint64_t begin = files.operation_count();
  db->checkpoint("/copy");
  const uint64_t end = files.operation_count();
  uint64_t whole = 0, absent = 0;
  for (uint64_t k = begin; k <= end; ++k) {
    // The last operations, of the MANIFEST, meet every family; those before take turns.
    const uint64_t families = std::size(kDamageFamilies);
    const uint64_t tried = end - k < 8 ? families : 1;
    for (uint64_t turn = 0; turn < tried; ++turn) {
      const auto& family = kDamageFamilies[(k + turn) % families];
      CAPTURE(k);
      CAPTURE(family.name);
      const auto image = files.crash_image(k, family.damage, k);
      CHECK(contents_at(*image, "/db") == model);
      if (!image->exists("/copy/MANIFEST")) {
        ++absent;
        CHECK(k < end);  // it had returned
        continue;
      }
      ++whole;
      CHECK(contents_at(*image, "/copy") == model);
    }
  }
  CHECK(whole > 0);
  CHECK(absent > 0);
}

TEST_CASE("a checkpoint that fails or is interrupted leaves nothing behind") {
  MemoryFileSystem files;
  std::mt19937 random(7);
  Contents model;
  const auto db = Db::open(request_for(files, "/db"));
  write_some(*db, model, random, 400);
  int polls = 0;
  db->checkpoint("/first", [&](const Progress&) { ++polls; });
  for (int k = 0; k < polls; ++k) {
    CHECK_THROWS_AS(db->checkpoint("/copy",
                                   [left = k](const Progress&) mutable {
                                     if (left-- == 0) throw Interrupted();
                                   }),
                    Interrupted);
    CHECK(!files.exists("/copy"));
  }
  CHECK_THROWS_WITH_AS(db->checkpoint("/first"), doctest::Contains("not an empty directory"),
                       InvalidArgument);
  CHECK_THROWS_WITH_AS(db->checkpoint("/db"), doctest::Contains("not an empty directory"),
                       InvalidArgument);
  CHECK(contents_at(files, "/first") == model);
  db->checkpoint("/copy");
  CHECK(contents_at(files, "/copy") == model);
}

TEST_SUITE("threads") {
  TEST_CASE("checkpoints beside writers hold a prefix of what each wrote") {
    MemoryFileSystem files;
    const auto db = Db::open(request_for(files, "/db", "threads"));
    std::vector<std::thread> writers;
    for (int t = 0; t < 2; ++t) {
      writers.emplace_back([&, t] {
        for (int i = 0; i < 3'000; ++i) {
          db->put(std::to_string(t) + "-" + std::to_string(10'000 + i), std::string(40, 'x'));
        }
      });
    }
    for (int i = 0; i < 8; ++i) db->checkpoint("/copy" + std::to_string(i));
    for (std::thread& writer : writers) writer.join();
    for (int i = 0; i < 8; ++i) {
      const Contents found = contents_at(files, "/copy" + std::to_string(i));
      for (int t = 0; t < 2; ++t) {
        const std::string name = std::to_string(t) + "-";
        int due = 10'000;
        for (auto at = found.lower_bound(name); at != found.end() && at->first.starts_with(name);
             ++at) {
          CHECK(at->first == name + std::to_string(due++));
        }
      }
    }
  }
}
