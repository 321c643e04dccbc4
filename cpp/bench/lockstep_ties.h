// RocksDB's order among tables that its picker thinks equal.
#pragma once

#include <optional>

#include "lsmkit/planner/planner.h"

namespace lsmkit::bench {

// plan_compaction, but where the picker goes by seqno and several tables have the same, the one
// goes first that std::sort puts first, as in RocksDB. (In a level below which nothing lies all
// seqnos are zero, so there it decides every pick.) It is no rule, but what the C++ library's
// sorting makes of equals; ours takes the least key. Requires: no job in flight.
std::optional<CompactionPlan> plan_with_rocksdb_ties(const Version& version,
                                                     const PlanContext& context,
                                                     const CompactionOptions& options);

}  // namespace lsmkit::bench
