// How fast what fills up has lately been emptied: what our write delay is measured by
// (write_delay.h). Told by whoever carries flushes and compactions out.
#pragma once

#include <algorithm>
#include <cstdint>

#include "lsmkit/rules/write_delay.h"

namespace lsmkit {

inline double bytes_per_s_of(uint64_t bytes, uint64_t us) {
  return static_cast<double>(bytes) * 1e6 / static_cast<double>(us);
}

// Of flushes, after one more; `before` 0: the first.
inline double flush_rate_after(double before, uint64_t weight, uint64_t us) {
  if (us == 0) return before;
  const double now = bytes_per_s_of(weight, us);
  return before == 0 ? now : (before + now) / 2;
}

// Of L0.
class L0DrainRate {
 public:
  // A compaction takes so much out of L0, and has ended, done or not.
  void job_begins(uint64_t weight, uint64_t now_us) {
    job_weight_ = weight;
    job_start_us_ = now_us;
  }
  void job_ends(bool is_done, uint64_t now_us) {
    if (is_done && job_weight_ > 0 && now_us > job_start_us_)
      bytes_per_s_ = bytes_per_s_of(job_weight_, now_us - job_start_us_);
    job_weight_ = 0;
  }

  // One job of L0 may take longer than L0 takes to fill, so the one that runs counts, too, as soon
  // as it is slower than the one before it. 0: not known yet.
  double bytes_per_s(double flush_bytes_per_s, uint64_t now_us) const {
    const double known = bytes_per_s_ > 0 ? bytes_per_s_ : kAssumedL0Share * flush_bytes_per_s;
    if (job_weight_ == 0 || now_us <= job_start_us_) return known;
    const double present = bytes_per_s_of(job_weight_, now_us - job_start_us_);
    return known > 0 ? std::min(known, present) : present;
  }

 private:
  double bytes_per_s_ = 0;  // the last compaction that took something out of L0; 0: none yet
  uint64_t job_weight_ = 0;
  uint64_t job_start_us_ = 0;
};

}  // namespace lsmkit
