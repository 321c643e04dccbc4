// How a chain is read:
//   1. follow it from the oldest log, seal by seal, handing records over, until history ends;
//   2. survey what follows: does a later chunk say that more had been synced?
//   3. if so, look again (another process may have been writing there); still so: damage;
//   4. else what follows is dropped and reported.
#include "lsmkit/log/log_replay.h"

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <memory>

#include "lsmkit/log/chunk_reader.h"
#include "lsmkit/log/log_header.h"
#include "lsmkit/log/log_history.h"
#include "lsmkit/log/log_name.h"

namespace lsmkit {
namespace {

constexpr LogNumber kNone{0};

// Predecessor 0 means any.
void check_identity(const LogIdentity& found, const LogIdentity& due, const std::string& path) {
  if (found.kind != due.kind)
    throw CorruptionError(path, 0,
                          "it is a log of kind " +
                              std::to_string(static_cast<unsigned>(found.kind)) + ", and kind " +
                              std::to_string(static_cast<unsigned>(due.kind)) + " is due");
  if (found.database_id != due.database_id) {
    char text[96];
    std::snprintf(text, sizeof text,
                  "it belongs to database 0x%016" PRIx64 " and stands in 0x%016" PRIx64,
                  found.database_id, due.database_id);
    throw CorruptionError(path, 0, text);
  }
  if (found.number != due.number) {
    throw CorruptionError(path, 0, "its header says that it is " + log_file_name(found.number));
  }
  if (due.predecessor != kNone && found.predecessor != due.predecessor) {
    throw CorruptionError(path, 0,
                          "it follows " + log_file_name(found.predecessor) + ", and not " +
                              log_file_name(due.predecessor) + ", whose seal names it");
  }
}

// What lies past the end of history.
struct Survey {
  LogPosition synced;  // the largest that a chunk knows
  uint64_t chunk_count = 0;
  uint64_t bytes = 0;
};

// Finds all chunks that can be found from where `reader` stands.
Survey survey(ChunkReader& reader) {
  Survey found;
  found.bytes = reader.at_end() ? 0 : reader.data_end() - reader.offset();
  do {
    while (reader.next()) {
      ++found.chunk_count;
      found.synced = std::max(found.synced, reader.chunk().synced);
    }
  } while (reader.skip_damage());
  return found;
}

class Replay {
 public:
  Replay(FileSystem& files, LogKind kind, uint64_t database_id, const RecordSink& sink)
      : files_(files), kind_(kind), database_id_(database_id), history_(sink, report_) {}

  ReplayReport chain(const std::string& dir, std::vector<LogNumber> present, LogNumber oldest);
  ReplayReport file(const std::string& path, LogNumber number);

 private:
  std::string path_of(LogNumber log) const;
  bool present(LogNumber log) const;
  std::optional<LogSeal> read_log(LogNumber log, LogNumber predecessor);
  HistoryStop read_part(LogNumber log, LogNumber predecessor, uint64_t begin, Survey& rest);
  LogNumber follow(LogNumber log, const LogSeal& seal);
  Survey survey_log(LogNumber log, LogNumber& predecessor);
  Survey survey_later_logs(LogNumber log);
  void finish(const HistoryStop& stop, const Survey& later);

  FileSystem& files_;
  const LogKind kind_;
  const uint64_t database_id_;
  std::string dir_;                 // of a chain
  std::string file_path_;           // of one file alone
  std::vector<LogNumber> present_;  // sorted, from the oldest on
  ReplayReport report_;
  LogHistory history_;
};

ReplayReport Replay::chain(const std::string& dir, std::vector<LogNumber> present,
                           LogNumber oldest) {
  dir_ = dir;
  std::erase_if(present, [&](LogNumber log) { return log < oldest; });
  std::sort(present.begin(), present.end());
  present_ = std::move(present);
  if (!this->present(oldest)) {
    if (survey_later_logs(oldest).chunk_count > 0)
      throw CorruptionError(path_of(oldest), 0, "the file is missing, and later logs hold records");
    return report_;
  }
  LogNumber log = oldest;
  LogNumber predecessor = kNone;
  while (log != kNone) {
    const std::optional<LogSeal> seal = read_log(log, predecessor);
    predecessor = log;
    log = seal ? follow(log, *seal) : kNone;
  }
  return report_;
}

ReplayReport Replay::file(const std::string& path, LogNumber number) {
  file_path_ = path;
  present_ = {number};
  report_.sealed = read_log(number, kNone).has_value();
  return report_;
}

std::string Replay::path_of(LogNumber log) const {
  return file_path_.empty() ? join_path(dir_, log_file_name(log)) : file_path_;
}

bool Replay::present(LogNumber log) const {
  return std::binary_search(present_.begin(), present_.end(), log);
}

// Hands over the log's records. Returns its seal, or nothing if history ends here.
std::optional<LogSeal> Replay::read_log(LogNumber log, LogNumber predecessor) {
  std::optional<LogPosition> stopped_before;
  for (uint64_t begin = 0;;) {
    Survey rest;
    const HistoryStop stop = read_part(log, predecessor, begin, rest);
    if (stop.seal) return stop.seal;
    const Survey later = survey_later_logs(log);
    report_.synced = std::max({report_.synced, rest.synced, later.synced});

    const bool headless = stop.at.offset == 0;
    if (headless && rest.chunk_count + later.chunk_count > 0)
      throw CorruptionError(path_of(log), 0, "the log header is not valid, and records follow it");
    if (report_.synced <= stop.at) {
      report_.dropped_bytes = later.bytes + rest.bytes;
      finish(stop, later);
      return std::nullopt;
    }
    // Whoever writes this log at the moment may have been in the middle of the chunk where we
    // stopped, and further on by the time we surveyed. Then it is whole now.
    if (stopped_before == stop.at) {
      const std::string why = stop.why.empty() ? "it ends here" : stop.why;
      throw CorruptionError(path_of(log), stop.at.offset,
                            why + "; " + log_file_name(report_.synced.log) + " up to " +
                                std::to_string(report_.synced.offset) +
                                " and all before it had been synced");
    }
    stopped_before = stop.at;
    begin = stop.at.offset;
  }
}

// Reads history on from `begin` (0: from the header on), and surveys the rest of the file if it
// stops before a seal.
HistoryStop Replay::read_part(LogNumber log, LogNumber predecessor, uint64_t begin, Survey& rest) {
  const std::unique_ptr<ReadFile> file = files_.open(path_of(log));
  HistoryStop stop{{log, 0}, {}, {}};
  if (begin == 0) {
    const LogHeaderVerdict verdict = check_log_header(*file);
    if (verdict.header) {
      check_identity(verdict.header->identity, {database_id_, log, predecessor, kind_},
                     file->path());
      report_.logs.push_back(log);
      report_.end = {log, kLogHeaderBytes};
      begin = kLogHeaderBytes;
    }
    stop.why = verdict.why;
  }
  const bool headless = begin == 0;
  ChunkReader reader(*file, database_id_, log, std::max<uint64_t>(begin, kLogHeaderBytes));
  if (!headless) stop = history_.read(reader, log);
  if (stop.seal) return stop;
  const uint64_t kept = headless ? kLogHeaderBytes : report_.end.offset;
  rest = survey(reader);
  rest.bytes = std::max(reader.data_end(), kept) - kept;
  return stop;
}

// The log to go on with, or none.
LogNumber Replay::follow(LogNumber log, const LogSeal& seal) {
  if (seal.successor == kNone) {
    if (survey_later_logs(log).chunk_count > 0)
      throw CorruptionError(path_of(log), report_.end.offset,
                            "its seal says that the database was closed, and later logs hold "
                            "records");
    report_.sealed = true;
    return kNone;
  }
  if (seal.successor <= log)
    throw CorruptionError(path_of(log), report_.end.offset,
                          "its seal names " + log_file_name(seal.successor) + " as successor");
  if (!present(seal.successor)) {
    // Another process may have made it since the directory was listed.
    if (!files_.exists(path_of(seal.successor)))
      throw CorruptionError(path_of(seal.successor), 0,
                            "the file is missing: the seal of " + log_file_name(log) + " names it");
    present_.insert(std::upper_bound(present_.begin(), present_.end(), seal.successor),
                    seal.successor);
  }
  for (const LogNumber skipped : present_) {
    LogNumber predecessor;
    if (skipped > log && skipped < seal.successor &&
        survey_log(skipped, predecessor).chunk_count > 0)
      throw CorruptionError(
          path_of(skipped), 0,
          "it holds records, and the seal of " + log_file_name(log) + " passes it over");
  }
  return seal.successor;
}

// What a log holds that history does not reach, and whom it follows.
Survey Replay::survey_log(LogNumber log, LogNumber& predecessor) {
  const std::unique_ptr<ReadFile> file = files_.open(path_of(log));
  ChunkReader reader(*file, database_id_, log);
  const Survey found = survey(reader);
  // After the chunks: if another process made this log meanwhile, its header came first.
  const LogHeaderVerdict verdict = check_log_header(*file);
  if (verdict.header) {
    check_identity(verdict.header->identity, {database_id_, log, kNone, kind_}, file->path());
    predecessor = verdict.header->identity.predecessor;
  } else if (found.chunk_count > 0) {
    throw CorruptionError(file->path(), 0, "the log header is not valid, and records follow it");
  }
  return found;
}

// All logs after `log`, in which history ends. Each that holds chunks must be linked to it.
Survey Replay::survey_later_logs(LogNumber log) {
  Survey all;
  for (const LogNumber later : present_) {
    if (later <= log) continue;
    LogNumber predecessor{};
    const Survey found = survey_log(later, predecessor);
    all.chunk_count += found.chunk_count;
    all.bytes += found.bytes;
    all.synced = std::max(all.synced, found.synced);
    if (found.chunk_count == 0) continue;
    if (predecessor < log)
      throw CorruptionError(path_of(later), 0,
                            "it holds records and follows " + log_file_name(predecessor) +
                                ", which is not in the chain that leads to " + log_file_name(log));
    if (!present(predecessor))
      throw CorruptionError(path_of(predecessor), 0,
                            "the file is missing: " + log_file_name(later) + " follows it");
  }
  return all;
}

void Replay::finish(const HistoryStop& stop, const Survey& later) {
  std::string why = stop.why;
  if (why.empty() && history_.inside_record()) why = "a record begins that never ends";
  if (why.empty() && later.bytes > 0) {
    why = later.chunk_count > 0 ? "no seal, and later logs hold records"
                                : "no seal, and later logs hold bytes that are no records";
  }
  if (why.empty() && stop.at.offset == 0 && report_.dropped_bytes > 0) {
    why = "the log header is missing, and bytes follow it";
  }
  if (why.empty()) return;
  report_.torn_tail = path_of(stop.at.log) + " at offset " + std::to_string(stop.at.offset) + ": " +
                      why + "; " + std::to_string(report_.dropped_bytes) + " bytes dropped";
}

}  // namespace

ReplayReport replay_chain(FileSystem& files, const std::string& dir, std::vector<LogNumber> present,
                          LogNumber oldest, uint64_t database_id, const RecordSink& sink) {
  return Replay(files, LogKind::kWal, database_id, sink).chain(dir, std::move(present), oldest);
}

ReplayReport replay_file(FileSystem& files, const std::string& path, LogKind kind,
                         std::optional<uint64_t> database_id, const RecordSink& sink) {
  const LogIdentity found = read_log_header(files, path).identity;
  return Replay(files, kind, database_id.value_or(found.database_id), sink)
      .file(path, found.number);
}

}  // namespace lsmkit
