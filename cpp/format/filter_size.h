// How large a filter is.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace lsmkit {

inline constexpr size_t kFilterLineBytes = 64;
inline constexpr size_t kFilterHeadBytes = 8;

inline uint64_t filter_line_count(uint64_t key_count, double bits_per_key) {
  const auto bits = static_cast<uint64_t>(static_cast<double>(key_count) * bits_per_key) + 1;
  return std::min<uint64_t>((bits + kFilterLineBytes * 8 - 1) / (kFilterLineBytes * 8), UINT32_MAX);
}

// Trailer aside; 0: there is none.
inline uint64_t filter_bytes(uint64_t key_count, double bits_per_key) {
  if (key_count == 0 || bits_per_key <= 0) return 0;
  return kFilterHeadBytes + filter_line_count(key_count, bits_per_key) * kFilterLineBytes;
}

}  // namespace lsmkit
