// When RocksDB delays and stops writes, as a rule beside our own (write_delay.h): facebook/rocksdb,
// db/column_family.cc (GetWriteStallConditionAndCause, SetupDelay) and db/write_controller.cc.
#pragma once

#include <cstddef>
#include <cstdint>

#include "lsmkit/rules/compaction_options.h"
#include "lsmkit/rules/write_delay.h"
#include "lsmkit/version/version.h"

namespace lsmkit {

// RocksDB's names and defaults.
struct RocksDbFlowOptions {
  uint32_t sealed_memtables_stop = 2;                  // max_write_buffer_number
  uint32_t l0_slowdown_runs = 20;                      // level0_slowdown_writes_trigger
  uint32_t l0_stop_runs = 36;                          // level0_stop_writes_trigger
  uint64_t soft_pending_weight = uint64_t{64} << 30;   // soft_pending_compaction_bytes_limit
  uint64_t hard_pending_weight = uint64_t{256} << 30;  // hard_...; 0, both: no limit
  uint64_t delayed_bytes_per_s = uint64_t{16} << 20;   // delayed_write_rate: the first, the most
};

struct RocksDbFlowState {
  uint64_t sealed_memtables = 0;
  uint64_t l0_runs = 0;
  uint64_t pending_weight = 0;
};
// `sealed_memtables`: not flushed yet.
RocksDbFlowState rocksdb_flow_state(const Version& version, uint64_t sealed_memtables,
                                    const CompactionOptions& options);

enum class WriteFlow : uint8_t { kNormal, kDelayed, kStopped };

// What holds from one change of the tree to the next.
struct RocksDbFlow {
  WriteFlow flow = WriteFlow::kNormal;
  StallCause cause = StallCause::kNone;
  uint64_t bytes_per_s = 0;  // kDelayed: so fast; else what the next delay begins with. 0: options'
  uint64_t pending_weight = 0;
  bool operator==(const RocksDbFlow&) const = default;
};
// Asked at every seal, flush and compaction. A delay becomes stricter (0.8 of the rate before) as
// long as what is pending does not shrink, stricter yet (0.6) close to a stop, and milder (1.25)
// when it shrinks; the next one begins 1.4 times as fast as this one ended.
RocksDbFlow next_rocksdb_flow(const RocksDbFlow& before, const RocksDbFlowState& state,
                              const RocksDbFlowOptions& options);

// What a delayed write waits: bytes are granted a millisecond's worth at a time. One for each delay
// from its beginning to its end.
class DelayedWrites {
 public:
  // How long a write of so many bytes waits from `now_us` on, at least a millisecond, or 0.
  uint64_t delay_us(uint64_t bytes, uint64_t bytes_per_s, uint64_t now_us);

 private:
  uint64_t credit_bytes_ = 0;
  uint64_t next_refill_us_ = 0;  // 0: at the first write
};

}  // namespace lsmkit
