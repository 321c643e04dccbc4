// What compression leaves of a data block, as measured on a sample (twin/measured_codec.h): plain
// numbers, so that whoever counts bytes needs no codec.
#pragma once

#include <algorithm>
#include <cstdint>

namespace lsmkit {

// What a raw block is made of, as far as a codec cares.
struct BlockParts {
  uint64_t entries = 0;
  uint64_t key_bytes = 0;  // own ones, of entries that may share others
  uint64_t value_bytes = 0;
  uint64_t seqno_bits = 0;  // that tell the entries' seqnos apart
  uint64_t raw_bytes = 0;
};

struct StoredBlock {
  double per_block = 0;
  double per_entry = 0;
  double per_key_byte = 0;
  double per_value_byte = 0;
  double per_seqno_bit = 0;

  double operator()(const BlockParts& raw) const {
    const double stored = per_block + per_entry * static_cast<double>(raw.entries) +
                          per_key_byte * static_cast<double>(raw.key_bytes) +
                          per_value_byte * static_cast<double>(raw.value_bytes) +
                          per_seqno_bit * static_cast<double>(raw.seqno_bits);
    return std::max(stored, 1.0);
  }
};

// A block that does not shrink by an eighth stays raw.
inline uint64_t most_stored_bytes(uint64_t raw_bytes) {
  return raw_bytes - raw_bytes / 8;
}
inline uint64_t stored_bytes(const StoredBlock& codec, const BlockParts& raw) {
  const auto stored = static_cast<uint64_t>(codec(raw) + 0.5);
  return stored < most_stored_bytes(raw.raw_bytes) ? stored : raw.raw_bytes;
}

}  // namespace lsmkit
