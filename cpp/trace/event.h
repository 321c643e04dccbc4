// What happened, when and why: the rows behind `lsmkit log`, plots and the player. Engine and
// simulator write the same.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lsmkit/version/version.h"

namespace lsmkit {

enum class EventKind : uint8_t {
  kKeyframe = 1,  // all tables and counters as they stand; opens each EVENTS file
  kOpen = 2,
  kClose = 3,
  kSeal = 4,  // a memtable takes no more
  kFlush = 5,
  kCompaction = 6,
  kTrivialMove = 7,
  kStallBegin = 8,
  kStallEnd = 9,  // duration_us: how long
  kSyncError = 10,
  kJobError = 11,  // a flush or compaction failed and will be tried again
  kOptions = 12,
};
std::string_view name_of(EventKind kind);

// A table (or, in the layered store, a layer) as a rectangle of keys x seqnos.
struct Rectangle {
  enum class Kind : uint8_t { kTable = 0, kDelta = 1, kImage = 2 };
  uint64_t number = 0;
  Kind kind = Kind::kTable;
  uint32_t level = 0;
  RunId run = 0;
  std::string smallest_key;  // inclusive
  std::string largest_key;
  Seqno smallest_seqno = 0;
  Seqno largest_seqno = 0;
  uint64_t weight = 0;
  uint64_t file_bytes = 0;
  uint64_t entry_count = 0;
  uint64_t tombstone_count = 0;
  bool operator==(const Rectangle&) const = default;
};
Rectangle rectangle_of(uint32_t level, RunId run, const TableMeta& table);

struct Event {
  EventKind kind = EventKind::kOpen;
  uint64_t number = 0;   // counts events of the database; set by whoever writes the log
  uint64_t time_us = 0;  // monotonic since the process began; virtual in a simulation
  uint64_t wall_us = 0;  // since 1970
  JobNumber job{};
  EditReason reason = EditReason::kNone;
  double score = 0;
  uint32_t input_level = 0;  // the topmost
  uint32_t output_level = 0;
  std::vector<Rectangle> removed;
  std::vector<Rectangle> added;
  uint64_t read_bytes = 0;  // file bytes
  uint64_t written_bytes = 0;
  uint64_t read_weight = 0;
  uint64_t written_weight = 0;
  uint64_t in_entries = 0;
  uint64_t out_entries = 0;
  uint64_t dropped_entries = 0;
  uint64_t duration_us = 0;
  Seqno last_seqno = 0;
  std::optional<Counters> counters;
  std::string text;  // in words: why, or what went wrong
  UnknownFields unknown;
  bool operator==(const Event&) const = default;
};

// Fills kind, job, reason, score, levels, rectangles, and the weights and bytes of tables that were
// read and written, from an edit and the version before it.
Event event_of(const VersionEdit& edit, const Version& before);
Event keyframe_of(const Version& version, const Counters& counters);

// Tag-length-value as in version/FORMAT.md; the tags stand in event_coding.cc. Decoding throws
// DecodeError or NotSupported.
void encode(const Event& event, std::string& out);
Event decode_event(std::string_view bytes);

// One line for people, without a newline.
std::string to_line(const Event& event);

}  // namespace lsmkit
