// How many bytes background work may write a second: a bucket that fills at a rate and never holds
// more than a tenth of a second's worth. RocksDB: NewGenericRateLimiter, refill_period_us 100,000.
#pragma once

#include <algorithm>
#include <cstdint>

namespace lsmkit {

class ByteBudget {
 public:
  // Requires: bytes_per_s > 0.
  explicit ByteBudget(uint64_t bytes_per_s)
      : bytes_per_us_(static_cast<double>(bytes_per_s) / 1e6) {}

  // Takes the bytes and returns 0, or takes nothing and returns after how many microseconds to ask
  // again. Whatever is asked for is given as soon as there is anything, and owed from then on, so
  // pieces of any size pass and are paid for in time.
  uint64_t take(uint64_t bytes, uint64_t now_us) {
    const uint64_t passed_us = now_us > filled_at_us_ ? now_us - filled_at_us_ : 0;
    filled_at_us_ = std::max(filled_at_us_, now_us);
    bytes_ =
        std::min(bytes_ + static_cast<double>(passed_us) * bytes_per_us_, bytes_per_us_ * kMostUs);
    if (bytes_ <= 0) return static_cast<uint64_t>(-bytes_ / bytes_per_us_) + 1;
    bytes_ -= static_cast<double>(bytes);
    return 0;
  }

 private:
  static constexpr double kMostUs = 100'000;

  const double bytes_per_us_;
  double bytes_ = 0;
  uint64_t filled_at_us_ = 0;
};

}  // namespace lsmkit
