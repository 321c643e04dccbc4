// How long a write waits by our own rule: smoothly longer the nearer something that must not be
// full is to being full.
//
//   delay per byte = x / (1 - x) / drain        x: how far from `free` to `full`, 0..1
//
// Up to `free` nothing waits. Half-way writers get just what drains, so that is where a load that
// is too fast for the device settles, whatever the device can do; towards `full` hardly anything is
// let through.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "lsmkit/rules/compaction_options.h"
#include "lsmkit/version/version.h"

namespace lsmkit {

// What writes wait for. RocksDB's WriteStallCause.
enum class StallCause : uint8_t {
  kNone = 0,
  kMemtables = 1,  // too much is not flushed yet
  kL0Runs = 2,     // L0 holds too many sorted runs
  kDebt = 3,       // compaction has too much to rewrite
  kLog = 4,        // the log of the next memtable is not made yet; RocksDB makes it in the write
};
inline constexpr size_t kStallCauseCount = 5;
std::string_view name_of(StallCause cause);

// Something that fills up.
struct Pressure {
  uint64_t used = 0;
  uint64_t free = 0;  // so much costs nothing
  uint64_t full = 0;  // so much must not be
  double share() const;
};

// Weight that compactions still have to rewrite until no level is above its target.
uint64_t compaction_debt(const Version& version, const CompactionOptions& options);

// The pressures of a tree.
//
// L0: `free` is where RocksDB begins to delay, five times the trigger, or twice the runs at which a
// compaction is due in any case if these are more; `full` where it stops, nine times the trigger,
// or five times those. Sealed memtables count: they are runs on their way. Tiered: the runs of all
// levels. Fifo: it merges nothing that could be waited for.
// Debt: `free` is four times what goes down from a full L0 together with a base level on target,
// `full` eight times that.
Pressure l0_pressure(const Version& version, uint64_t sealed_memtables,
                     const CompactionOptions& options);
Pressure debt_pressure(const Version& version, const CompactionOptions& options);
// Memtables: half of the room is free.
// Log: a memtable that is full while the next log is not ready, and half of its size beyond. So
// slow by then, a write hardly ever comes to where it has to wait (memtable_is_overfull in flow.h).
Pressure memtable_pressure(uint64_t used_bytes, uint64_t room_bytes);
Pressure log_pressure(uint64_t memtable_weight, uint64_t limit_weight);

struct WriteDelay {
  double us_per_byte = 0;
  StallCause cause = StallCause::kNone;
};
// `drain_bytes_per_s`: what lately went out of what fills up, 0 if that is not known yet.
WriteDelay write_delay(StallCause cause, const Pressure& pressure, double drain_bytes_per_s);
// The longer one.
inline WriteDelay longer(const WriteDelay& a, const WriteDelay& b) {
  return b.us_per_byte > a.us_per_byte ? b : a;
}

// At a rate that nobody has measured yet; of L0, for which every byte is written many times, this
// share of the rate at which memtables are flushed.
inline constexpr double kAssumedDrainBytesPerS = 16 << 20;
inline constexpr double kAssumedL0Share = 0.125;
// However full, so much of what drains is let through.
inline constexpr double kLeastShare = 0.05;

// Pauses are asked for after so many bytes, for several small writes at once, and none is shorter
// than this: short ones are left to add up, since a sleep has its own cost.
inline constexpr uint64_t kPauseAskBytes = 1024;
inline constexpr double kShortestPauseUs = 250;
// One pause is at most so long, for a write of at most so many bytes, and in proportion for more.
inline constexpr uint64_t kMaxPauseUs = 5'000;
inline constexpr uint64_t kMaxPauseBytes = 4 * 1024;
inline uint64_t longest_pause_us(uint64_t bytes) {
  return std::max<uint64_t>(bytes / kMaxPauseBytes, 1) * kMaxPauseUs;
}

// The pauses of all writers together: each gets a turn behind the ones before it.
class PauseQueue {
 public:
  // How long a writer pauses now for `bytes` that were written, at most `longest_us`. Time that a
  // pause took too long is not slept again, and what is beyond the longest pause is forgotten.
  uint64_t pause_us(uint64_t bytes, double us_per_byte, uint64_t longest_us, uint64_t now_us);

 private:
  double free_at_us_ = 0;
};

}  // namespace lsmkit
