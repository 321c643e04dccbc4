// Time and randomness as things that are handed in.
#pragma once

#include <cstdint>

namespace lsmkit {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual uint64_t now_us() = 0;   // Monotonic; all intervals are measured with it.
  virtual uint64_t wall_us() = 0;  // Microseconds since 1970; shown to people, decides nothing.
};

Clock& system_clock();

// A clock that moves only when told to.
class ManualClock : public Clock {
 public:
  explicit ManualClock(uint64_t start_us = 0) : us_(start_us) {}
  uint64_t now_us() override { return us_; }
  uint64_t wall_us() override { return us_; }
  void advance(uint64_t us) { us_ += us; }

 private:
  uint64_t us_;
};

// What the calling thread has computed so far.
uint64_t thread_core_us();

// 64 bits from the system's entropy.
uint64_t random_u64();

}  // namespace lsmkit
