// What a timed run needs to know of a tree and of its workload; whether there are records behind it
// or shares of them is the subject's own affair.
//
// Operations come in chunks: drawn ahead, so that it is known how many of them make so much weight,
// and done when the clock says so, all of a chunk at its end.
#pragma once

#include <concepts>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>

#include "lsmkit/sim/sim_job.h"
#include "lsmkit/workload/workload_spec.h"

namespace lsmkit {

// Operations of one phase.
struct OpChunk {
  uint32_t phase = 0;
  uint64_t ops = 0;  // 0: the workload is over
  uint64_t commits = 0;
  uint64_t writes = 0;
  uint64_t gets = 0;  // read-modify-writes too
  uint64_t scans = 0;
  uint64_t scan_entries = 0;
  // From the device, by all of these; none: not modelled, see TimedOptions.
  std::optional<uint64_t> blocks_read;
  uint64_t written_bytes = 0;  // of keys and values
  uint64_t weight = 0;
  bool ends_phase = false;
};

struct TimedJob {
  JobNumber number{};
  bool is_flush = false;
  JobCost cost;
};

// Those of a tree that have begun and are not finished.
template <class Job>
class JobsUnderWay {
 public:
  TimedJob enter(Job job) {
    const TimedJob out{job.number, job.is_flush(), job.cost};
    jobs_.emplace(job.number, std::move(job));
    return out;
  }
  Job take(JobNumber number) { return std::move(jobs_.extract(number).mapped()); }

 private:
  std::map<JobNumber, Job> jobs_;
};

template <class S>
concept TimedSubject = requires(S s, const S c, uint64_t n, double share) {
  { c.spec() } -> std::convertible_to<const WorkloadSpec&>;
  { c.options() } -> std::convertible_to<const CompactionOptions&>;
  // The next operations, until they weigh so much or the phase ends. They are not done yet.
  { s.draw(n) } -> std::same_as<OpChunk>;
  // The first so many of what was drawn last are done; the others never come.
  s.commit(n);
  // The phase of what was drawn last is over.
  s.end_phase();
  s.set_time_us(n);
  { c.version() } -> std::convertible_to<const Version&>;
  { c.memtable_weight() } -> std::same_as<uint64_t>;
  { c.memtable_is_full() } -> std::same_as<bool>;
  { c.sealed_count() } -> std::same_as<size_t>;  // the one that is being flushed too
  { c.sealed_weight() } -> std::same_as<uint64_t>;
  s.seal();
  { s.begin_flush() } -> std::same_as<TimedJob>;
  { s.begin_compaction(share) } -> std::same_as<std::optional<TimedJob>>;
  s.finish(JobNumber{});
};

}  // namespace lsmkit
