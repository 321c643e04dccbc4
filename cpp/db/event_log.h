// What happened, for people: flushes, compactions, stalls. Kept in memory and in a few small files
// that grow old and go. Never needed for recovery, written without sync, and a failure to write it
// is no failure of the database.
//
// Each file is a log (floor `log`) of encoded events (trace/event.h) and opens with a keyframe: all
// tables and counters as they stood then. What came after is the keyframe with the events applied.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "lsmkit/log/log_writer.h"
#include "lsmkit/manifest/manifest_state.h"
#include "lsmkit/trace/event.h"
#include "lsmkit/vfs/file_system.h"

namespace lsmkit {

class EventLog {
 public:
  // `existing`: numbers of the event files in `dir`, ascending. A read-only database writes
  // nothing.
  EventLog(FileSystem& files, std::string dir, uint64_t database_id, std::vector<uint64_t> existing,
           bool read_only);

  // Appends, and gives the event its number: one above the last, also that of earlier opens.
  void add(Event event);
  // The same for an event that changes the tree. Goes on in a new file if the present one is full;
  // `before` is what stands without the event.
  void add_change(Event event, const ManifestState& before);
  // Oldest first: what older files still hold, then what happened since the open (the last
  // kMaxKept of it). Only those numbered above `after`.
  std::vector<Event> read(uint64_t after = 0) const;

  // Read-only: the files that stand there now.
  void look_again(std::vector<uint64_t> existing);

  static constexpr size_t kMaxKept = 16'384;
  static constexpr uint64_t kMaxFileBytes = 1 << 20;
  static constexpr size_t kMaxFiles = 8;

 private:
  void begin_file(const ManifestState& state);
  uint64_t last_number_of(uint64_t file) const;
  void append(const Event& event);

  FileSystem& files_;
  const std::string dir_;
  const uint64_t database_id_;
  mutable std::mutex mutex_;
  std::vector<uint64_t> earlier_;      // mutex_; files of earlier opens
  std::vector<uint64_t> numbers_;      // mutex_; all files, ascending
  std::unique_ptr<LogWriter> writer_;  // mutex_
  bool writing_;                       // mutex_
  std::deque<Event> kept_;             // mutex_
  uint64_t next_number_ = 1;           // mutex_; of events
};

}  // namespace lsmkit
