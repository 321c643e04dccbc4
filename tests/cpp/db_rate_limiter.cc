// background_bytes_per_s: what flushes and compactions write stays within it, flushes go first, and
// whoever waits can be stopped.
#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>

#include "lsmkit/bytes/error.h"
#include "lsmkit/db/db.h"
#include "lsmkit/db/rate_limiter.h"
#include "lsmkit/vfs/memory_file_system.h"
#include "support/db_contents.h"

using namespace lsmkit;
using namespace lsmkit::test;

namespace {

// Time goes by as often as somebody looks at it.
class TickingClock final : public Clock {
 public:
  uint64_t now_us() override { return us_ += 1'000; }
  uint64_t wall_us() override { return us_; }
  uint64_t passed_us() const { return us_; }

 private:
  std::atomic<uint64_t> us_{1'000'000};
};

constexpr uint64_t kMiB = 1 << 20;

double seconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

OpenRequest request_for(FileSystem& files, const std::string& bytes_per_s) {
  Options o;
  o.memtable_bytes = kMiB;
  o.table_bytes = kMiB;
  o.compression = "none";
  return {.path = "/db",
          .options = o,
          .overrides = {{"sync", "none"}, {"background_bytes_per_s", bytes_per_s}},
          .environment = {&files, &system_clock()}};
}

void put_mib(Db& db, int mib) {
  for (int i = 0; i < mib * 1024; ++i) db.put("k" + std::to_string(i), std::string(1'016, 'v'));
}

}  // namespace

TEST_CASE("bytes pass at the rate of the clock, whoever writes them" *
          doctest::test_suite("threads")) {
  TickingClock clock;
  RateLimiter limiter(100 * kMiB, clock);
  const uint64_t begin_us = clock.passed_us();
  for (int i = 0; i < 40; ++i) {
    limiter.pass(kMiB, i % 2 == 0 ? IoUse::kFlush : IoUse::kCompaction, {});
  }
  // 40 MiB, less the tenth of a second's worth that was saved up and the last piece, which is owed.
  const double due_us = (40.0 - 10 - 1) / 100 * 1e6;
  CHECK(static_cast<double>(clock.passed_us() - begin_us) == doctest::Approx(due_us).epsilon(0.1));
}

TEST_CASE("a compaction gets nothing while a flush waits" * doctest::test_suite("threads")) {
  RateLimiter limiter(kMiB, system_clock());
  limiter.pass(kMiB / 2, IoUse::kFlush, {});  // owed: 0.4 s
  std::atomic<int> order{0};
  int flush_was = 0, compaction_was = 0;
  {
    std::atomic<bool> compaction_waits{false};
    const std::jthread compaction([&] {
      limiter.pass(1, IoUse::kCompaction, [&] { compaction_waits = true; });
      compaction_was = ++order;
    });
    while (!compaction_waits) std::this_thread::yield();
    const std::jthread flush([&] {
      limiter.pass(1, IoUse::kFlush, {});
      flush_was = ++order;
    });
  }
  CHECK(flush_was == 1);
  CHECK(compaction_was == 2);
}

TEST_CASE("whoever waits for the limiter can be stopped, and leaves the way free" *
          doctest::test_suite("threads")) {
  RateLimiter limiter(64 << 10, system_clock());
  limiter.pass(64 << 10, IoUse::kFlush, {});  // owed: almost a second
  int polls = 0;
  CHECK_THROWS_AS(limiter.pass(1, IoUse::kFlush,
                               [&] {
                                 if (++polls == 2) throw Interrupted();
                               }),
                  Interrupted);
  CHECK(polls == 2);
  limiter.pass(1, IoUse::kCompaction, {});  // would wait for ever if a flush still counted
}

TEST_CASE("flushes keep to background_bytes_per_s, and writers need not wait for them" *
          doctest::test_suite("threads")) {
  MemoryFileSystem memory;
  const auto db = Db::open(request_for(memory, std::to_string(4 * kMiB)));
  const auto begin = std::chrono::steady_clock::now();
  put_mib(*db, 6);
  const double written = seconds_since(begin);
  db->flush();
  const double flushed = seconds_since(begin);
  // 6 MiB less what is saved up (0.4) and the last piece (1), at 4 MiB/s.
  CHECK(flushed >= 1.1);
  CHECK(written < flushed / 2);
  CHECK(contents_of(*db).size() == 6 * 1024);
}

TEST_CASE("a close beside a job that waits for the limiter can be interrupted" *
          doctest::test_suite("threads")) {
  MemoryFileSystem memory;
  const auto db = Db::open(request_for(memory, "65536"));
  put_mib(*db, 3);  // 45 s of flushing
  const auto begin = std::chrono::steady_clock::now();
  CHECK_THROWS_AS(db->close([](const Progress&) { throw Interrupted(); }), Interrupted);
  CHECK(seconds_since(begin) < 5);
  CHECK(contents_of(*Db::open(request_for(memory, "0"))).size() == 3 * 1024);
}
