// How long writes wait, in a simulation in time: what the engine's pacer (db/pacer.h) asks for by
// the same rules, as what holds until the tree changes next.
#pragma once

#include <cstdint>

#include "lsmkit/rules/compaction_options.h"
#include "lsmkit/rules/drain_rates.h"
#include "lsmkit/rules/rocksdb_flow.h"
#include "lsmkit/rules/write_delay.h"
#include "lsmkit/version/version.h"

namespace lsmkit {

enum class FlowRule : uint8_t { kSmooth, kRocksDb };

// What writes wait. Pauses come in pieces: so many bytes pass, and then somebody waits so long.
struct FlowDelay {
  StallCause cause = StallCause::kNone;
  bool is_stopped = false;
  double us_per_byte = 0;       // of weight
  double pause_us = 0;          // one piece takes evenly between this
  double longest_pause_us = 0;  // and this
};

class TimedFlow {
 public:
  TimedFlow(FlowRule rule, const RocksDbFlowOptions& rocksdb, const CompactionOptions& options)
      : rule_(rule), rocksdb_(rocksdb), options_(options) {}

  // At each seal, flush and compaction.
  void tree_changed(const Version& version, uint64_t sealed_memtables, uint64_t now_us);
  void l0_job_begins(uint64_t weight, uint64_t now_us) { l0_drain_.job_begins(weight, now_us); }
  void l0_job_ends(uint64_t now_us) { l0_drain_.job_ends(true, now_us); }
  void flushed(uint64_t weight, uint64_t us) {
    flush_bytes_per_s_ = flush_rate_after(flush_bytes_per_s_, weight, us);
  }

  // Of commits of `commit_weight` by so many writers, while memtables are so full.
  FlowDelay delay(const Pressure& memtables, double commit_weight, double writers) const;

 private:
  FlowDelay smooth_delay(const Pressure& memtables, double commit_weight, double writers) const;

  const FlowRule rule_;
  const RocksDbFlowOptions rocksdb_;
  const CompactionOptions options_;
  RocksDbFlow rocksdb_now_;
  WriteDelay tree_;
  L0DrainRate l0_drain_;
  double flush_bytes_per_s_ = 0;  // 0: not known yet
};

}  // namespace lsmkit
