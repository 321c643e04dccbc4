// A read-only database beside a writer: what refresh() shows is the state after some commit, never
// an older one than before; and who holds a cursor or a snapshot stays where they were.
#include <doctest/doctest.h>

#include <atomic>
#include <deque>
#include <mutex>
#include <random>
#include <thread>

#include "lsmkit/bytes/error.h"
#include "lsmkit/db/db.h"
#include "lsmkit/vfs/memory_file_system.h"
#include "lsmkit/vfs/passing_file_system.h"
#include "support/db_contents.h"

using namespace lsmkit;
using namespace lsmkit::test;

namespace {

OpenRequest request_for(FileSystem& files, const std::string& background) {
  Options o;
  o.memtable_bytes = 4 << 10;
  o.table_bytes = 4 << 10;
  o.base_bytes = 8 << 10;
  o.fanout = 3;
  o.block_bytes = 256;
  o.cache_bytes = 64 << 10;
  o.memory_bytes = 8 << 20;
  o.background = background;
  return {.path = "/db", .options = o, .overrides = {}, .environment = {&files}};
}

// Another process, as far as the list of open directories knows.
struct Elsewhere {
  explicit Elsewhere(FileSystem& disk) : files(disk) {}
  std::shared_ptr<Db> open() {
    OpenRequest request = request_for(files, "inline");
    request.options.reset();
    request.overrides = {{"cache_bytes", "65536"}};
    request.read_only = true;
    return Db::open(request);
  }
  PassingFileSystem files;
};

Contents contents_at(Db& db, const std::shared_ptr<const Snapshot>& snapshot) {
  Contents out;
  const auto cursor = db.cursor({}, snapshot);
  for (cursor->seek_to_first(); cursor->valid(); cursor->next()) {
    out.emplace(cursor->key(), cursor->value());
  }
  return out;
}

}  // namespace

TEST_CASE("a refresh shows the last commit, and cursors and snapshots stay at their moment") {
  struct Held {
    std::shared_ptr<const Snapshot> snapshot;
    std::unique_ptr<DbCursor> cursor;
    size_t moment;
  };
  MemoryFileSystem disk;
  Elsewhere elsewhere(disk);
  auto writer = Db::open(request_for(disk, "inline"));
  std::vector<Contents> states(1);
  std::shared_ptr<Db> reader = elsewhere.open();
  std::deque<Held> held;
  std::mt19937 random(7);
  uint64_t moved = 0, stayed = 0;
  for (int step = 0; step < 2'000; ++step) {
    Contents now = states.back();
    const std::string key = "key" + std::to_string(random() % 300);
    if (random() % 4 == 0) {
      writer->remove(key);
      now.erase(key);
    } else {
      writer->put(key, now[key] = std::to_string(step) + std::string(random() % 60, 'v'));
    }
    states.push_back(std::move(now));
    if (random() % 500 == 0) {
      writer->close();
      writer = Db::open(request_for(disk, "inline"));
    }
    if (random() % 40 != 0) continue;

    const bool newer = reader->last_seqno() < writer->last_seqno();
    CHECK(reader->refresh() == newer);
    CHECK(!reader->refresh());
    ++(newer ? moved : stayed);
    REQUIRE(reader->last_seqno() + 1 == states.size());
    REQUIRE(contents_of(*reader) == states.back());
    CHECK(reader->tree().version.table_count() == writer->tree().version.table_count());
    CHECK(reader->stats().counters.puts + reader->stats().counters.deletes + 1 == states.size());

    for (const Held& h : held) {
      REQUIRE(contents_at(*reader, h.snapshot) == states[h.moment]);
      Contents seen;
      for (h.cursor->seek_to_last(); h.cursor->valid(); h.cursor->prev()) {
        seen.emplace(h.cursor->key(), h.cursor->value());
      }
      REQUIRE(seen == states[h.moment]);
      for (const auto& [k, value] : states[h.moment]) {
        PinnedValue found;
        REQUIRE(reader->get(k, found, h.snapshot.get()));
        REQUIRE(found.bytes == value);
      }
    }
    held.push_back({reader->snapshot(), reader->cursor({}), states.size() - 1});
    if (held.size() > 4) held.pop_front();
  }
  CHECK(moved > 20);
  CHECK(reader->verify() > 0);
  CHECK(!writer->refresh());
}

TEST_CASE("a refresh finds another database in the place of the old one, and says so") {
  MemoryFileSystem disk;
  Elsewhere elsewhere(disk);
  Db::open(request_for(disk, "inline"))->put("a", "1");
  const auto reader = elsewhere.open();
  for (const std::string& name : disk.list("/db")) disk.remove("/db/" + name);
  Db::open(request_for(disk, "inline"))->put("b", "2");
  CHECK_THROWS_WITH_AS(reader->refresh(), doctest::Contains("another database"), InvalidArgument);
  CHECK(contents_of(*reader) == Contents{{"a", "1"}});
}

TEST_SUITE("threads") {
  TEST_CASE("a reader that refreshes beside a busy writer sees whole commits, in order") {
    MemoryFileSystem disk;
    Elsewhere elsewhere(disk);
    const auto writer = Db::open(request_for(disk, "threads"));
    writer->put("a", "0");
    const auto reader = elsewhere.open();
    std::atomic<bool> done{false};
    // Every commit writes the same number under two keys, far apart.
    std::thread writing([&] {
      for (int i = 1; i <= 4'000; ++i) {
        WriteBatch batch;
        batch.put("a", std::to_string(i));
        batch.put("z", std::to_string(i));
        batch.put("filler" + std::to_string(i % 97), std::string(50, 'f'));
        writer->write(batch);
        if (i % 1'000 == 0) disk.forget_history();
      }
      done = true;
    });
    int last = 0;
    const auto look = [&] {
      PinnedValue a, z;
      const auto snapshot = reader->snapshot();
      REQUIRE(reader->get("a", a, snapshot.get()));
      const int number = std::stoi(std::string(a.bytes));
      if (number > 0) {
        REQUIRE(reader->get("z", z, snapshot.get()));
        CHECK(z.bytes == a.bytes);
      }
      CHECK(number >= last);
      last = number;
    };
    std::thread looking([&] {
      while (!done) look();
    });
    uint64_t refreshes = 0;
    for (; !done; ++refreshes) {
      try {
        reader->refresh();
      } catch (const Error& error) {
        FAIL_CHECK(std::string(error.what()));  // the threads are to be waited for
      }
    }
    writing.join();
    looking.join();
    reader->refresh();
    look();
    CHECK(last == 4'000);
    CHECK(refreshes > 3);
  }
}
