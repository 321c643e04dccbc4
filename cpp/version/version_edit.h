// A change from one Version to the next, and its encoding in the MANIFEST (FORMAT.md).
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lsmkit/version/run.h"
#include "lsmkit/version/table_meta.h"

namespace lsmkit {

inline constexpr unsigned kMaxLevels = 16;

// Why an edit was made.
enum class EditReason : uint8_t {
  kNone = 0,
  kOpen = 1,           // a fresh MANIFEST
  kFlush = 2,          // a memtable became a table
  kRecoveryFlush = 3,  // replayed logs became tables
  kL0ToBase = 4,       // too many or too heavy runs in L0
  kIntraL0 = 5,        // runs of L0 merged among themselves, the base level being busy
  kLevelFull = 6,      // a level above its target
  kManual = 7,         // compact_range
  kLevelDrain = 8,     // a level that dynamic targets no longer need
  kSpaceAmp = 9,       // too much stands above the last level
  kSizeRatio = 10,     // tiered: runs of about one weight
  kRunCount = 11,      // tiered: more runs than readers should meet
  kTierFull = 12,      // lazy_leveled: as many runs as a tier gathers
  kGather = 13,        // several runs in a level that should be one, left by another layout
  kFifoWeight = 14,    // fifo: the oldest tables, dropped for room
  kFifoAge = 15,       // fifo: the oldest tables, dropped for their age
  kTombstones = 16,    // tombstones that hide more than it costs to carry them down
  kElision = 17,       // tombstones and old versions in the last level that nobody can see any more
  kCustom = 18,        // chosen by one's own planner
  kTwoLevels = 19,     // a level above its target and the next, both into the one after
};
std::string_view name_of(EditReason reason);  // "flush", "level full", ...

struct AddedTable {
  uint32_t level = 0;
  RunId run = 0;
  TableRef table;
};

struct RemovedTable {
  uint32_t level = 0;
  RunId run = 0;
  TableNumber number{};
  std::string smallest_key;  // finds the table in its run
};

// What has been counted since the database was created; never falls.
struct Counters {
  uint64_t user_key_bytes = 0;  // keys and values put or deleted
  uint64_t user_value_bytes = 0;
  uint64_t user_weight = 0;
  uint64_t puts = 0;
  uint64_t deletes = 0;
  uint64_t log_bytes = 0;
  uint64_t flush_count = 0;
  uint64_t flush_file_bytes = 0;
  uint64_t flush_weight = 0;
  uint64_t compaction_count = 0;
  uint64_t compaction_read_file_bytes = 0;
  uint64_t compaction_written_file_bytes = 0;
  uint64_t compaction_read_weight = 0;
  uint64_t compaction_written_weight = 0;
  uint64_t compaction_dropped_entries = 0;
  uint64_t trivial_move_count = 0;
  uint64_t stall_us = 0;
  bool operator==(const Counters&) const = default;
};
// In the order in which they are stored. More counters come as a field of their own.
inline constexpr std::array<uint64_t Counters::*, 17> kCounterFields = {
    &Counters::user_key_bytes,
    &Counters::user_value_bytes,
    &Counters::user_weight,
    &Counters::puts,
    &Counters::deletes,
    &Counters::log_bytes,
    &Counters::flush_count,
    &Counters::flush_file_bytes,
    &Counters::flush_weight,
    &Counters::compaction_count,
    &Counters::compaction_read_file_bytes,
    &Counters::compaction_written_file_bytes,
    &Counters::compaction_read_weight,
    &Counters::compaction_written_weight,
    &Counters::compaction_dropped_entries,
    &Counters::trivial_move_count,
    &Counters::stall_us,
};
static_assert(sizeof(Counters) == kCounterFields.size() * sizeof(uint64_t));

// Fields that are absent change nothing.
struct VersionEdit {
  EditReason reason = EditReason::kNone;
  std::optional<JobNumber> job;
  double score = 0;
  std::vector<RemovedTable> removed;
  std::vector<AddedTable> added;
  std::map<uint32_t, std::string> cursors;  // by level
  std::optional<Seqno> last_seqno;
  std::optional<JobNumber> next_job;
  std::optional<LogNumber> next_log;
  std::optional<LogNumber> oldest_log;  // older logs are needed no more
  std::optional<Seqno> flushed_seqno;   // everything up to here is in tables
  std::optional<Seqno> history_floor;
  std::optional<Counters> counters;
  std::optional<std::string> options;      // as text
  std::optional<std::string> typed_codec;  // of db.typed(...)
  UnknownFields unknown;
};

// The bytes of FORMAT.md. Decoding throws DecodeError (damage) or NotSupported (an odd tag that
// this build doesn't know).
void encode(const VersionEdit& edit, std::string& out);
VersionEdit decode_version_edit(std::string_view bytes);

}  // namespace lsmkit
