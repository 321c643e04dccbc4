#include "lsmkit/db/output_options.h"

#include <algorithm>
#include <utility>

#include "lsmkit/db/directory.h"

namespace lsmkit {

static Picker picker_of(const std::string& name) {
  if (name == "round_robin") return Picker::kRoundRobin;
  if (name == "oldest_smallest_seq") return Picker::kOldestSmallestSeqno;
  if (name == "oldest_largest_seq") return Picker::kOldestLargestSeqno;
  if (name == "compact_pointer") return Picker::kCompactPointer;
  return Picker::kMinOverlappingRatio;
}

static Layout layout_of(const std::string& name) {
  if (name == "leveled") return Layout::kLeveled;
  if (name == "lazy_leveled") return Layout::kLazyLeveled;
  if (name == "tiered") return Layout::kTiered;
  if (name == "fifo") return Layout::kFifo;
  return Layout::kHybrid;
}

static LevelSizing sizing_of(const std::string& name) {
  if (name == "static") return LevelSizing::kStatic;
  if (name == "dynamic_without_drain") return LevelSizing::kDynamicWithoutDrain;
  return LevelSizing::kDynamic;
}

static OutputCut cut_of(const std::string& name) {
  if (name == "grandparents") return OutputCut::kGrandparents;
  if (name == "grid") return OutputCut::kGrid;
  if (name == "plain") return OutputCut::kPlain;
  return OutputCut::kAligned;
}

CompactionOptions compaction_options_of(const Options& options) {
  CompactionOptions out;
  out.layout = layout_of(options.layout);
  out.memtable_weight = options.memtable_bytes;
  out.l0_merged_runs = options.l0_merged_runs;
  out.level_count = options.level_count;
  out.l0_trigger_runs = options.l0_trigger_runs;
  out.base_weight = options.base_bytes;
  out.fanout = options.fanout;
  out.table_weight = options.table_bytes;
  out.sizing = sizing_of(options.level_sizing);
  out.picker = picker_of(options.picker);
  out.cut = cut_of(options.cut);
  out.max_parts = options.max_parts;
  out.pass_through = options.pass_through;
  out.multi_level = options.multi_level;
  out.few_jobs_where_they_wait = options.flow != "rocksdb";
  out.max_space_amp = options.max_space_amp;
  out.tombstone_gain = options.tombstone_gain;
  out.max_runs = options.max_runs;
  out.size_ratio_percent = options.size_ratio_percent;
  out.min_merge_runs = options.min_merge_runs;
  out.max_merge_runs = options.max_merge_runs;
  out.fifo_weight = options.fifo_bytes;
  out.fifo_ttl_us = options.fifo_ttl_s * 1'000'000;
  out.filter_bits_per_key = options.filter_bits_per_key;
  out.filter_allocation = options.filter_allocation == "uniform" ? FilterAllocation::kUniform
                                                                 : FilterAllocation::kByLevel;
  return out;
}

RocksDbFlowOptions rocksdb_flow_options_of(const Options& options) {
  return {.sealed_memtables_stop = options.max_memtables,
          .l0_slowdown_runs = options.l0_slowdown_runs,
          .l0_stop_runs = options.l0_stop_runs,
          .soft_pending_weight = options.soft_pending_bytes,
          .hard_pending_weight = options.hard_pending_bytes,
          .delayed_bytes_per_s = options.delayed_bytes_per_s};
}

uint64_t memtable_room_of(const Options& options) {
  const uint64_t others = options.cache_bytes + options.threads * kJobBufferBytes;
  return std::max(options.least_memtable_room(),
                  options.memory_bytes - std::min(others, options.memory_bytes));
}

OutputContext output_context_of(const Options& options, const Environment& environment,
                                const std::string& dir, uint64_t database_id, uint32_t level,
                                std::function<void(uint64_t entry_count)> poll) {
  OutputContext out;
  out.files = environment.files;
  out.path_of = [dir](TableNumber number) { return join_path(dir, table_file_name(number)); };
  out.database_id = database_id;
  out.created_us = environment.clock->wall_us();
  out.table.block_bytes = options.block_bytes;
  out.table.restart_interval = options.restart_interval;
  const std::vector<int32_t>& zstd_levels = options.compression_levels;
  const int32_t zstd_level = zstd_levels[std::min<size_t>(level, zstd_levels.size() - 1)];
  const bool compressed = options.compression == "zstd" && zstd_level != 0;
  out.table.codec = compressed ? TableCodec::kZstd : TableCodec::kNone;
  out.table.compression_level = zstd_level;
  out.table.dictionary_bytes = options.compression_dictionary_bytes;
  out.poll = std::move(poll);
  return out;
}

}  // namespace lsmkit
