// The records of a log, put together from its chunks, up to where its history ends.
#pragma once

#include <optional>
#include <string>

#include "lsmkit/log/chunk_reader.h"
#include "lsmkit/log/log_replay.h"
#include "lsmkit/log/log_seal.h"

namespace lsmkit {

// Why reading stopped.
struct HistoryStop {
  LogPosition at;               // all before it was read
  std::string why;              // the damage that stands there; empty: zeros, the end, or a seal
  std::optional<LogSeal> seal;  // the log ends here in good order
};

class LogHistory {
 public:
  LogHistory(const RecordSink& sink, ReplayReport& report) : sink_(sink), report_(report) {}

  // Reads on from where `reader` stands. May be called again, with a reader that starts where the
  // last call stopped. Throws NotSupported for a seal of a newer lsmkit.
  HistoryStop read(ChunkReader& reader, LogNumber log);

  // Whether the last record read began and did not end.
  bool inside_record() const { return inside_record_; }

 private:
  const char* take(const ChunkView& chunk, LogNumber log);
  void deliver(std::string_view record, LogPosition begin, uint64_t end);

  const RecordSink& sink_;
  ReplayReport& report_;
  std::string record_;  // what has been read of a record in fragments
  bool inside_record_ = false;
  LogPosition record_begin_;
};

}  // namespace lsmkit
