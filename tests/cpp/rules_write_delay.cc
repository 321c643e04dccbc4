// How long writes wait by our own rule: without steps, longer and longer, never for long at a time,
// and at what drains half-way. Debt says how far behind compaction is.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "lsmkit/rules/byte_budget.h"
#include "lsmkit/rules/flow.h"
#include "lsmkit/rules/write_delay.h"

using namespace lsmkit;

namespace {

constexpr double kDrain = 10e6;

double us_per_byte(uint64_t used) {
  return write_delay(StallCause::kDebt, {used, 1'000, 9'000}, kDrain).us_per_byte;
}

}  // namespace

TEST_CASE("a delay begins without a step and only grows, to a twentieth of what drains") {
  CHECK(us_per_byte(0) == 0);
  CHECK(us_per_byte(1'000) == 0);
  CHECK(us_per_byte(1'001) < 0.001 / 10);
  double before = 0;
  for (uint64_t used = 1'000; used <= 12'000; used += 10) {
    const double delay = us_per_byte(used);
    CHECK(delay >= before);
    before = delay;
  }
  CHECK(us_per_byte(5'000) == doctest::Approx(1e6 / kDrain));  // half-way: just what drains
  CHECK(before == doctest::Approx(20 * 1e6 / kDrain));
  CHECK(us_per_byte(UINT64_MAX) == doctest::Approx(before));
}

TEST_CASE("a delay names its cause, and the longest one counts") {
  const WriteDelay none = write_delay(StallCause::kMemtables, {5, 5, 10}, kDrain);
  CHECK(none.cause == StallCause::kNone);
  const WriteDelay little = write_delay(StallCause::kMemtables, {6, 5, 10}, kDrain);
  const WriteDelay much = write_delay(StallCause::kL0Runs, {9, 5, 10}, kDrain);
  CHECK(longer(little, much).cause == StallCause::kL0Runs);
  CHECK(longer(much, little).cause == StallCause::kL0Runs);
  CHECK(longer(none, little).cause == StallCause::kMemtables);
  CHECK(name_of(StallCause::kMemtables) == "memtables");
  CHECK(name_of(StallCause::kL0Runs) == "l0_runs");
  CHECK(name_of(StallCause::kDebt) == "debt");
  CHECK(name_of(StallCause::kLog) == "log");
}

TEST_CASE("what nobody has measured is assumed") {
  const WriteDelay delay = write_delay(StallCause::kDebt, {5'000, 1'000, 9'000}, 0);
  CHECK(delay.us_per_byte == doctest::Approx(1e6 / kAssumedDrainBytesPerS));
}

TEST_CASE("L0 presses from where RocksDB delays up to where it stops") {
  CompactionOptions options;
  options.layout = Layout::kLeveled;
  const Version version =
      version_from_text("L0 #2 a..z weight=5 seqnos=3..4\nL0 #1 a..z weight=5 seqnos=1..2\n");
  const Pressure leveled = l0_pressure(version, 0, options);
  CHECK(leveled.used == 2);
  CHECK(l0_pressure(version, 3, options).used == 5);
  CHECK(leveled.free == 20);
  CHECK(leveled.full == 36);
  options.layout = Layout::kHybrid;
  CHECK(l0_pressure(version, 0, options).free == 20);
  CHECK(l0_pressure(version, 0, options).full == 36);
  options.l0_trigger_runs = 1;
  CHECK(l0_pressure(version, 0, options).free == 8);
  CHECK(l0_pressure(version, 0, options).full == 20);
  options.layout = Layout::kTiered;
  options.max_runs = 10;
  CHECK(l0_pressure(version_from_text("L0 #2 a..z weight=5 seqnos=3..4\nL5 #1 a..z weight=5\n"), 0,
                    options)
            .used == 2);
  CHECK(l0_pressure(version, 0, options).free == 20);
  CHECK(l0_pressure(version, 0, options).full == 50);
  options.layout = Layout::kFifo;
  CHECK(l0_pressure(version, 1'000, options).share() == 0);
  CHECK(memtable_pressure(7, 100).share() == 0);
  CHECK(memtable_pressure(75, 100).share() == 0.5);
  CHECK(memtable_pressure(200, 100).share() == 1);
  CHECK(log_pressure(100, 100).share() == 0);
  CHECK(log_pressure(125, 100).share() == 0.5);
  CHECK(log_pressure(150, 100).share() == 1);
}

// A full memtable is written to at a gigabyte a second until the next log is made; a rate is asked
// for with each kilobyte. What it weighs then.
static uint64_t weight_when_made(uint64_t log_us, uint64_t known_us, uint64_t limit) {
  constexpr uint64_t kWriteBytes = 1'024;
  constexpr uint64_t kBegunUs = 1'000'000;
  PauseQueue queue;
  uint64_t weight = limit;
  for (uint64_t now_us = kBegunUs; now_us - kBegunUs < log_us; now_us += 1) {
    weight += kWriteBytes;
    const uint64_t us = std::max({known_us, now_us - kBegunUs, uint64_t{1}});
    const double drain = static_cast<double>(limit) * 1e6 / static_cast<double>(us);
    const WriteDelay delay = write_delay(StallCause::kLog, log_pressure(weight, limit), drain);
    CHECK(delay.cause == StallCause::kLog);
    now_us += queue.pause_us(kWriteBytes, delay.us_per_byte, kMaxPauseUs, now_us);
  }
  return weight;
}

TEST_CASE("a full memtable waits for its log by many pauses, not in one piece") {
  constexpr uint64_t kLimit = 1 << 20;
  for (const uint64_t log_us : {1'000u, 30'000u, 250'000u, 1'000'000u}) {
    CAPTURE(log_us);
    CHECK_FALSE(memtable_is_overfull(weight_when_made(log_us, log_us, kLimit), kLimit));
    // Nor where the one before took hardly any time.
    CHECK_FALSE(memtable_is_overfull(weight_when_made(log_us, 3'000, kLimit), kLimit));
  }
  CHECK(memtable_is_overfull(weight_when_made(2'500'000, 3'000, kLimit), kLimit));
}

TEST_CASE("pauses of small writes add up to the rate, and each is short") {
  PauseQueue queue;
  uint64_t now_us = 1'000'000;
  uint64_t longest_us = 0;
  constexpr int kWrites = 10'000;
  for (int i = 0; i < kWrites; ++i) {
    const uint64_t pause = queue.pause_us(100, 0.2, longest_pause_us(100), now_us);
    longest_us = std::max(longest_us, pause);
    now_us += pause + 1;
  }
  // 20 us a write, of which the write itself takes one.
  CHECK(now_us - 1'000'000 == doctest::Approx(kWrites * 20).epsilon(0.05));
  CHECK(longest_us < 300);
  CHECK(queue.pause_us(100, 1e6, longest_pause_us(100), now_us) == kMaxPauseUs);
  CHECK(longest_pause_us(1 << 20) == 256 * kMaxPauseUs);
}

TEST_CASE("writers share one rate: each pauses behind the ones before it") {
  PauseQueue queue;
  queue.pause_us(5'000, 1, 50'000, 1'000'000);  // what nobody has used yet
  std::vector<uint64_t> pauses;
  for (int writer = 0; writer < 8; ++writer) {
    pauses.push_back(queue.pause_us(1'000, 1, 50'000, 1'000'000));
  }
  CHECK(pauses == std::vector<uint64_t>{1'000, 2'000, 3'000, 4'000, 5'000, 6'000, 7'000, 8'000});
}

TEST_CASE("a pause that took too long makes the next ones shorter, by 5 ms at most") {
  PauseQueue queue;
  CHECK(queue.pause_us(1'000, 1, 50'000, 1'000'000) == 0);  // what nobody has used yet
  queue.pause_us(4'000, 1, 50'000, 1'000'000);
  CHECK(queue.pause_us(1'000, 1, 50'000, 1'000'000) == 1'000);
  CHECK(queue.pause_us(1'000, 1, 50'000, 1'004'000) == 0);
  CHECK(queue.pause_us(1'000, 1, 50'000, 9'000'000) == 0);
  CHECK(queue.pause_us(5'000, 1, 50'000, 9'000'000) == 1'000);
}

TEST_CASE("a byte budget gives its rate, whatever the pieces, and saves up a tenth of a second") {
  for (const uint64_t piece : {100u, 10'000u, 3'000'000u}) {
    ByteBudget budget(1'000'000);
    uint64_t now_us = 50'000'000;  // whoever begins late has a tenth of a second's worth
    const uint64_t begin_us = now_us;
    uint64_t given = 0;
    while (given < 9'000'000) {
      const uint64_t wait_us = budget.take(piece, now_us);
      if (wait_us == 0) {
        given += piece;
      } else {
        now_us += wait_us;
      }
    }
    const double due_us = static_cast<double>(given - piece) - 100'000;
    CHECK(static_cast<double>(now_us - begin_us) == doctest::Approx(due_us).epsilon(0.02));
  }
}

TEST_CASE("a clock that goes back gives nothing and takes nothing") {
  ByteBudget budget(1'000'000);
  CHECK(budget.take(200'000, 1'000'000) == 0);
  CHECK(budget.take(1, 500'000) == 100'001);
  CHECK(budget.take(1, 1'100'001) == 0);
}

TEST_CASE("debt counts what is above target on its way down, and is nothing in a tree at rest") {
  CompactionOptions options;
  options.sizing = LevelSizing::kStatic;
  options.base_weight = 1'000;
  options.fanout = 10;
  options.l0_trigger_runs = 2;
  CHECK(compaction_debt(Version(), options) == 0);
  CHECK(compaction_debt(version_from_text("L0 #1 a..z weight=900 seqnos=1..2\n"
                                          "L1 #2 a..z weight=1000\nL2 #3 a..z weight=9000\n"),
                        options) == 0);
  // L1 has 500 too much, which meets 9000 / 1500 times as much in L2.
  CHECK(compaction_debt(version_from_text("L1 #2 a..z weight=1500\nL2 #3 a..z weight=9000\n"),
                        options) == 500 * (1 + 6));
  // L0 with all of L1, then what that puts above L1's target with its share of L2.
  CHECK(compaction_debt(version_from_text("L0 #1 a..z weight=1200 seqnos=1..2\n"
                                          "L1 #2 a..z weight=800\nL2 #3 a..z weight=4000\n"),
                        options) == 2'000 + 1'000 * (1 + 2));
  // Of all of it, also where L0 goes straight into the last level.
  options.sizing = LevelSizing::kDynamic;
  CHECK(compaction_debt(version_from_text("L0 #1 a..z weight=1200 seqnos=1..2\n"
                                          "L6 #2 a..z weight=400\n"),
                        options) == 1'600);
  const Pressure pressure = debt_pressure(Version(), options);
  CHECK(pressure.used == 0);
  CHECK(pressure.free > 0);
  CHECK(pressure.full > pressure.free);
}

TEST_CASE("weights that nothing can have make a debt that is still a number") {
  CompactionOptions options;
  options.sizing = LevelSizing::kStatic;
  options.base_weight = 1'000;
  options.level_count = 3;
  const Version version = version_from_text(
      "L0 #1 a..z weight=9223372036854775807 seqnos=1..2\n"
      "L1 #2 a..z weight=9223372036854775807\nL2 #3 a..z weight=9223372036854775807\n");
  CHECK(compaction_debt(version, options) == 1'000'000'000'000'000'000);
}
