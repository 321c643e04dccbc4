#include "lsmkit/log/chunk_reader.h"

#include <algorithm>
#include <cstdio>

namespace lsmkit {
namespace {

// How much may be checksummed while looking for chunks at every offset of damaged blocks. Honest
// damage needs a few hundred KiB; a hostile file would make each block cost thousands of blocks.
constexpr uint64_t kMaxTrialBytes = 512 << 20;

bool all_zero(std::string_view bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](char c) { return c == 0; });
}

std::string bad_checksum(const ChunkView& chunk) {
  char text[64];
  std::snprintf(text, sizeof text, "checksum 0x%08x where 0x%08x is due", chunk.crc_found,
                chunk.crc_due);
  return text;
}

}  // namespace

std::string_view name_of(ChunkState state) {
  switch (state) {
    case ChunkState::kValid:
      return "valid";
    case ChunkState::kZeros:
      return "zeros";
    case ChunkState::kCutOff:
      return "cut off";
    case ChunkState::kBadChecksum:
      return "bad checksum";
    case ChunkState::kUnknownType:
      return "unknown type";
    case ChunkState::kBadSynced:
      return "bad synced position";
    case ChunkState::kBadTail:
      return "bad block tail";
  }
  return "?";
}

std::string describe_damage(const ChunkView& chunk) {
  switch (chunk.state) {
    case ChunkState::kValid:
      return {};
    case ChunkState::kZeros:
      return "zeros where a chunk is due, and data after them";
    case ChunkState::kCutOff:
      return "a chunk is cut off";
    case ChunkState::kBadChecksum:
      return bad_checksum(chunk);
    case ChunkState::kUnknownType:
      return "a chunk of unknown type " + std::to_string(static_cast<unsigned>(chunk.type));
    case ChunkState::kBadSynced:
      return "a chunk claims a synced position that can't have been known";
    case ChunkState::kBadTail:
      return "the unused tail of a block is not zero";
  }
  return {};
}

ChunkReader::ChunkReader(const ReadFile& file, uint64_t database_id, LogNumber number,
                         uint64_t offset)
    : file_(file),
      number_(number),
      checksum_(database_id, number),
      buffer_(new char[kLogBlockBytes]),
      size_(std::min(file.size(), kMaxLogBytes)),
      offset_(offset),
      trial_bytes_left_(kMaxTrialBytes) {
  data_end_ = find_data_end();
}

// Space allocated ahead is zero, so the search goes from the end backwards.
uint64_t ChunkReader::find_data_end() {
  for (uint64_t end = size_; end > 0; end = block_offset_) {
    load_block(end - 1);
    const size_t last = block_.find_last_not_of('\0');
    if (last != std::string_view::npos) return block_offset_ + last + 1;
  }
  return 0;
}

void ChunkReader::load_block(uint64_t offset) {
  const uint64_t start = offset - offset % kLogBlockBytes;
  if (start == block_offset_ && !block_.empty()) return;
  block_ = {};
  const auto due = static_cast<size_t>(std::min<uint64_t>(kLogBlockBytes, size_ - start));
  // Fewer bytes come if the file was cut since we took its size: a close trims what is unused.
  const size_t got = file_.read(start, due, buffer_.get());
  block_offset_ = start;
  block_ = {buffer_.get(), got};
}

bool ChunkReader::next() {
  if (left_in_block(offset_) < kChunkHeaderBytes && !at_end()) {
    load_block(offset_);
    const uint64_t from = std::min<uint64_t>(offset_ - block_offset_, block_.size());
    if (!all_zero(block_.substr(static_cast<size_t>(from)))) {
      chunk_ = {};
      chunk_.offset = offset_;
      chunk_.state = ChunkState::kBadTail;
      return false;
    }
    offset_ += left_in_block(offset_);
  }
  if (at_end()) return false;
  load_block(offset_);
  chunk_ = inspect(offset_);
  if (chunk_.state != ChunkState::kValid) return false;
  offset_ = chunk_.end();
  return true;
}

// Requires: the block of `offset` is loaded.
ChunkView ChunkReader::inspect(uint64_t offset) const {
  ChunkView c;
  c.offset = offset;
  const uint64_t at = offset - block_offset_;
  c.state = ChunkState::kCutOff;
  if (at > block_.size() || block_.size() - at < kChunkHeaderBytes) return c;
  const char* const bytes = block_.data() + at;
  const size_t present = block_.size() - static_cast<size_t>(at);
  const ChunkHeader header = load_chunk_header(bytes);
  c.crc_found = load_fixed<uint32_t>(bytes);
  c.type = static_cast<ChunkType>(header.type);
  c.length = header.length;
  if (header.type == 0 && header.length == 0 && c.crc_found == 0) {
    c.state = ChunkState::kZeros;
    return c;
  }
  if (header.length > present - kChunkHeaderBytes) return c;

  c.crc_due = checksum_.of(bytes, kChunkHeaderBytes + header.length, offset);
  c.state = ChunkState::kBadChecksum;
  if (c.crc_found != c.crc_due) return c;
  c.state = ChunkState::kUnknownType;
  if (header.type == 0 || header.type > kLastChunkType) return c;
  c.payload = {bytes + kChunkHeaderBytes, header.length};
  c.state = ChunkState::kValid;
  if (header.synced_logs_back == kNoSyncedLog) return c;

  const auto number = static_cast<uint64_t>(number_);
  const bool known = header.synced_logs_back < number &&
                     (header.synced_logs_back > 0 || header.synced_offset <= offset);
  if (!known) c.state = ChunkState::kBadSynced;
  c.synced = {LogNumber{number - header.synced_logs_back}, header.synced_offset};
  return c;
}

bool ChunkReader::skip_damage() {
  for (uint64_t at = offset_ + 1; at < data_end_; at = block_offset_ + kLogBlockBytes) {
    load_block(at);
    const uint64_t end = block_offset_ + block_.size();
    for (; at < end; ++at) {
      if (may_be_chunk(at) && try_chunk(at)) {
        offset_ = at;
        return true;
      }
    }
  }
  offset_ = std::max(offset_, data_end_);
  return false;
}

// A cheap look that spares most offsets the CRC.
bool ChunkReader::may_be_chunk(uint64_t offset) const {
  const auto at = static_cast<size_t>(offset - block_offset_);
  if (block_.size() - at < kChunkHeaderBytes) return false;
  const char* const bytes = block_.data() + at;
  const auto type = static_cast<uint8_t>(bytes[6]);
  const auto length = load_fixed<uint16_t>(bytes + 4);
  return type >= 1 && type <= kLastChunkType && length <= block_.size() - at - kChunkHeaderBytes;
}

bool ChunkReader::try_chunk(uint64_t offset) {
  const auto at = static_cast<size_t>(offset - block_offset_);
  const uint64_t cost = kChunkHeaderBytes + load_fixed<uint16_t>(block_.data() + at + 4);
  const bool starts_block = at == 0;
  if (!starts_block) {
    trial_bytes_left_ -= std::min(cost, trial_bytes_left_);
    if (trial_bytes_left_ == 0) return false;  // from here on only the starts of blocks
  }
  return inspect(offset).state == ChunkState::kValid;
}

}  // namespace lsmkit
