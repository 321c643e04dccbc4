// A 64-bit hash of a key, for filters and caches. Stored in filter blocks, so it never changes.
#pragma once

#include <cstdint>
#include <string_view>

namespace lsmkit {

uint64_t hash_bytes(std::string_view bytes);

// Spreads the bits of a number (a bijection).
constexpr uint64_t mix64(uint64_t x) {
  x ^= x >> 32;
  x *= 0xd6e8feb86659fd93;
  x ^= x >> 32;
  x *= 0xd6e8feb86659fd93;
  x ^= x >> 32;
  return x;
}

}  // namespace lsmkit
