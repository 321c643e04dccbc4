// A simulated run as Python drives it, whatever its fidelity and whether it is in lock-step or in
// time: one shape for the bindings, asked a step of some milliseconds at a time.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lsmkit/bytes/error.h"
#include "lsmkit/sim/drawn_options.h"
#include "lsmkit/sim/exact_reads.h"
#include "lsmkit/sim/exact_start.h"
#include "lsmkit/sim/segment_run.h"
#include "lsmkit/sim/timed_options.h"
#include "lsmkit/sim/timed_totals.h"
#include "lsmkit/sim/timed_waits.h"
#include "lsmkit/trace/run_log.h"
#include "lsmkit/workload/workload_spec.h"

namespace lsmkit {

// What only a run in time has.
struct TimedView {
  TimedSample now;
  const WaitTimes* waits = nullptr;
  std::string why_ended;  // empty: it goes on
};

[[noreturn]] inline void refuse_device() {
  throw NotSupported("in lock-step there is no device; name one to simulate time");
}

template <class TimedRun>
std::vector<TimedSample> samples_of(const TimedRun& run, double since_us) {
  const auto& all = run.series();
  auto first = std::ranges::upper_bound(all, since_us, {}, &TimedSample::time_us);
  if (first != all.begin()) --first;
  std::vector<TimedSample> found(first, all.end());
  found.push_back(run.sample());
  return found;
}

class SimulatedRun {
 public:
  virtual ~SimulatedRun() = default;

  // On for a moment, but not beyond `until_us` by the run's clock; false: it is over.
  virtual bool go_on(uint64_t until_us) = 0;
  // What is in memory becomes a run of L0, and what is due then is compacted.
  virtual void flush() = 0;
  // Throws std::logic_error if something that should hold does not.
  virtual void check() const = 0;
  // The present phase's rate from now on. In lock-step: throws NotSupported.
  virtual void set_rate(const RateChoice& rate) = 0;
  // What it runs on from now on. In lock-step: throws NotSupported.
  virtual void set_device(const Device& device) = 0;

  virtual bool done() const = 0;
  virtual uint64_t now_us() const = 0;
  virtual uint64_t ops() const = 0;
  virtual double ops_of(OpKind kind) const = 0;
  virtual const Version& version() const = 0;
  virtual const Counters& counters() const = 0;
  virtual Seqno last_seqno() const = 0;
  virtual uint64_t memtable_weight() const = 0;
  virtual std::optional<uint64_t> memtable_entries() const = 0;
  virtual uint64_t live_weight() const = 0;
  virtual uint64_t live_keys() const = 0;
  virtual uint64_t merged_records() const = 0;
  virtual std::optional<TimedView> timed() const { return std::nullopt; }
  // At regular times, the first not after `since_us` if there is one, and now. None in lock-step.
  virtual std::vector<TimedSample> samples(double) const { return {}; }
  // What reads looked into, in all and by level; none: that is not modelled.
  virtual std::optional<ReadCounts> reads() const { return std::nullopt; }
  virtual std::vector<LevelReadCounts> level_reads() const { return {}; }

  virtual const RunLog& log() const = 0;
};

// Throw InvalidArgument or NotSupported naming what cannot be simulated. Without a planner, the
// layout's; without a start, from an empty tree.
std::unique_ptr<SimulatedRun> exact_in_lockstep(const WorkloadSpec& workload,
                                                const CompactionOptions& options, FileModel files,
                                                const ReadOptions& reads, bool keep_events,
                                                const std::optional<Planner>& planner,
                                                std::optional<StartOfExactRun> start = {});
std::unique_ptr<SimulatedRun> segments_in_lockstep(const WorkloadSpec& workload,
                                                   const CompactionOptions& options,
                                                   FileModel files, const ReadOptions& reads,
                                                   SegmentStart start, bool keep_events,
                                                   const std::optional<Planner>& planner,
                                                   std::optional<SegmentTreeStart> tree = {});
std::unique_ptr<SimulatedRun> exact_in_time(const WorkloadSpec& workload,
                                            const CompactionOptions& options,
                                            const TimedOptions& timed, FileModel files,
                                            const ReadOptions& reads, bool keep_events,
                                            const std::optional<Planner>& planner,
                                            std::optional<StartOfExactRun> start = {});
std::unique_ptr<SimulatedRun> segments_in_time(const WorkloadSpec& workload,
                                               const CompactionOptions& options,
                                               const TimedOptions& timed, FileModel files,
                                               SegmentStart start, bool keep_events,
                                               const std::optional<Planner>& planner,
                                               std::optional<SegmentTreeStart> tree = {});
// In lock-step, if no machine is given.
std::unique_ptr<SimulatedRun> drawn_run(const WorkloadSpec& workload,
                                        const CompactionOptions& options, const DrawnOptions& drawn,
                                        const std::optional<TimedOptions>& timed, bool keep_events);

}  // namespace lsmkit
