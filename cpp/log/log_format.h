// How a log is laid out: what the writer and the reader share. FORMAT.md tells it in full.
#pragma once

#include <compare>
#include <cstdint>
#include <string_view>

#include "lsmkit/bytes/coding.h"
#include "lsmkit/bytes/crc32c.h"
#include "lsmkit/bytes/key.h"

namespace lsmkit {

// A place in a chain of logs; everything before it is meant. The default stands before everything.
struct LogPosition {
  LogNumber log{};
  uint64_t offset = 0;
  auto operator<=>(const LogPosition&) const = default;
};

enum class LogKind : uint8_t { kWal = 1, kManifest = 2, kEvents = 3 };

// Who a log is. Logs are numbered from 1; predecessor 0 means none.
struct LogIdentity {
  uint64_t database_id = 0;
  LogNumber number{};
  LogNumber predecessor{};
  LogKind kind = LogKind::kWal;
  bool operator==(const LogIdentity&) const = default;
};

inline constexpr size_t kLogBlockBytes = 32 << 10;
inline constexpr size_t kLogHeaderBytes = 64;
inline constexpr size_t kChunkHeaderBytes = 13;
inline constexpr uint64_t kMaxLogBytes = uint64_t{1}
                                         << 40;  // what a chunk's synced offset can hold
inline constexpr uint64_t kMaxRecordBytes = kMaxBatchBytes + (1 << 20);

constexpr size_t left_in_block(uint64_t offset) {
  return kLogBlockBytes - static_cast<size_t>(offset % kLogBlockBytes);
}

enum class ChunkType : uint8_t { kFull = 1, kFirst, kMiddle, kLast, kSeal, kPad };
inline constexpr uint8_t kLastChunkType = 6;

struct ChunkHeader {
  uint16_t length = 0;
  uint8_t type = 0;
  uint8_t synced_logs_back = 0;
  uint64_t synced_offset = 0;  // 40 bits
};
inline constexpr uint8_t kNoSyncedLog = 255;

// Fills the bytes after the CRC.
inline void store_chunk_header(char* chunk, const ChunkHeader& h) {
  store_fixed<uint64_t>(chunk + 4, h.length | uint64_t{h.type} << 16 |
                                       uint64_t{h.synced_logs_back} << 24 | h.synced_offset << 32);
  chunk[12] = static_cast<char>(h.synced_offset >> 32);
}

inline ChunkHeader load_chunk_header(const char* chunk) {
  const auto bits = load_fixed<uint64_t>(chunk + 4);
  return {static_cast<uint16_t>(bits), static_cast<uint8_t>(bits >> 16),
          static_cast<uint8_t>(bits >> 24),
          bits >> 32 | uint64_t{static_cast<uint8_t>(chunk[12])} << 32};
}

// The CRC of chunks of one log. It starts from the log's identity and goes on with the chunk's
// offset, so that bytes of another database, log or place never validate.
class ChunkChecksum {
 public:
  ChunkChecksum(uint64_t database_id, LogNumber number) {
    char identity[16];
    store_fixed(identity, database_id);
    store_fixed(identity + 8, static_cast<uint64_t>(number));
    seed_ = crc32c({identity, sizeof identity});
  }

  // Of the chunk of `bytes` bytes, its CRC field skipped, that stands at `offset`.
  uint32_t of(const char* chunk, size_t bytes, uint64_t offset) const {
    char place[8];
    store_fixed(place, offset);
    return crc32c_extend(crc32c_extend(seed_, {place, sizeof place}), {chunk + 4, bytes - 4});
  }

 private:
  uint32_t seed_;
};

}  // namespace lsmkit
