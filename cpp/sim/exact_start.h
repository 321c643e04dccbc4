// What an exact tree begins with, if it is not empty: a tree that stood somewhere else.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "lsmkit/sim/records.h"
#include "lsmkit/sim/workload_keys.h"
#include "lsmkit/version/version.h"

namespace lsmkit {

struct ExactStart {
  Version version = Version();
  std::map<TableNumber, std::shared_ptr<const Records>> contents;  // of each table
  // Oldest first, each in order of writing; the last one is being written.
  std::vector<std::vector<SimRecord>> memtables;
  Seqno last_seqno = 0;
  uint64_t next_job = 1;
  uint64_t wall_us = 0;  // what the clock showed then, since 1970
  // Whoever opens what was not closed makes tables of L0 of what the logs hold, and compacts with
  // the next flush.
  bool flushes_first = false;
};

struct StartOfExactRun {
  WorkloadKeys keys;  // the tree's and the workload's
  ExactStart tree;
};

}  // namespace lsmkit
