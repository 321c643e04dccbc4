// A random order of 0 .. n-1 that takes no memory: a bijection, computed for one number at a time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace lsmkit {

// A Feistel network over pairs (left, right) of mixed radix, whose product is hardly above n; what
// comes out at n or above goes in again (Black and Rogaway 2002, cycle walking).
class Scatter {
 public:
  Scatter() : Scatter(1, 0) {}
  // Requires: 0 < n <= 2^62.
  Scatter(uint64_t n, uint64_t seed);

  // Requires: i < n.
  uint64_t operator()(uint64_t i) const;
  uint64_t inverse(uint64_t i) const;

 private:
  static constexpr size_t kRounds = 6;

  uint64_t n_;
  uint64_t left_;   // radix of the left half
  uint64_t right_;  // and of the right one
  std::array<uint64_t, kRounds> round_keys_;
};

}  // namespace lsmkit
