// Reads records back, and finds where history ends: the one rule of FORMAT.md, "The chain".
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lsmkit/log/log_format.h"
#include "lsmkit/vfs/file_system.h"

namespace lsmkit {

struct ReplayReport {
  uint64_t records = 0;
  uint64_t payload_bytes = 0;
  uint64_t dropped_bytes = 0;   // past the end of history, zeros at the ends of files not counted
  std::string torn_tail;        // file, offset, why; empty if history ended cleanly
  std::vector<LogNumber> logs;  // that history runs through
  LogPosition end;              // of the last record, seal or header of history
  LogPosition synced;           // the largest position that a chunk says was synced
  std::optional<Seqno> sealed_last_seqno;  // of the last seal of history
  bool sealed = false;  // history ends with a seal; of a chain: the database was closed
};

// Takes one record and where it begins. The bytes are valid during the call.
using RecordSink = std::function<void(std::string_view record, LogPosition begin)>;

// Replays the chain of WALs in `dir` that starts at `oldest`, in order. `present` are the numbers
// of the logs that stand there; those below `oldest` are ignored.
//
// Throws CorruptionError for damage that no crash leaves behind, NotSupported for logs of a newer
// lsmkit, IoError if reading fails; `sink` may have been given records by then. Memory: one block
// and one record. Another process may go on appending meanwhile.
ReplayReport replay_chain(FileSystem& files, const std::string& dir, std::vector<LogNumber> present,
                          LogNumber oldest, uint64_t database_id, const RecordSink& sink);

// The same for one file alone; follows no seal. `database_id`: any if not given.
ReplayReport replay_file(FileSystem& files, const std::string& path, LogKind kind,
                         std::optional<uint64_t> database_id, const RecordSink& sink);

}  // namespace lsmkit
