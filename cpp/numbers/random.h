// Random numbers that are the same on every machine: xoshiro256++ (Blackman and Vigna 2018) seeded
// by splitmix64, and draws that need no state at all.
//
// Each stochastic part of a run has its own stream of the same seed, so that a part that draws more
// or less than before changes nothing but itself.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace lsmkit {

// The next state's hash; a bijection of the state (Steele, Lea and Flood 2014, splitmix64).
constexpr uint64_t splitmix64(uint64_t& state) {
  uint64_t z = state += 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

// The number of the stream of that name (FNV-1a).
constexpr uint64_t stream_number(std::string_view name) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

// The `counter`-th number of a stream, without those before it: for whoever must stay pure.
constexpr uint64_t drawn_at(uint64_t seed, uint64_t stream, uint64_t counter) {
  uint64_t state = seed;
  state = splitmix64(state) ^ stream;
  state = splitmix64(state) ^ counter;
  return splitmix64(state);
}

// 53 bits as a number in [0, 1); every step of it is exact.
constexpr double unit_of(uint64_t bits) {
  return static_cast<double>(bits >> 11) * 0x1p-53;
}

class Random {
 public:
  explicit Random(uint64_t seed, uint64_t stream = 0) {
    uint64_t state = seed;
    state = splitmix64(state) ^ stream;
    for (uint64_t& word : state_) word = splitmix64(state);
  }
  Random(uint64_t seed, std::string_view stream) : Random(seed, stream_number(stream)) {}

  uint64_t next() {
    const uint64_t result = rotated(state_[0] + state_[3], 23) + state_[0];
    const uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = rotated(state_[3], 45);
    return result;
  }

  // In [0, 1).
  double unit() { return unit_of(next()); }
  // In (0, 1]: what a logarithm can take.
  double unit_above_zero() { return static_cast<double>((next() >> 11) + 1) * 0x1p-53; }

  // Each number below `n` equally likely (Lemire 2019). Requires: n > 0.
  uint64_t below(uint64_t n) {
    Wide product = static_cast<Wide>(next()) * n;
    if (static_cast<uint64_t>(product) < n) [[unlikely]] {
      const uint64_t least = (0 - n) % n;
      while (static_cast<uint64_t>(product) < least) product = static_cast<Wide>(next()) * n;
    }
    return static_cast<uint64_t>(product >> 64);
  }

  bool operator==(const Random&) const = default;

 private:
  __extension__ using Wide = unsigned __int128;
  static constexpr uint64_t rotated(uint64_t x, int by) { return (x << by) | (x >> (64 - by)); }

  std::array<uint64_t, 4> state_;
};

}  // namespace lsmkit
