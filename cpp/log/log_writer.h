// Appends records to a new log. FORMAT.md has the layout.
//
// One thread appends (allocate, append, seal, size); sync() and prepare() may run beside it in
// other threads. After a throw from append, seal or sync nothing more may be promised about this
// log: the caller stops writing to it. A throw from allocate leaves everything as it was.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "lsmkit/log/log_format.h"
#include "lsmkit/vfs/file_system.h"

namespace lsmkit {

class LogWriter {
 public:
  // Creates the file, which must not exist, and writes its header.
  // Requires of the caller: sync() and the directory's sync before the first append. A record must
  // never outlive the header and the name of its log.
  static std::unique_ptr<LogWriter> create(FileSystem& files, const std::string& path,
                                           const LogIdentity& identity, uint64_t expected_bytes);

  // Makes sure that a record of `payload_bytes` can be stored, and a seal after it. Throws
  // IoError(ENOSPC), or InvalidArgument for a record that no log can hold, and changes nothing.
  void allocate(uint64_t payload_bytes);

  // Appends one record, given in pieces so that nobody has to copy them together first. Allocates
  // no memory. Returns where the record ends. `known_synced` is what the caller knows to be
  // durable, this log or an older one; {} if nothing. Requires: allocate() was called for it.
  uint64_t append(std::span<const std::string_view> pieces, LogPosition known_synced);

  // Ends the log; nothing can be appended afterwards. Successor 0: the database is being closed.
  void seal(LogNumber successor, Seqno last_seqno, LogPosition known_synced);

  uint64_t size() const { return end_; }
  LogPosition position() const { return {identity_.number, end_}; }
  const LogIdentity& identity() const { return identity_; }
  const std::string& path() const { return file_->path(); }

  // Returns once everything appended before the call is durable.
  void sync() { file_->sync(); }
  // Does ahead of time what makes the next `bytes` of appends slow.
  void prepare(uint64_t bytes) { file_->prepare(bytes); }
  void close() { file_->close(); }

 private:
  LogWriter(std::unique_ptr<AppendFile> file, const LogIdentity& identity);

  uint64_t append_in_fragments(std::span<const std::string_view> pieces, uint64_t payload_bytes,
                               const ChunkHeader& synced);
  ChunkHeader synced_header(LogPosition known) const;
  void finish_chunk(char* chunk, uint64_t offset, ChunkType type, size_t payload_bytes,
                    ChunkHeader header) const;

  const std::unique_ptr<AppendFile> file_;
  const LogIdentity identity_;
  const ChunkChecksum checksum_;
  uint64_t end_ = 0;    // of the last whole record
  bool usable_ = true;  // false: sealed, or an append failed half-way and the tail is unknown
};

}  // namespace lsmkit
