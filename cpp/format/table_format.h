// How a table is laid out: what builder and reader share. FORMAT.md tells it in full.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lsmkit/bytes/coding.h"
#include "lsmkit/bytes/crc32c.h"
#include "lsmkit/bytes/key.h"

namespace lsmkit {

inline constexpr std::string_view kTableMagic = "lsmkTBL\n";
inline constexpr uint32_t kTableFormatVersion = 1;
inline constexpr uint64_t kKnownTableFeatures = 0;
inline constexpr size_t kTableHeaderBytes = 64;
inline constexpr size_t kTableFooterBytes = 128;

// After each stored block: codec u8 | raw size u32 | crc32c u32.
inline constexpr size_t kBlockTrailerBytes = 9;
// No block is larger, raw: one entry of the largest key and value, and what stands around it.
inline constexpr uint64_t kMaxRawBlockBytes = kMaxValueBytes + (1 << 20);
// What zstd can make of a byte: four of them may stand for a stretch of 128 KiB.
inline constexpr uint64_t kMostRawPerStoredByte = 32 << 10;
inline constexpr uint64_t kIndexPartitionBytes = 64 << 10;

enum class TableCodec : uint8_t { kNone = 0, kZstd = 1 };

// Where a block stands, its trailer not counted.
struct BlockHandle {
  uint64_t offset = 0;
  uint64_t bytes = 0;
  uint64_t end() const { return offset + bytes + kBlockTrailerBytes; }
};

// The CRC of blocks of one table. It starts from the table's id and the block's offset, so that
// a block of another table or from another place never validates. Not bound to the database:
// linking, ingesting and repairing rewrite nothing.
inline uint32_t block_crc(uint64_t table_id, uint64_t offset, std::string_view stored,
                          std::string_view codec_and_size) {
  char place[16];
  store_fixed(place, table_id);
  store_fixed(place + 8, offset);
  return crc32c_extend(crc32c_extend(crc32c({place, sizeof place}), stored), codec_and_size);
}

// Data block: flags u8 | base seqno varint (unless all are 0) | entries | restart offsets u32 each
// | restart count u32. Offsets count from the start of the block.
inline constexpr uint8_t kBlockSeqnosAreZero = 1;
inline constexpr uint8_t kKnownBlockFlags = 1;

// Entry: shared key bytes varint | own key bytes varint | (value bytes << 4 | kind) varint |
// seqno - base varint (unless all are 0) | own key bytes | value.
inline constexpr unsigned kEntryKindBits = 4;

}  // namespace lsmkit
