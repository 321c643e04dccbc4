#include "lsmkit/log/log_history.h"

#include <algorithm>

namespace lsmkit {
namespace {

// Nullopt if the payload is no seal.
std::optional<LogSeal> seal_of(const ChunkView& chunk) {
  try {
    return decode_log_seal(chunk.payload);
  } catch (const DecodeError&) {
    return std::nullopt;
  }
}

}  // namespace

HistoryStop LogHistory::read(ChunkReader& reader, LogNumber log) {
  while (reader.next()) {
    const ChunkView& chunk = reader.chunk();
    report_.synced = std::max(report_.synced, chunk.synced);
    if (const char* disorder = take(chunk, log)) return {{log, chunk.offset}, disorder, {}};
    if (chunk.type != ChunkType::kSeal) continue;

    const std::optional<LogSeal> seal = seal_of(chunk);
    if (!seal) return {{log, chunk.offset}, "a seal that does not decode", {}};
    if (!reader.at_end()) return {{log, chunk.offset}, "a seal with bytes after it", {}};
    report_.end = {log, chunk.end()};
    report_.sealed_last_seqno = seal->last_seqno;
    return {report_.end, {}, seal};
  }
  const std::string why = reader.at_end() ? std::string() : describe_damage(reader.chunk());
  return {{log, reader.offset()}, why, {}};
}

// Puts the chunk where it belongs. Returns what is wrong with its place, or null.
const char* LogHistory::take(const ChunkView& chunk, LogNumber log) {
  const bool goes_on = chunk.type == ChunkType::kMiddle || chunk.type == ChunkType::kLast;
  if (goes_on && !inside_record_) return "a record goes on that never began";
  if (!goes_on && inside_record_) return "a record never ends";

  switch (chunk.type) {
    case ChunkType::kFull:
      deliver(chunk.payload, {log, chunk.offset}, chunk.end());
      return nullptr;
    case ChunkType::kFirst:
      record_begin_ = {log, chunk.offset};
      record_.assign(chunk.payload);
      inside_record_ = true;
      return nullptr;
    case ChunkType::kMiddle:
    case ChunkType::kLast:
      if (chunk.payload.size() > kMaxRecordBytes - record_.size()) return "a record above 2 GiB";
      record_.append(chunk.payload);
      if (chunk.type == ChunkType::kMiddle) return nullptr;
      inside_record_ = false;
      deliver(record_, record_begin_, chunk.end());
      return nullptr;
    case ChunkType::kSeal:
    case ChunkType::kPad:
      return nullptr;
  }
  return nullptr;
}

void LogHistory::deliver(std::string_view record, LogPosition begin, uint64_t end) {
  sink_(record, begin);
  ++report_.records;
  report_.payload_bytes += record.size();
  report_.end = {begin.log, end};
}

}  // namespace lsmkit
