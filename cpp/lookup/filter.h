// A blocked Bloom filter: says "not here" for most absent keys, never for a key that is here. All
// probes of a key fall into one cache line.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lsmkit/format/filter_size.h"

namespace lsmkit {

// The filter's bytes: probe count u8 | seven bytes of room | lines of 64 bytes. Empty (no filter)
// for 0 bits per key or no keys.
std::string build_filter(const std::vector<uint64_t>& hashes, double bits_per_key);

// Bits of it that are looked at for a key.
unsigned filter_probes(double bits_per_key);

class FilterReader {
 public:
  FilterReader() = default;
  // `bytes` must outlive the reader. Returns false if they are no filter.
  bool open(std::string_view bytes);
  // Requires: `hash` is hash_bytes(key). No filter: true.
  bool may_contain(uint64_t hash) const;
  void prefetch(uint64_t hash) const;

 private:
  const char* line_of(uint64_t hash) const;

  const char* lines_ = nullptr;
  uint64_t line_count_ = 0;
  unsigned probes_ = 0;
};

}  // namespace lsmkit
