// A counter that many threads add to without meeting: each adds to a cache line that it shares with
// few others, or none. Reading adds them up.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace lsmkit {

class StripedCounter {
 public:
  void add(uint64_t by) { lines_[own_line()].count.fetch_add(by, std::memory_order_relaxed); }

  uint64_t sum() const {
    uint64_t out = 0;
    for (const Line& line : lines_) out += line.count.load(std::memory_order_relaxed);
    return out;
  }

 private:
  static constexpr size_t kLines = 16;

  struct alignas(64) Line {
    std::atomic<uint64_t> count{0};
  };

  // Threads take lines in turn.
  static size_t own_line() {
    static std::atomic<size_t> taken{0};
    thread_local const size_t line = taken.fetch_add(1, std::memory_order_relaxed) % kLines;
    return line;
  }

  std::array<Line, kLines> lines_;
};

}  // namespace lsmkit
