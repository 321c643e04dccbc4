// What a timed run adds up, and what it looks like at one moment.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "lsmkit/rules/write_delay.h"

namespace lsmkit {

enum class Total : size_t {
  kOfferedWork,  // in the unit of each phase's rate: operations, or bytes of keys and values put
  kDroppedWork,  // of that, by a phase's capacity
  kAcceptedOps,
  kAcceptedBytes,  // of keys and values put
  kLogBytes,       // appended; the device may have some of them still to write
  kFlushWrittenBytes,
  kCompactionReadBytes,
  kCompactionWrittenBytes,
  kDeviceReadBytes,
  kDeviceWrittenBytes,
  kDeviceBusyUs,  // its utilisation, integrated
  kCoreUs,        // of all cores
  kSlotUs,        // of all background threads
};
inline constexpr size_t kPlainTotals = 13;
inline constexpr size_t kTotalCount = kPlainTotals + kStallCauseCount;

// Amounts, or amounts per microsecond.
class Totals {
 public:
  double& operator[](Total t) { return of_[static_cast<size_t>(t)]; }
  double operator[](Total t) const { return of_[static_cast<size_t>(t)]; }
  // Time in which writes that would go on wait for that.
  double& stall_us(StallCause cause) { return of_[kPlainTotals + static_cast<size_t>(cause)]; }
  double stall_us(StallCause cause) const { return of_[kPlainTotals + static_cast<size_t>(cause)]; }
  double all_stall_us() const;

  Totals after(double us, const Totals& per_us) const;
  bool operator==(const Totals&) const = default;

 private:
  std::array<double, kTotalCount> of_{};
};

inline double Totals::all_stall_us() const {
  double sum = 0;
  for (size_t i = kPlainTotals; i < kTotalCount; ++i) sum += of_[i];
  return sum;
}

inline Totals Totals::after(double us, const Totals& per_us) const {
  Totals out = *this;
  for (size_t i = 0; i < kTotalCount; ++i) out.of_[i] += us * per_us.of_[i];
  return out;
}

struct TimedSample {
  double time_us = 0;
  Totals totals;
  double offered_per_us = 0;  // work
  double waiting_work = 0;
  double waiting_ops = 0;     // by the mean size of the operations that are drawn
  double waiting_bytes = 0;   //
  double oldest_wait_us = 0;  // of who is first in line
  double log_waiting_bytes = 0;
  double memtable_weight = 0;
  uint64_t sealed_memtables = 0;
  uint64_t l0_runs = 0;
  uint64_t run_count = 0;
  uint64_t tree_weight = 0;
  uint64_t debt_weight = 0;
  uint32_t jobs = 0;  // in the background
  StallCause cause = StallCause::kNone;
  bool is_stopped = false;
  double delay_us_per_byte = 0;
  double device_utilisation = 0;  // 0..1
  double cores_used = 0;
  bool operator==(const TimedSample&) const = default;
};

}  // namespace lsmkit
