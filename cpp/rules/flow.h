// What happens between writers and background work: when a memtable is sealed and what a free slot
// does next. How long a write waits: write_delay.h (ours), rocksdb_flow.h.
#pragma once

#include <cstddef>
#include <cstdint>

#include "lsmkit/rules/busy_cores.h"
#include "lsmkit/rules/write_delay.h"

namespace lsmkit {

// Asked after each commit: whether the memtable takes no more.
constexpr bool memtable_is_full(uint64_t memtable_weight, uint64_t limit_weight) {
  return memtable_weight >= limit_weight;
}

// While the next log is not ready yet, writes go on into a full memtable, slower and slower
// (log_pressure in write_delay.h), and wait from here on.
constexpr bool memtable_is_overfull(uint64_t memtable_weight, uint64_t limit_weight) {
  return memtable_weight >= 2 * limit_weight;
}

// What stands when a background slot is free.
struct BackgroundState {
  size_t sealed_memtables = 0;  // not flushed yet
  bool flush_running = false;   // flushes run one at a time, oldest memtable first
  unsigned compactions_running = 0;
  unsigned slots = 1;            // background threads
  double busy_cores = kOneCore;  // of compactions lately (busy_cores.h)
  Pressure memtables;            // of those that are sealed and one more on their room
  // Somebody waits for one, or the rate limiter gives them the first turn anyway.
  bool flushes_first = false;
};
enum class BackgroundJob : uint8_t {
  kNone,
  kFlush,       // the oldest sealed memtable
  kCompaction,  // if the planner has a plan
};
// Flush before compaction; with two slots or more, compactions leave one for flushes. Where a flush
// would only take from compactions that run, it waits for them, as with one slot, while memtables
// have room: all of what gathers goes along with the next job (planner/postpone.cc).
BackgroundJob next_background_job(const BackgroundState& state);

}  // namespace lsmkit
