// Slows writers down, smoothly, when compaction falls behind: rules/flow.h says how much a write
// waits at a given debt, this adds small writes up and hands out the pauses.
#pragma once

#include <atomic>
#include <cstdint>

#include "lsmkit/rules/flow.h"

namespace lsmkit {

class Pacer {
 public:
  // Any thread: what the present debt costs per kMaxPauseBytes written.
  void set_pause(uint64_t pause_us) { pause_us_.store(pause_us, std::memory_order_relaxed); }

  uint64_t pause_us() const { return pause_us_.load(std::memory_order_relaxed); }

  // Commit lock: so much has been written.
  void charge(uint64_t weight) { unpaid_bytes_ += weight; }
  bool pause_is_due() const {
    return unpaid_bytes_ >= kMaxPauseBytes && pause_us_.load(std::memory_order_relaxed) > 0;
  }
  // How long this writer shall pause now: at most kMaxPauseUs.
  uint64_t take_pause() {
    if (unpaid_bytes_ < kMaxPauseBytes) return 0;
    unpaid_bytes_ -= kMaxPauseBytes;
    const uint64_t pause_us = pause_us_.load(std::memory_order_relaxed);
    if (pause_us == 0) unpaid_bytes_ = 0;
    return pause_us;
  }

 private:
  std::atomic<uint64_t> pause_us_{0};
  uint64_t unpaid_bytes_ = 0;
};

}  // namespace lsmkit
