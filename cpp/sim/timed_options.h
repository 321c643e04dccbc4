// What a timed run assumes of the machine and of how an engine uses it. What the tree does is told
// by CompactionOptions, what is asked of it by WorkloadSpec.
#pragma once

#include <cstdint>
#include <optional>

#include "lsmkit/rules/compaction_options.h"
#include "lsmkit/rules/rocksdb_flow.h"
#include "lsmkit/sim/timed_flow.h"
#include "lsmkit/timing/device.h"

namespace lsmkit {

// Microseconds of one core. put_us and get_us are this engine's (cpp/bench/DECISIONS.md); the
// others are of the right order and not measured, so a run that is to be compared with a machine is
// given the machine's own.
struct CpuCosts {
  double put_us = 0.65;             // db_bench fillrandom, 16 + 100 bytes
  double get_us = 1.1;              // db_bench, from the cache
  double scan_entry_us = 0.03;      //
  double record_us = 0.15;          // that goes through a flush or a merge
  double written_byte_us = 1.0e-3;  // of weight: blocks, filters and checksums: 1 GB/s
  double compressed_byte_us = 0;    // beside; zstd's level 1: 3e-3, 330 MB/s (its README)
  uint32_t first_compressed_level = 2;
};

enum class Overload : uint8_t {
  kWait,  // writers wait in line for as long as it takes
  kStop,  // the run ends when one of them has waited too long, and says what for
};

struct TimedOptions {
  Device device = device_profile("nvme");
  double cores = 2;
  uint32_t slots = 2;  // background threads
  CpuCosts cpu;
  FlowRule flow = FlowRule::kSmooth;
  RocksDbFlowOptions rocksdb;  // for FlowRule::kRocksDb
  // What memtables may take, and what one takes for each byte of weight. The engine's defaults give
  // them what 512 MiB leave beside the cache and two jobs' buffers.
  uint64_t memtable_room_bytes = uint64_t{432} << 20;
  double memtable_bytes_per_weight = 1;
  uint64_t background_bytes_per_s = 0;  // that flushes and compactions write; 0: no bound
  bool has_log = true;
  double log_bytes_per_commit = 15;  // beside keys and values
  // What the log may be ahead of the device, in time that the device takes for it: what a system
  // holds in its page cache before writers have to wait.
  double log_ahead_us = 250e3;
  uint32_t sync_every_commits = 0;  // 1: each is synced; 0: only those that the workload says
  // Read from the device: what the cache does not hold. None: as the subject models it; where it
  // does not, one.
  std::optional<double> blocks_per_get;
  double blocks_per_scan = 2;  // where that is not modelled
  double block_bytes = 4096;
  // What a job waits for one after the other, each as long as a request takes: its directory and
  // the MANIFEST are synced, each table is, and then opened: header, footer, properties, index,
  // filter.
  double waits_per_job = 2;
  double waits_per_table = 6;
  Overload overload = Overload::kWait;
  double longest_wait_us = 30e6;  // for Overload::kStop
  double sample_every_us = 1e6;   // of the series; twice as long whenever it has grown too long
};

// Throws InvalidArgument naming the option and what would do.
void check(const TimedOptions& options, const CompactionOptions& compaction);

}  // namespace lsmkit
