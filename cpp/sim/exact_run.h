// A workload on an exact simulated tree in lock-step, to its last operation.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "lsmkit/sim/exact_tree.h"
#include "lsmkit/sim/workload_driver.h"
#include "lsmkit/sim/workload_keys.h"
#include "lsmkit/trace/run_log.h"

namespace lsmkit {

class ExactRun {
 public:
  // Throws InvalidArgument or NotSupported naming what cannot be simulated. What the workload reads
  // is modelled with `reads`.
  ExactRun(WorkloadSpec spec, const CompactionOptions& options, bool keep_events = true,
           const std::optional<ReadOptions>& reads = ReadOptions{});
  // From a tree that is not empty. Requires: the start's keys have the workload's among them.
  ExactRun(WorkloadSpec spec, const CompactionOptions& options, StartOfExactRun start,
           bool keep_events = true, std::optional<FileModel> files = {},
           const std::optional<ReadOptions>& reads = std::nullopt);
  ExactRun(const ExactRun&) = delete;
  ExactRun& operator=(const ExactRun&) = delete;

  void plan_by(Planner planner) { tree_.plan_by(std::move(planner)); }

  // One commit; false: the workload is over. How far a run is cut into steps changes nothing.
  bool step();
  // Until the tree has changed, or so many commits were written.
  bool step_to_edit(uint64_t most_commits);
  // What is in the memtable becomes a run of L0, and what is due then is compacted.
  void flush() { tree_.flush(); }

  bool done() const { return done_; }
  uint64_t now_us() const { return driver_.now_us(); }
  const WorkloadDriver& driver() const { return driver_; }
  const ExactTree& tree() const { return tree_; }
  const RunLog& log() const { return log_; }
  Window settled() const { return log_.settled(tree_.counters(), tree_.last_seqno()); }

 private:
  WorkloadDriver driver_;
  const WorkloadKeys keys_;
  ExactTree tree_;
  RunLog log_;
  std::vector<SimWrite> commit_;
  bool done_ = false;
};

// What of it a workload needs: nothing if it never reads.
std::optional<ReadOptions> needed_by(const WorkloadSpec& spec, std::optional<ReadOptions> reads);

// A get or a scan of the driver's, on the tree.
void read(const WorkloadRead& read, const WorkloadKeys& keys, ExactTree& tree);

// The driver's commit in ranks. Replaces `out`.
void to_ranks(std::span<const WorkloadWrite> commit, const WorkloadKeys& keys,
              std::vector<SimWrite>& out);

}  // namespace lsmkit
