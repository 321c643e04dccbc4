// What holds compactions up: computing, or what they wait for. Told by whoever carries them out;
// the planner asks (planner/postpone.cc).
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>

#include "lsmkit/rules/compaction_options.h"

namespace lsmkit {

// Nothing is known: they compute.
inline constexpr double kOneCore = 1;

// How many cores all compactions together kept busy of late, one thread of each counted. The rest
// of their time they waited: for the device, for the rate limiter, for their turn on a core.
class BusyCores {
 public:
  explicit BusyCores(const CompactionOptions& options)
      : is_asked_(options.few_jobs_where_they_wait) {}

  // One thread of the job computed so long of all the time it took; `jobs`: at work by then, the
  // one that has ended among them.
  void job_ended(double core_us, double us, size_t jobs) {
    if (us <= 0 || !is_asked_) return;
    const double now = std::min(core_us / us, 1.0) * static_cast<double>(jobs);
    cores_ = cores_ ? (*cores_ + now) / 2 : now;
  }
  double of_late() const { return cores_.value_or(kOneCore); }

 private:
  const bool is_asked_;
  std::optional<double> cores_;
};

// Whether a job more would get done only what the others then don't. All of them together keep less
// than half a core busy, and one alone could have kept a whole one: it is something else that they
// are waiting for, and share.
inline bool jobs_wait_for_each_other(double busy_cores) {
  return busy_cores < 0.5;
}

}  // namespace lsmkit
