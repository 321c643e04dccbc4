#include "lsmkit/log/log_writer.h"

#include <algorithm>
#include <cassert>
#include <cstring>

#include "lsmkit/log/log_header.h"
#include "lsmkit/log/log_seal.h"

namespace lsmkit {
namespace {

constexpr size_t kBlockPayloadBytes = kLogBlockBytes - kChunkHeaderBytes;

// More than any seal takes, with the padding before it.
constexpr uint64_t kSealRoomBytes = 256;

// What a record takes in a log that ends at `end`: its payload, headers, and the unused tail of the
// block it starts in.
uint64_t framed_bytes(uint64_t end, uint64_t payload_bytes) {
  uint64_t framed = 0;
  size_t left = left_in_block(end);
  if (left < kChunkHeaderBytes) {
    framed = left;
    left = kLogBlockBytes;
  }
  if (payload_bytes <= left - kChunkHeaderBytes) return framed + kChunkHeaderBytes + payload_bytes;
  const uint64_t rest = payload_bytes - (left - kChunkHeaderBytes);
  const uint64_t more_chunks = (rest + kBlockPayloadBytes - 1) / kBlockPayloadBytes;
  return framed + left + rest + more_chunks * kChunkHeaderBytes;
}

ChunkType fragment_type(bool begins, bool ends) {
  if (begins) return ends ? ChunkType::kFull : ChunkType::kFirst;
  return ends ? ChunkType::kLast : ChunkType::kMiddle;
}

// Hands out the pieces of a record in stretches of any length.
class Gather {
 public:
  explicit Gather(std::span<const std::string_view> pieces) : pieces_(pieces) {}

  void copy(char* to, size_t bytes) {
    while (bytes > 0) {
      const std::string_view piece = pieces_.front().substr(taken_);
      const size_t n = std::min(bytes, piece.size());
      if (n > 0) std::memcpy(to, piece.data(), n);
      to += n;
      bytes -= n;
      taken_ += n;
      if (n == piece.size()) {
        pieces_ = pieces_.subspan(1);
        taken_ = 0;
      }
    }
  }

 private:
  std::span<const std::string_view> pieces_;
  size_t taken_ = 0;  // of the front piece
};

}  // namespace

std::unique_ptr<LogWriter> LogWriter::create(FileSystem& files, const std::string& path,
                                             const LogIdentity& identity, uint64_t expected_bytes) {
  ensure(identity.number != LogNumber{0}, "logs are numbered from 1");
  ensure(identity.predecessor < identity.number, "a log's number is above its predecessor's");
  std::unique_ptr<LogWriter> log(
      new LogWriter(files.create(path, AppendMode::kLog, expected_bytes), identity));
  LogFileHeader header;
  header.identity = identity;
  log->file_->allocate(kLogHeaderBytes + kSealRoomBytes);
  log->file_->append(encode(header));
  log->end_ = kLogHeaderBytes;
  return log;
}

LogWriter::LogWriter(std::unique_ptr<AppendFile> file, const LogIdentity& identity)
    : file_(std::move(file)),
      identity_(identity),
      checksum_(identity.database_id, identity.number) {}

void LogWriter::allocate(uint64_t payload_bytes) {
  ensure(payload_bytes <= kMaxRecordBytes, "a log record holds at most 2 GiB");
  const uint64_t bytes = framed_bytes(end_, payload_bytes) + kSealRoomBytes;
  ensure(bytes <= kMaxLogBytes - end_, "a log holds at most 1 TiB");
  file_->allocate(bytes);
}

// The fast path: a record that fits into its block is one reserve, one gather, one CRC over the
// contiguous chunk (its CRC field, not yet known, is skipped; nothing is copied or allocated to get
// there, wish W1.2) and one commit.
uint64_t LogWriter::append(std::span<const std::string_view> pieces, LogPosition known_synced) {
  ensure(usable_, "this log takes no more records: it was sealed, or an append failed");
  uint64_t payload_bytes = 0;
  for (const std::string_view piece : pieces) payload_bytes += piece.size();
  const ChunkHeader synced = synced_header(known_synced);
  const uint64_t bytes = kChunkHeaderBytes + payload_bytes;
  if (bytes > left_in_block(end_)) return append_in_fragments(pieces, payload_bytes, synced);

  char* const chunk = file_->reserve(bytes);
  char* to = chunk + kChunkHeaderBytes;
  for (const std::string_view piece : pieces) {
    if (piece.empty()) continue;
    std::memcpy(to, piece.data(), piece.size());
    to += piece.size();
  }
  finish_chunk(chunk, end_, ChunkType::kFull, payload_bytes, synced);
  usable_ = false;
  file_->commit(bytes);
  usable_ = true;
  return end_ += bytes;
}

uint64_t LogWriter::append_in_fragments(std::span<const std::string_view> pieces,
                                        uint64_t payload_bytes, const ChunkHeader& synced) {
  ensure(payload_bytes <= kMaxRecordBytes, "a log record holds at most 2 GiB");
  static_assert(AppendFile::kMaxReserveBytes % kLogBlockBytes == 0);
  Gather gather(pieces);
  const uint64_t record_end = end_ + framed_bytes(end_, payload_bytes);
  uint64_t at = end_;
  uint64_t left = payload_bytes;
  bool begins = true;  // also if the first fragment has room for no byte of the payload
  while (at < record_end) {
    // As much as one reserve gives, cut at the end of a block.
    const uint64_t stretch_end =
        std::min(record_end, at - at % kLogBlockBytes + uint64_t{AppendFile::kMaxReserveBytes});
    const auto stretch_bytes = static_cast<size_t>(stretch_end - at);
    char* to = file_->reserve(stretch_bytes);
    usable_ = false;
    while (at < stretch_end) {
      const size_t room = left_in_block(at);
      size_t bytes = room;
      if (room < kChunkHeaderBytes) {
        std::memset(to, 0, room);
      } else {
        const auto n = static_cast<size_t>(std::min<uint64_t>(left, room - kChunkHeaderBytes));
        gather.copy(to + kChunkHeaderBytes, n);
        finish_chunk(to, at, fragment_type(begins, left == n), n, synced);
        begins = false;
        left -= n;
        bytes = kChunkHeaderBytes + n;
      }
      to += bytes;
      at += bytes;
    }
    file_->commit(stretch_bytes);
  }
  usable_ = true;
  return end_ = at;
}

void LogWriter::seal(LogNumber successor, Seqno last_seqno, LogPosition known_synced) {
  ensure(usable_, "this log can't be sealed: it was sealed before, or an append failed");
  const ChunkHeader synced = synced_header(known_synced);
  const std::string payload = encode(LogSeal{successor, last_seqno});
  const size_t seal_bytes = kChunkHeaderBytes + payload.size();
  const size_t left = left_in_block(end_);
  const size_t skipped_bytes = seal_bytes > left ? left : 0;  // a seal is never cut in two

  char* const start = file_->reserve(skipped_bytes + seal_bytes);
  std::memset(start, 0, skipped_bytes);
  if (skipped_bytes >= kChunkHeaderBytes)
    finish_chunk(start, end_, ChunkType::kPad, skipped_bytes - kChunkHeaderBytes, synced);
  char* const chunk = start + skipped_bytes;
  std::memcpy(chunk + kChunkHeaderBytes, payload.data(), payload.size());
  finish_chunk(chunk, end_ + skipped_bytes, ChunkType::kSeal, payload.size(), synced);
  usable_ = false;
  file_->commit(skipped_bytes + seal_bytes);
  end_ += skipped_bytes + seal_bytes;
}

// A chunk header with nothing but the synced position.
ChunkHeader LogWriter::synced_header(LogPosition known) const {
  const uint64_t back = static_cast<uint64_t>(identity_.number) - static_cast<uint64_t>(known.log);
  assert(back > 0 || known.offset <= end_);
  ChunkHeader header;
  header.synced_logs_back = kNoSyncedLog;
  if (known.log == LogNumber{0} || back >= kNoSyncedLog) return header;
  header.synced_logs_back = static_cast<uint8_t>(back);
  header.synced_offset = known.offset;
  return header;
}

// Puts the header before a payload that already stands in place.
void LogWriter::finish_chunk(char* chunk, uint64_t offset, ChunkType type, size_t payload_bytes,
                             ChunkHeader header) const {
  header.length = static_cast<uint16_t>(payload_bytes);
  header.type = static_cast<uint8_t>(type);
  store_chunk_header(chunk, header);
  store_fixed(chunk, checksum_.of(chunk, kChunkHeaderBytes + payload_bytes, offset));
}

}  // namespace lsmkit
