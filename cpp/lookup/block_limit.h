// Where data blocks end, and how large they are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "lsmkit/bytes/key.h"

namespace lsmkit {

// What a block has room for.
struct BlockLimit {
  uint64_t block_bytes = 4096;  // before compression
  uint32_t restart_interval = 16;
};

// How many entries of such sizes a block takes.
size_t entries_per_block(size_t key_bytes, size_t value_bytes, const BlockLimit& limit);

// An entry without its value's bytes.
struct BlockEntry {
  std::string_view key;
  size_t value_bytes = 0;
  Seqno seqno = 0;
  Kind kind = Kind::kPut;
};

// The raw bytes that a block of these entries takes, as BlockBuilder (sst) writes it.
uint64_t raw_block_bytes(std::span<const BlockEntry> entries, uint32_t restart_interval);

}  // namespace lsmkit
