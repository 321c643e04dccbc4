// The process's own memory (RssAnon) while a database is loaded: it stays within memory_bytes plus
// kConstant, on a fast, a slow and a stuck disk, with large values, and beside iterators, whose
// share stats() counts apart. Each case loads LSMKIT_MEMORY_MB (default 100; in full: 2048) in a
// process of its own, because what an allocator has once taken does not come back. (W3.8)
//
// A program of its own, too, and not for the sanitizers, which need memory themselves.
#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "lsmkit/bytes/error.h"
#include "lsmkit/db/db.h"
#include "lsmkit/db/db_cursor.h"
#include "support/slow_file_system.h"
#include "support/temporary_directory.h"

using namespace lsmkit;
using namespace lsmkit::test;

namespace {

constexpr uint64_t kMiB = 1 << 20;
constexpr uint64_t kMemoryBytes = 96 * kMiB;
// Beside the budget: the program, its threads, what malloc keeps between uses, and the few values
// that a job holds at a time.
constexpr uint64_t kConstant = 64 * kMiB;

uint64_t load_bytes() {
  const char* text = std::getenv("LSMKIT_MEMORY_MB");
  return (text != nullptr ? std::strtoull(text, nullptr, 10) : 100) * kMiB;
}

uint64_t rss_anon() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    if (word != "RssAnon:") continue;
    uint64_t kib = 0;
    status >> kib;
    return kib << 10;
  }
  throw std::runtime_error("no RssAnon in /proc/self/status");
}

// What a case reports.
struct Outcome {
  uint64_t peak_bytes = 0;    // of RssAnon, sampled every 2 ms
  uint64_t pinned_bytes = 0;  // the most that stats() said iterators pin
  uint64_t loaded_bytes = 0;
  uint64_t stalls = 0;
  MemoryUse last;  // as stats() says at the end
};

// A database in a directory of its own, watched.
class Load {
 public:
  explicit Load(const std::string& stall_timeout_ms = "30000") {
    Options o;
    o.memtable_bytes = 8 * kMiB;
    o.table_bytes = 8 * kMiB;
    o.cache_bytes = 32 * kMiB;
    o.memory_bytes = kMemoryBytes;
    o.threads = 2;
    db_ = Db::open({.path = directory_.path() + "/db",
                    .options = o,
                    .overrides = {{"sync", "none"}, {"stall_timeout_ms", stall_timeout_ms}},
                    .environment = {&disk_, &system_clock()}});
    watcher_ = std::thread([this] {
      while (!done_) {
        outcome_.peak_bytes = std::max(outcome_.peak_bytes, rss_anon());
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
      }
    });
  }

  Db& db() { return *db_; }
  SlowFileSystem& disk() { return disk_; }

  // Random keys, so that compactions have work; half-random values, which zstd shortens somewhat.
  void put(size_t value_bytes) {
    std::string value(value_bytes, 'v');
    for (size_t i = 0; i + 8 <= value_bytes / 2; i += 8) store(&value[i], random());
    char key[16];
    store(key, random());
    store(key + 8, random());
    db_->put({key, sizeof key}, value);
    outcome_.loaded_bytes += sizeof key + value_bytes;
  }
  void fill(uint64_t bytes, size_t value_bytes) {
    while (outcome_.loaded_bytes < bytes) put(value_bytes);
  }
  void note_pinned() {
    outcome_.pinned_bytes = std::max(outcome_.pinned_bytes, db_->stats().memory.pinned_bytes);
  }

  Outcome finish() {
    outcome_.stalls = db_->stats().stall_count;
    outcome_.last = db_->stats().memory;
    db_->close();
    db_.reset();
    done_ = true;
    watcher_.join();
    return outcome_;
  }

 private:
  static void store(char* to, uint64_t word) { std::memcpy(to, &word, sizeof word); }
  uint64_t random() {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    return state_ ^= state_ << 17;
  }

  const TemporaryDirectory directory_;
  SlowFileSystem disk_{posix_file_system()};
  std::shared_ptr<Db> db_;
  uint64_t state_ = 88172645463325252;
  Outcome outcome_;
  std::atomic<bool> done_{false};
  std::thread watcher_;
};

// Runs a case in a child of its own.
Outcome in_own_process(const std::function<Outcome()>& run) {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    Outcome outcome;
    try {
      outcome = run();
    } catch (const std::exception& error) {
      std::fprintf(stderr, "%s\n", error.what());
      _exit(1);
    }
    _exit(write(ends[1], &outcome, sizeof outcome) == sizeof outcome ? 0 : 2);
  }
  close(ends[1]);
  Outcome outcome;
  const bool reported = read(ends[0], &outcome, sizeof outcome) == sizeof outcome;
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  REQUIRE(reported);
  REQUIRE(status == 0);
  std::printf("  %4llu MiB loaded, %llu stalls: RssAnon %5.1f MiB, pinned %5.1f MiB, budget %llu\n",
              static_cast<unsigned long long>(outcome.loaded_bytes / kMiB),
              static_cast<unsigned long long>(outcome.stalls),
              static_cast<double>(outcome.peak_bytes) / kMiB,
              static_cast<double>(outcome.pinned_bytes) / kMiB,
              static_cast<unsigned long long>(kMemoryBytes / kMiB));
  std::printf("       at the end: memtables %5.1f, cache %5.1f, jobs %5.1f MiB\n",
              static_cast<double>(outcome.last.memtable_bytes) / kMiB,
              static_cast<double>(outcome.last.cache_bytes) / kMiB,
              static_cast<double>(outcome.last.job_bytes) / kMiB);
  CHECK(outcome.peak_bytes <= kMemoryBytes + kConstant + outcome.pinned_bytes);
  return outcome;
}

}  // namespace

TEST_CASE("memory stays within its budget while small values are loaded") {
  in_own_process([] {
    Load load;
    load.fill(load_bytes(), 100);
    return load.finish();
  });
}

TEST_CASE("memory stays within its budget on a slow disk") {
  const Outcome outcome = in_own_process([] {
    Load load;
    load.disk().set_table_bytes_per_second(40 * kMiB);
    load.fill(load_bytes(), 1'000);
    load.disk().set_table_bytes_per_second(0);
    return load.finish();
  });
  CHECK(outcome.peak_bytes > kMemoryBytes / 4);  // or the disk was not slow
}

TEST_CASE("memory stays within its budget on a disk that is stuck") {
  const Outcome outcome = in_own_process([] {
    Load load("2000");
    const uint64_t half = load_bytes() / 2;
    load.fill(half, 1'000);
    load.disk().hold_tables();
    try {
      load.fill(half + 4 * kMemoryBytes, 1'000);
      throw std::runtime_error("a stuck disk took everything");
    } catch (const StallTimeout&) {
      load.disk().let_go();
    }
    load.fill(2 * half, 1'000);
    return load.finish();
  });
  CHECK(outcome.stalls > 0);
}

TEST_CASE("memory stays within its budget with values of a mebibyte") {
  in_own_process([] {
    Load load;
    load.fill(load_bytes(), kMiB);
    return load.finish();
  });
}

TEST_CASE("memory stays within its budget while everything is read again and again") {
  in_own_process([] {
    Load load;
    for (int tenth = 1; tenth <= 10; ++tenth) {
      load.fill(load_bytes() * tenth / 10, 200);
      const auto cursor = load.db().cursor({});
      uint64_t rows = 0;
      for (cursor->seek_to_first(); cursor->valid(); cursor->next()) {
        if (++rows % 10'000 == 0) load.note_pinned();
      }
    }
    return load.finish();
  });
}

TEST_CASE("what iterators that are held keep beyond the budget is what stats() says") {
  const Outcome outcome = in_own_process([] {
    Load load;
    std::vector<std::unique_ptr<DbCursor>> held;
    for (int tenth = 1; tenth <= 10; ++tenth) {
      load.fill(load_bytes() * tenth / 10, 500);
      held.push_back(load.db().cursor({}));
      held.back()->seek_to_first();
      load.note_pinned();
    }
    load.db().flush();
    load.note_pinned();
    held.clear();
    return load.finish();
  });
  CHECK(outcome.pinned_bytes > 0);
}
