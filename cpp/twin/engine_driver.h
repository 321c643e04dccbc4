// A workload on an open database, by one thread: real keys and values, gets and scans too.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "lsmkit/db/db.h"
#include "lsmkit/sim/lockstep_clock.h"
#include "lsmkit/workload/workload_stream.h"

namespace lsmkit {

// What was done so far.
struct DrivenCounts {
  uint64_t ops = 0;
  std::array<uint64_t, kOpKindCount> ops_by_kind{};
  uint64_t found = 0;    // of gets, and of the reads in read_modify_write
  uint64_t scanned = 0;  // entries
  uint64_t late_us = 0;  // behind the workload's rate at the last commit; 0: in time, or no rate
};

// Values from a key on, so many at most; says how many.
uint64_t scan(Db& db, std::string_view first, uint64_t entries);

class EngineDriver {
 public:
  // Throws as check() does. Requires: the database outlives it.
  EngineDriver(Db& db, WorkloadSpec spec);

  // Until the end. Where a phase has a rate, an operation waits until it is due; a closed loop goes
  // on at once. Batches of a phase are written whole. Throws what the database throws, and what
  // `poll` does, which is asked after each commit and while waiting.
  void run(const Poll& poll);

  const DrivenCounts& counts() const { return counts_; }

 private:
  void begin_phase(const Operation& op);
  void wait_until_due(const Poll& poll);
  void carry_out(const Operation& op);
  void commit(bool synced);
  Progress progress() const { return {counts_.ops, total_ops_}; }

  Db& db_;
  WorkloadStream stream_;
  const uint64_t total_ops_;
  Clock& clock_;

  uint32_t phase_ = UINT32_MAX;  // none yet
  LockstepClock due_;
  bool is_paced_ = false;
  uint64_t phase_began_us_ = 0;  // by the clock
  uint64_t due_before_us_ = 0;   // when the phase began, by `due_`
  double phase_s_ = 0;           // of a closed loop that ends after a time; 0: another end

  WriteBatch batch_;
  std::string key_;
  std::string value_;
  PinnedValue found_;
  DrivenCounts counts_;
};

}  // namespace lsmkit
