#include "lsmkit/twin/timed_options_of.h"

#include <algorithm>

#include "lsmkit/db/output_options.h"

namespace lsmkit {
namespace {

// The first level from which on all are compressed.
uint32_t first_compressed_level(const Options& options) {
  const auto& levels = options.compression_levels;
  if (options.compression == "none" || levels.empty() || levels.back() == 0) return UINT32_MAX;
  const auto raw = std::find(levels.rbegin(), levels.rend(), 0);
  return static_cast<uint32_t>(levels.rend() - raw);
}

}  // namespace

TimedOptions timed_options_of(const Options& options, TimedOptions machine) {
  machine.slots = options.threads;
  machine.flow = options.flow == "rocksdb" ? FlowRule::kRocksDb : FlowRule::kSmooth;
  machine.rocksdb = rocksdb_flow_options_of(options);
  machine.memtable_room_bytes = memtable_room_of(options);
  machine.background_bytes_per_s = options.background_bytes_per_s;
  machine.sync_every_commits = options.sync.commits;
  machine.cpu.first_compressed_level = first_compressed_level(options);
  return machine;
}

}  // namespace lsmkit
