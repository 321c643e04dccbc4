// When an operation comes where nothing takes time but waiting for the next one: each moves the
// clock on by 1/rate, by a microsecond in a closed loop; jobs take none. Rates that change count
// with their mean.
#pragma once

#include <cstdint>

#include "lsmkit/workload/arrivals.h"
#include "lsmkit/workload/workload_spec.h"

namespace lsmkit {

class LockstepClock {
 public:
  // At the first operation of each phase.
  void begin_phase(const Phase& phase) {
    begin_us_ = now_us_;
    work_ = 0;
    in_bytes_ = phase.rate_unit == WorkUnit::kBytes;
    const bool closed = std::holds_alternative<ClosedLoop>(phase.rate);
    us_per_unit_ = closed ? 1 : 1e6 / mean_rate_per_s(phase.rate);
    if (closed) in_bytes_ = false;
  }
  // Operations that write so many bytes of keys and values.
  void advance(uint64_t written_bytes, uint64_t ops = 1) {
    work_ += in_bytes_ ? written_bytes : ops;
    now_us_ = begin_us_ + static_cast<uint64_t>(static_cast<double>(work_) * us_per_unit_);
  }

  uint64_t now_us() const { return now_us_; }
  uint64_t phase_us() const { return now_us_ - begin_us_; }

 private:
  uint64_t now_us_ = 0;
  uint64_t begin_us_ = 0;
  uint64_t work_ = 0;
  double us_per_unit_ = 1;
  bool in_bytes_ = false;
};

}  // namespace lsmkit
