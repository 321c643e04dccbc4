// From what a person sets (Options) to what planner, flow control and table builder take.
#pragma once

#include "lsmkit/compaction/table_sink.h"
#include "lsmkit/db/db.h"
#include "lsmkit/rules/compaction_options.h"
#include "lsmkit/rules/rocksdb_flow.h"

namespace lsmkit {

// What one job holds in memory: readahead, builder, blocks. So much of memory_bytes is set aside.
inline constexpr uint64_t kJobBufferBytes = 4 << 20;

CompactionOptions compaction_options_of(const Options& options);
RocksDbFlowOptions rocksdb_flow_options_of(const Options& options);
// What memtables may take: memory_bytes less cache and job buffers.
uint64_t memtable_room_of(const Options& options);

// For tables of `level`.
OutputContext output_context_of(const Options& options, const Environment& environment,
                                const std::string& dir, uint64_t database_id, uint32_t level,
                                std::function<void(uint64_t entry_count)> poll);

}  // namespace lsmkit
