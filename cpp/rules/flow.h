// What happens between writers and background work: when a memtable is sealed, what a free slot
// does next, and how long a write waits.
#pragma once

#include <cstddef>
#include <cstdint>

#include "lsmkit/rules/compaction_options.h"
#include "lsmkit/rules/level_targets.h"
#include "lsmkit/version/version.h"

namespace lsmkit {

// Asked after each commit: whether the memtable takes no more.
constexpr bool memtable_is_full(uint64_t memtable_weight, uint64_t limit_weight) {
  return memtable_weight >= limit_weight;
}

// What stands when a background slot is free.
struct BackgroundState {
  size_t sealed_memtables = 0;  // not flushed yet
  bool flush_running = false;   // flushes run one at a time, oldest memtable first
  unsigned compactions_running = 0;
  unsigned slots = 1;  // background threads
};
enum class BackgroundJob : uint8_t {
  kNone,
  kFlush,       // the oldest sealed memtable
  kCompaction,  // if the planner has a plan
};
// Flush before compaction; with two slots or more, compactions leave one for flushes.
BackgroundJob next_background_job(const BackgroundState& state);

// Weight that compactions still have to rewrite until no level is above its target.
uint64_t compaction_debt(const Version& version, const CompactionOptions& options);

// A write waits nothing up to `free_debt`, then longer and longer, up to the longest pause at
// `full_debt` and beyond.
struct DelayLimits {
  uint64_t free_debt = 0;
  uint64_t full_debt = 0;
};
// Limits that suit the options: free while L0 holds up to twice its trigger and the levels are as
// much above target; full at eight times that.
DelayLimits default_delay_limits(const CompactionOptions& options);

inline constexpr uint64_t kMaxPauseUs = 5'000;         // per
inline constexpr uint64_t kMaxPauseBytes = 64 * 1024;  // bytes written
// How long `bytes` written at this debt wait in all; at most kMaxPauseUs per kMaxPauseBytes.
// Rounded down, so small writes are best added up before asking.
uint64_t write_delay_us(uint64_t debt, const DelayLimits& limits, uint64_t bytes);

}  // namespace lsmkit
