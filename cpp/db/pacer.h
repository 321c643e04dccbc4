// Makes writers wait as a rule says: ours (rules/write_delay.h) or RocksDB's
// (rules/rocksdb_flow.h). The engine tells what changes, adds small writes up here, and is handed
// pauses and stops.
#pragma once

#include <atomic>
#include <cstdint>

#include "lsmkit/db/options.h"
#include "lsmkit/rules/drain_rates.h"
#include "lsmkit/rules/rocksdb_flow.h"
#include "lsmkit/rules/write_delay.h"

namespace lsmkit {

class Pacer {
 public:
  struct Pause {
    uint64_t us = 0;
    StallCause cause = StallCause::kNone;
  };
  // How full is what writes go into.
  struct Fill {
    Pressure memtables;
    Pressure log;         // nothing while the next log is ready
    uint64_t log_us = 0;  // it takes so long to make one
  };

  Pacer(const Options& options, const CompactionOptions& compaction);

  // state_mutex_: at each seal, flush and compaction.
  void tree_changed(const Version& version, uint64_t sealed_memtables, uint64_t now_us);
  // state_mutex_: a compaction takes so much out of L0, and has ended, done or not.
  void l0_job_begins(uint64_t weight, uint64_t now_us) { l0_drain_.job_begins(weight, now_us); }
  void l0_job_ends(bool is_done, uint64_t now_us) { l0_drain_.job_ends(is_done, now_us); }

  // Any thread: a flush has taken so long.
  void flushed(uint64_t weight, uint64_t us);
  // What writes must not go on for; kNone: they may.
  StallCause stopped() const { return stopped_.load(std::memory_order_relaxed); }

  // What so many bytes wait now for the tree's sake.
  uint64_t tree_pause_us(uint64_t bytes) const;

  // The rest under the commit lock.
  // So much has been written.
  void charge(uint64_t weight) { unpaid_bytes_ += weight; }
  // Whether enough has been written since to ask for a pause.
  bool asks() const { return unpaid_bytes_ >= ask_bytes_; }
  // Whether one would be due, but for its length; if not, what was written is paid for.
  bool may_pause(const Fill& fill);
  // How long this writer pauses now, before it writes `weight`.
  Pause take_pause(const Fill& fill, uint64_t weight, uint64_t now_us);

  // Without a lock: the rule that asked for a pause no longer does.
  bool is_over() const { return is_rocksdb_ && delayed_bytes_per_s_ == 0; }

 private:
  WriteDelay delay_for(const Fill& fill) const;

  const bool is_rocksdb_;
  const uint64_t ask_bytes_;
  const RocksDbFlowOptions rocksdb_options_;
  const CompactionOptions compaction_;

  // state_mutex_
  RocksDbFlow flow_;
  L0DrainRate l0_drain_;

  // Commit lock.
  uint64_t unpaid_bytes_ = 0;
  PauseQueue queue_;
  DelayedWrites delayed_;
  uint64_t delayed_number_ = 0;

  // Any thread.
  std::atomic<double> us_per_byte_{0};  // ours, for the tree
  std::atomic<StallCause> cause_{StallCause::kNone};
  std::atomic<double> flush_bytes_per_s_{0};      // 0: not known yet
  std::atomic<uint64_t> delayed_bytes_per_s_{0};  // RocksDB's; 0: not delayed
  std::atomic<uint64_t> delay_number_{0};  // counts delays, each from its beginning to its end
  std::atomic<StallCause> stopped_{StallCause::kNone};
};

}  // namespace lsmkit
