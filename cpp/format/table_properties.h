// What a table says of itself, in a block of its own: tag-length-value, odd tags must be
// understood, even ones may be skipped.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lsmkit/bytes/key.h"

namespace lsmkit {

struct TableProperties {
  uint64_t entry_count = 0;
  uint64_t tombstone_count = 0;
  uint64_t weight = 0;
  uint64_t key_bytes = 0;
  uint64_t value_bytes = 0;
  uint64_t raw_block_bytes = 0;  // of the largest data block, before compression
  uint64_t data_bytes = 0;       // of all data blocks as stored, trailers included
  Seqno smallest_seqno = 0;
  Seqno largest_seqno = 0;
  std::string smallest_key;
  std::string largest_key;
  uint64_t created_us = 0;
  uint64_t database_id = 0;
  uint32_t block_bytes = 0;  // options that shaped it
  uint32_t restart_interval = 0;
  double filter_bits_per_key = 0;
};

std::string encode(const TableProperties& properties);
TableProperties decode_table_properties(
    std::string_view bytes);  // throws DecodeError, NotSupported

}  // namespace lsmkit
