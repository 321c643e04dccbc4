// A workload on both sides of a twin: the engine in inline mode on a disk in memory, its clock the
// workload's, and the exact simulation.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "lsmkit/sim/workload_driver.h"
#include "lsmkit/sim/workload_keys.h"
#include "lsmkit/trace/read_counts.h"
#include "lsmkit/trace/run_log.h"
#include "lsmkit/twin/twin.h"
#include "lsmkit/vfs/clock.h"
#include "lsmkit/vfs/memory_file_system.h"

namespace lsmkit {

class WorkloadTwin {
 public:
  // `options` by name, as an open takes them; background, create and sync are the twin's own.
  // Throws InvalidArgument or NotSupported naming what cannot be done.
  WorkloadTwin(WorkloadSpec spec, std::vector<std::pair<std::string, std::string>> options);
  // The engine alone does `before` first, and the simulation goes on from what that left.
  WorkloadTwin(WorkloadSpec spec, std::vector<std::pair<std::string, std::string>> options,
               const WorkloadSpec& before, const Poll& poll);

  // One commit on both, and the reads before it; false: the workload is over, or the sides differ.
  bool step();
  // Compares how both stand at last.
  const TwinReport& finish() { return twin_->finish(); }

  const WorkloadDriver& driver() const { return driver_; }
  Twin& twin() { return *twin_; }
  Db& engine() { return twin_->engine(); }
  // What reads looked into so far, on either side.
  ReadCounts engine_reads() const;
  ReadCounts simulated_reads() const { return twin_->simulation().read_counts(); }
  // What the simulation did, up to the first difference.
  const RunLog& log() const { return log_; }

 private:
  void watch();
  void forget_operations();
  void read_engine(const WorkloadRead& read);

  WorkloadDriver driver_;
  ManualClock clock_;
  MemoryFileSystem disk_;
  std::shared_ptr<Db> engine_;
  uint64_t forked_us_ = 0;  // by the engine's clock
  WorkloadKeys keys_;
  uint64_t forgotten_at_ = 0;  // operations of the disk
  std::unique_ptr<Twin> twin_;
  RunLog log_;
  std::vector<SimWrite> commit_;
  ReadCounts scans_;  // of the engine
  std::string key_;
  PinnedValue found_;
};

}  // namespace lsmkit
