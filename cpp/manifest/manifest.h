// Makes version edits durable and gets them back. The MANIFEST is a log (floor `log`) of edits: the
// first record holds the whole state, each further one changes it. See FORMAT.md.
//
// There is one file of that name. A new one is written beside it, synced, and renamed over the old;
// so a crash leaves either the old or the new, whole.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "lsmkit/log/log_writer.h"
#include "lsmkit/manifest/manifest_state.h"
#include "lsmkit/vfs/file_system.h"

namespace lsmkit {

class Manifest {
 public:
  // Writes a new MANIFEST that holds `state` and puts it in the place of any old one. Throws
  // IoError; then it is not known which of the two will stand after a power loss, and both are good
  // as long as no file is removed.
  static std::unique_ptr<Manifest> create(FileSystem& files, const std::string& dir,
                                          uint64_t database_id, LogNumber number,
                                          const ManifestState& state);

  // Makes `edit` durable. `after` is the state with the edit applied: if the write fails, one new
  // MANIFEST is made from it, so that the edit in doubt is in it for certain. If that fails too,
  // throws DurabilityError: nothing may be removed and nothing more written by this process life.
  void append(const VersionEdit& edit, const ManifestState& after);

  // Makes sure that there is room for `edit`. Throws IoError(ENOSPC), and nothing is changed.
  void prepare(const VersionEdit& edit);

  uint64_t size() const { return writer_->size(); }

 private:
  Manifest(FileSystem& files, std::string dir, uint64_t database_id, LogNumber number);
  std::unique_ptr<LogWriter> write_beside(const ManifestState& state);
  void put_in_place(std::unique_ptr<LogWriter> writer);
  void start_anew(const ManifestState& after, const std::string& why);
  void shrink(const ManifestState& after);
  void append_edit(const VersionEdit& edit);

  FileSystem& files_;
  const std::string dir_;
  const uint64_t database_id_;
  LogNumber number_;
  uint64_t whole_bytes_ = 0;  // its size when it held the whole state alone
  std::unique_ptr<LogWriter> writer_;
};

// What a MANIFEST says.
struct ManifestContents {
  uint64_t database_id = 0;
  LogNumber number{};
  ManifestState state;
  uint64_t edit_count = 0;
  uint64_t end_offset = 0;  // of the last edit
  // Where and why what follows was dropped; empty if the file ended cleanly.
  std::string torn_tail;
};
// Throws CorruptionError, NotSupported for a newer format. Whether a torn last edit may be dropped
// is for the caller to find out: if and only if every table of the state stands with its size, and
// the log chain reaches down to the flushed seqno.
ManifestContents read_manifest(FileSystem& files, const std::string& dir);

}  // namespace lsmkit
