// A workload on a layered store, to its last operation: what keys are to a database pages are here,
// and a value is a record of the log.
#pragma once

#include <cstdint>

#include "lsmkit/layered/measured_layered_run.h"
#include "lsmkit/layered/read_sampler.h"
#include "lsmkit/workload/workload_stream.h"

namespace lsmkit {

class LayeredWorkload {
 public:
  // The workload's keys are in use from the start. Throws InvalidArgument; NotSupported for
  // scans, and for a phase in a closed loop that ends after a time, since nothing takes time here.
  LayeredWorkload(WorkloadSpec spec, const LayeredRunOptions& options,
                  const ReadSampling& sampling = {.seed = 1, .every_log_bytes = 0},
                  const BranchPlan& branches = {});

  // So many operations more; false: the workload is over, and all of it is flushed. Puts, inserts
  // and the second halves of read-modify-writes are records, of at least a byte; deletes drop the
  // page; gets read it at the tip of what is flushed, if it was not dropped. How far a workload is
  // cut into steps changes nothing.
  bool step(uint64_t most_ops);

  uint64_t ops() const { return ops_; }
  bool done() const { return done_; }
  const WorkloadStream& stream() const { return stream_; }
  const LayeredRun& run() const { return measured_.run(); }
  MeasuredLayeredRun& measured() { return measured_; }
  // What gets have cost so far.
  ReadFigures read_figures() const { return reads_.figures(); }

 private:
  void read(PageNumber page);

  WorkloadStream stream_;
  MeasuredLayeredRun measured_;
  ReadSampler reads_;
  uint64_t ops_ = 0;
  bool done_ = false;
};

}  // namespace lsmkit
