// Who slows writes down: our rule with many short pauses, RocksDB's with delays and stops. Either
// is told with its cause, ends when the disk catches up, and can be interrupted.
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <string>

#include "lsmkit/bytes/error.h"
#include "lsmkit/db/db.h"
#include "lsmkit/vfs/memory_file_system.h"
#include "support/db_contents.h"
#include "support/slow_file_system.h"
#include "support/unreadable_file_system.h"

using namespace lsmkit;
using namespace lsmkit::test;

namespace {

using Overrides = std::vector<std::pair<std::string, std::string>>;

OpenRequest request_for(FileSystem& files, Overrides overrides) {
  Options o;
  o.memtable_bytes = 64 << 10;
  o.table_bytes = 64 << 10;
  o.base_bytes = 256 << 10;
  o.cache_bytes = 64 << 10;
  o.memory_bytes = 32 << 20;
  o.threads = 2;
  o.stall_timeout_ms = 200;
  o.layout = "leveled";
  overrides.emplace_back("sync", "none");
  return {.path = "/db",
          .options = o,
          .overrides = std::move(overrides),
          .environment = {&files, &system_clock()}};
}

const std::string kValue(1'000, 'v');

std::string key_of(int i) {
  return "k" + std::to_string(i * 7919 % 3'000);
}

// Puts until a write throws, and what it said.
template <class Throws>
std::string put_until(Db& db, const WriteOptions& options = {}) {
  for (int i = 0; i < 20'000; ++i) {
    try {
      db.put(key_of(i), kValue, options);
    } catch (const Throws& error) {
      return error.what();
    }
  }
  FAIL("nothing stopped 20 MB");
  return {};
}

uint64_t stalls_by_cause(const EngineStats& stats) {
  return stats.stall_memtables_us + stats.stall_l0_us + stats.stall_debt_us + stats.stall_log_us;
}

bool has_stalled(const Db& db, const std::string& text) {
  for (const Event& event : db.events()) {
    if (event.kind == EventKind::kStallBegin && event.text.starts_with(text)) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("RocksDB's rule stops writes at two memtables that are not flushed, and says so" *
          doctest::test_suite("threads")) {
  MemoryFileSystem memory;
  SlowFileSystem disk(memory);
  const auto db = Db::open(request_for(disk, {{"flow", "rocksdb"}}));
  disk.hold_tables();
  const std::string error = put_until<StallTimeout>(*db);
  CHECK(error.find("stopped by flow=rocksdb: 2 memtables wait to be flushed") != std::string::npos);
  CHECK(has_stalled(*db, "2 memtables wait"));
  CHECK(db->try_put("a", "b") == TryResult::kWouldBlock);
  EngineStats stats = db->stats();
  CHECK(stats.stall_count == 1);
  CHECK(stats.stall_memtables_us >= 200'000);
  CHECK(stats.stall_us == stalls_by_cause(stats));
  // Two that are sealed and one that is written, and not the 32 MiB of the budget.
  CHECK(stats.memory.memtable_bytes < 1 << 20);
  disk.let_go();
  db->put("after", "it");
  db->flush();
  CHECK(contents_of(*db).contains("after"));
}

TEST_CASE("our rule uses the memory that it is given before it lets writes wait" *
          doctest::test_suite("threads")) {
  MemoryFileSystem memory;
  SlowFileSystem disk(memory);
  const auto db = Db::open(request_for(disk, {{"max_memtables", "2"}}));
  disk.hold_tables();
  for (int i = 0; i < 1'000; ++i) db->put(key_of(i), kValue);  // 15 memtables
  CHECK(db->stats().stall_count == 0);
  disk.let_go();
}

TEST_CASE("RocksDB's rule delays writes at many runs in L0, then stops them" *
          doctest::test_suite("threads")) {
  MemoryFileSystem memory;
  UnreadableFileSystem disk(memory);  // flushes go on, compactions do not
  const auto db = Db::open(request_for(disk, {{"flow", "rocksdb"},
                                              {"l0_trigger_runs", "2"},
                                              {"l0_slowdown_runs", "3"},
                                              {"l0_stop_runs", "6"},
                                              {"delayed_bytes_per_s", "2000000"},
                                              {"stall_timeout_ms", "1000"}}));
  const std::string error = put_until<StallTimeout>(*db);
  CHECK(error.find("stopped by flow=rocksdb: L0 holds ") != std::string::npos);
  CHECK(error.find(" runs (l0_stop_runs); compaction fails (compaction: ") != std::string::npos);
  CHECK(has_stalled(*db, "L0 holds "));
  CHECK(db->tree().version.level(0).runs.size() >= 6);
  // 64 KiB a run: three of them at 2 MB/s take a tenth of a second, the stop a whole one.
  CHECK(db->stats().stall_l0_us >= 1'050'000);

  disk.refuses = false;
  db->compact_range({}, {});
  db->put("after", "it");
  CHECK(contents_of(*db).contains("after"));
}

TEST_CASE("a write that RocksDB's rule has stopped can be interrupted" *
          doctest::test_suite("threads")) {
  MemoryFileSystem memory;
  SlowFileSystem disk(memory);
  const auto db = Db::open(request_for(disk, {{"flow", "rocksdb"}, {"stall_timeout_ms", "60000"}}));
  disk.hold_tables();
  int polls = 0;
  const Poll poll = [&](const Progress&) {
    if (++polls == 3) throw Interrupted();
  };
  put_until<Interrupted>(*db, {.poll = &poll});
  CHECK(polls == 3);
  disk.let_go();
  db->put("after", "it");
}

TEST_CASE("our rule tells its pauses by cause, stops nothing, and keeps L0 small" *
          doctest::test_suite("threads")) {
  MemoryFileSystem memory;
  SlowFileSystem disk(memory);
  const auto db = Db::open(request_for(disk, {{"l0_trigger_runs", "1"}}));
  disk.set_table_bytes_per_second(8 << 20);
  uint64_t most_runs = 0;
  uint64_t longest_us = 0;
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(3);
  for (int i = 0; std::chrono::steady_clock::now() < end; ++i) {
    const auto before = std::chrono::steady_clock::now();
    db->put(key_of(i), kValue);
    const auto took = std::chrono::steady_clock::now() - before;
    longest_us = std::max(longest_us, static_cast<uint64_t>(took.count() / 1'000));
    if (i % 50 == 0)
      most_runs = std::max<uint64_t>(most_runs, db->tree().version.level(0).runs.size());
  }
  const EngineStats stats = db->stats();
  CHECK(stats.stall_count == 0);
  CHECK(stats.stall_us > 0);
  CHECK(stats.stall_us == stalls_by_cause(stats));
  CHECK(most_runs <=
        40);  // full at 9, and what was sealed by then; the disk alone would let in 380
  MESSAGE("longest put: ", longest_us, " us; runs: ", most_runs);
}

TEST_CASE("while a log takes long to be made, writes are paced and none waits for all of it" *
          doctest::test_suite("threads")) {
  MemoryFileSystem memory;
  SlowFileSystem disk(memory);
  disk.set_log_sync_us(400'000);
  const auto db = Db::open(request_for(disk, {{"memtable_bytes", "262144"}}));
  const auto sealed = [&] {
    const std::vector<Event> events = db->events();
    return std::count_if(events.begin(), events.end(),
                         [](const Event& event) { return event.kind == EventKind::kSeal; });
  };
  // The first one tells how long it takes.
  int i = 0;
  while (sealed() < 2) {
    for (const int stop = i + 10; i < stop; ++i) db->put(key_of(i), kValue);
  }
  std::chrono::steady_clock::duration longest{};
  while (sealed() < 5) {
    for (const int stop = i + 10; i < stop; ++i) {
      const auto before = std::chrono::steady_clock::now();
      db->put(key_of(i), kValue);
      longest = std::max(longest, std::chrono::steady_clock::now() - before);
    }
  }
  CHECK(longest < std::chrono::milliseconds(200));
  const EngineStats stats = db->stats();
  CHECK(stats.stall_log_us > 800'000);
  CHECK(stats.stall_us == stalls_by_cause(stats));
  CHECK(stats.stall_count == 0);
  disk.set_log_sync_us(0);
}

TEST_CASE("inline mode waits for nothing, whatever the rule") {
  MemoryFileSystem memory;
  ManualClock clock;
  OpenRequest request = request_for(memory, {{"flow", "rocksdb"},
                                             {"background", "inline"},
                                             {"max_memtables", "1"},
                                             {"background_bytes_per_s", "65536"}});
  request.environment.clock = &clock;
  const auto db = Db::open(request);
  for (int i = 0; i < 2'000; ++i) db->put(key_of(i), kValue);  // at 64 KiB/s: half a minute
  CHECK(db->stats().stall_us == 0);
  CHECK(contents_of(*db).size() == 2'000);
}

TEST_CASE("a stop where nothing would be due is refused, and rates that are none") {
  MemoryFileSystem memory;
  const auto refused = [&](Overrides overrides) -> std::string {
    try {
      Db::open(request_for(memory, std::move(overrides)));
    } catch (const InvalidArgument& error) {
      return error.what();
    }
    return "taken";
  };
  CHECK(
      refused({{"flow", "rocksdb"}, {"l0_stop_runs", "4"}}).find("more than l0_trigger_runs = 4") !=
      std::string::npos);
  CHECK(refused({{"flow", "gentle"}}).find("'smooth' or 'rocksdb'") != std::string::npos);
  CHECK(
      refused({{"background_bytes_per_s", "65535"}}).starts_with("option background_bytes_per_s"));
  CHECK(refused({{"delayed_bytes_per_s", "0"}}).starts_with("option delayed_bytes_per_s"));
  CHECK(refused({{"l0_stop_runs", "4"}}) == "taken");
}
