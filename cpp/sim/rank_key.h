// Keys of a simulation that has none: a rank in 8 bytes, most significant first, so that bytes are
// in the order of ranks.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lsmkit/rules/merge_keys.h"

namespace lsmkit {

inline std::string key_of_rank(uint64_t rank) {
  std::string key(8, '\0');
  for (size_t i = 0; i < 8; ++i) key[i] = static_cast<char>(rank >> (56 - 8 * i));
  return key;
}

// Requires: `key` came from key_of_rank.
inline uint64_t rank_of_key(std::string_view key) {
  uint64_t rank = 0;
  for (const char c : key) rank = rank << 8 | static_cast<unsigned char>(c);
  return rank;
}

// The first rank that is no longer before it.
inline uint64_t end_rank(const StretchEnd& end) {
  if (!end.key) return UINT64_MAX;
  return rank_of_key(*end.key) + (end.inclusive ? 1 : 0);
}

}  // namespace lsmkit
