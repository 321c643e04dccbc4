// An estimate of what compaction still has to rewrite, as RocksDB makes it
// (estimated_compaction_needed_bytes): what L0 holds, once it is due, goes to the base together
// with all of the base; what a level then has above its target goes one level down, together with
// as much of that level as the sizes suggest, and so on.
#pragma once

#include <cstdint>

#include "lsmkit/rules/compaction_options.h"
#include "lsmkit/version/version.h"

namespace lsmkit {

// RocksDB counts neither what goes down into a level that holds nothing, nor the last level where
// L0 goes straight into that.
enum class PendingOf : uint8_t { kAll, kRocksDb };

// `l0_is_due`: whether what L0 holds goes down.
uint64_t pending_weight(const Version& version, const CompactionOptions& options, bool l0_is_due,
                        PendingOf of);

}  // namespace lsmkit
