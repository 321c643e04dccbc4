#include "lsmkit/format/table_properties.h"

#include <cmath>
#include <string>

#include "lsmkit/bytes/coding.h"
#include "lsmkit/bytes/error.h"

namespace lsmkit {
namespace {

enum Tag : uint64_t {
  kEntryCount = 1,
  kWeight = 3,
  kSmallestKey = 5,
  kLargestKey = 7,
  kLargestRawBlock = 9,
  kTombstoneCount = 2,
  kKeyBytes = 4,
  kValueBytes = 6,
  kSmallestSeqno = 8,
  kLargestSeqno = 10,
  kCreatedUs = 12,
  kDatabaseId = 14,
  kBlockBytes = 16,
  kRestartInterval = 18,
  kFilterMillibitsPerKey = 20,
  kDataBytes = 22,
};

void put_number(std::string& out, Tag tag, uint64_t value) {
  put_varint(out, tag);
  put_varint(out, varint_bytes(value));
  put_varint(out, value);
}

void put_text(std::string& out, Tag tag, std::string_view value) {
  put_varint(out, tag);
  put_length_prefixed(out, value);
}

uint64_t number(std::string_view value) {
  Decoder d(value);
  const uint64_t n = d.take_varint();
  if (!d.empty()) throw DecodeError("a property with bytes left over");
  return n;
}

}  // namespace

std::string encode(const TableProperties& p) {
  std::string out;
  put_number(out, kEntryCount, p.entry_count);
  put_number(out, kTombstoneCount, p.tombstone_count);
  put_number(out, kWeight, p.weight);
  put_number(out, kKeyBytes, p.key_bytes);
  put_number(out, kValueBytes, p.value_bytes);
  put_number(out, kLargestRawBlock, p.raw_block_bytes);
  put_number(out, kDataBytes, p.data_bytes);
  put_number(out, kSmallestSeqno, p.smallest_seqno);
  put_number(out, kLargestSeqno, p.largest_seqno);
  put_text(out, kSmallestKey, p.smallest_key);
  put_text(out, kLargestKey, p.largest_key);
  put_number(out, kCreatedUs, p.created_us);
  put_number(out, kDatabaseId, p.database_id);
  put_number(out, kBlockBytes, p.block_bytes);
  put_number(out, kRestartInterval, p.restart_interval);
  put_number(out, kFilterMillibitsPerKey,
             static_cast<uint64_t>(std::llround(p.filter_bits_per_key * 1000)));
  return out;
}

TableProperties decode_table_properties(std::string_view bytes) {
  TableProperties p;
  Decoder d(bytes);
  while (!d.empty()) {
    const uint64_t tag = d.take_varint();
    const std::string_view value = d.take_length_prefixed();
    switch (tag) {
      case kEntryCount:
        p.entry_count = number(value);
        break;
      case kTombstoneCount:
        p.tombstone_count = number(value);
        break;
      case kWeight:
        p.weight = number(value);
        break;
      case kKeyBytes:
        p.key_bytes = number(value);
        break;
      case kValueBytes:
        p.value_bytes = number(value);
        break;
      case kLargestRawBlock:
        p.raw_block_bytes = number(value);
        break;
      case kDataBytes:
        p.data_bytes = number(value);
        break;
      case kSmallestSeqno:
        p.smallest_seqno = number(value);
        break;
      case kLargestSeqno:
        p.largest_seqno = number(value);
        break;
      case kSmallestKey:
        p.smallest_key = value;
        break;
      case kLargestKey:
        p.largest_key = value;
        break;
      case kCreatedUs:
        p.created_us = number(value);
        break;
      case kDatabaseId:
        p.database_id = number(value);
        break;
      case kBlockBytes:
        p.block_bytes = static_cast<uint32_t>(number(value));
        break;
      case kRestartInterval:
        p.restart_interval = static_cast<uint32_t>(number(value));
        break;
      case kFilterMillibitsPerKey:
        p.filter_bits_per_key = static_cast<double>(number(value)) / 1000;
        break;
      default:
        if (tag % 2 == 1) {
          throw NotSupported("a table with property " + std::to_string(tag) +
                             " was written by a newer lsmkit");
        }
    }
  }
  return p;
}

}  // namespace lsmkit
