#include "lsmkit/workload/scatter.h"

#include <cmath>

#include "lsmkit/bytes/hash.h"
#include "lsmkit/numbers/random.h"

namespace lsmkit {
namespace {

__extension__ using Wide = unsigned __int128;

// A hash of `half` below `radix`.
uint64_t round_value(uint64_t half, uint64_t round_key, uint64_t radix) {
  return static_cast<uint64_t>(static_cast<Wide>(mix64(half ^ round_key)) * radix >> 64);
}

}  // namespace

Scatter::Scatter(uint64_t n, uint64_t seed) : n_(n) {
  left_ = static_cast<uint64_t>(std::sqrt(static_cast<double>(n)));
  if (left_ == 0) left_ = 1;
  right_ = n / left_ + (n % left_ != 0);
  for (size_t i = 0; i < kRounds; ++i) round_keys_[i] = drawn_at(seed, stream_number("scatter"), i);
}

uint64_t Scatter::operator()(uint64_t i) const {
  do {
    uint64_t left = i / right_, right = i % right_;
    for (size_t round = 0; round < kRounds; round += 2) {
      left += round_value(right, round_keys_[round], left_);
      if (left >= left_) left -= left_;
      right += round_value(left, round_keys_[round + 1], right_);
      if (right >= right_) right -= right_;
    }
    i = left * right_ + right;
  } while (i >= n_);
  return i;
}

uint64_t Scatter::inverse(uint64_t i) const {
  do {
    uint64_t left = i / right_, right = i % right_;
    for (size_t round = kRounds; round > 0; round -= 2) {
      const uint64_t of_left = round_value(left, round_keys_[round - 1], right_);
      right = right >= of_left ? right - of_left : right + right_ - of_left;
      const uint64_t of_right = round_value(right, round_keys_[round - 2], left_);
      left = left >= of_right ? left - of_right : left + left_ - of_right;
    }
    i = left * right_ + right;
  } while (i >= n_);
  return i;
}

}  // namespace lsmkit
