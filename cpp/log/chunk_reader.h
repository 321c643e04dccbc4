// Walks the chunks of one log file: forwards as long as they are valid, and past damage to the next
// valid one. Memory: one block. Nothing that the file says is believed before its CRC matches.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "lsmkit/log/log_format.h"
#include "lsmkit/vfs/file_system.h"

namespace lsmkit {

// What stands at an offset.
enum class ChunkState : uint8_t {
  kValid,
  kZeros,   // no chunk was written here
  kCutOff,  // the block or the file ends inside the chunk
  kBadChecksum,
  kUnknownType,
  kBadSynced,  // claims a synced position that can't have been known
  kBadTail,    // bytes that are not zero where a block's tail is too short for a chunk
};
std::string_view name_of(ChunkState state);

struct ChunkView {
  uint64_t offset = 0;
  ChunkState state = ChunkState::kZeros;
  ChunkType type{};
  uint16_t length = 0;
  uint32_t crc_found = 0;
  uint32_t crc_due = 0;      // computed unless the chunk is cut off
  LogPosition synced;        // {}: none known
  std::string_view payload;  // valid until the reader moves
  uint64_t end() const { return offset + kChunkHeaderBytes + length; }
};

// Why `chunk` is no valid one, with what was found and what was due.
std::string describe_damage(const ChunkView& chunk);

class ChunkReader {
 public:
  // Starts at `offset`, where a chunk is due. Takes the file's size once and never reads past it,
  // so the file may grow meanwhile. Requires: `file` lives longer.
  ChunkReader(const ReadFile& file, uint64_t database_id, LogNumber number,
              uint64_t offset = kLogHeaderBytes);

  // Moves to the next chunk. False if none that is valid stands at offset(): chunk() tells what
  // does, unless at_end().
  bool next();
  const ChunkView& chunk() const { return chunk_; }
  uint64_t offset() const { return offset_; }  // where the next chunk is due

  // Whether all from offset() on is zero or missing.
  bool at_end() const { return offset_ >= data_end_; }
  // The end of the last byte that is not zero, when the reader was made.
  uint64_t data_end() const { return data_end_; }

  // After next() gave false: finds the next valid chunk in what follows, for next() to take. False
  // if there is none.
  bool skip_damage();

 private:
  uint64_t find_data_end();
  void load_block(uint64_t offset);
  ChunkView inspect(uint64_t offset) const;
  bool may_be_chunk(uint64_t offset) const;
  bool try_chunk(uint64_t offset);

  const ReadFile& file_;
  const LogNumber number_;
  const ChunkChecksum checksum_;
  const std::unique_ptr<char[]> buffer_;
  std::string_view block_;  // what the file holds of the block at block_offset_
  uint64_t block_offset_ = 0;
  const uint64_t size_;
  uint64_t data_end_ = 0;
  uint64_t offset_;
  uint64_t trial_bytes_left_;
  ChunkView chunk_;
};

}  // namespace lsmkit
