// Opening a directory: what stands there becomes a state to go on from.
//
// A file is written by one process life only, so every open
//   1. reads the MANIFEST,
//   2. replays the logs and flushes what it replayed into synced L0 tables,
//   3. makes a new log, and a new MANIFEST that names it,
//   4. deletes what nobody names any more.
// Nothing is acknowledged before that. A failed open removes what it made. An old log is never
// synced again or trusted to have been: a second sync after a failed one returns success with the
// data gone.
//
// Nothing is deleted before step 3 is durable. What was read may have stood in the page cache
// alone: the process was killed between an edit's write and its sync, and a power loss now takes
// the edit, but not back what was deleted on its word. On a full disk, a new MANIFEST of what was
// read is made durable first, then tables that it does not name make room for step 2.
//
// A read-only open reads the MANIFEST, opens what it names, replays the logs into memory, and
// leaves all as it is. A writer may go on meanwhile: what it removes is open already, or the
// read-only open starts over (engine_open.cc).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "lsmkit/db/db.h"
#include "lsmkit/db/holding_file_system.h"
#include "lsmkit/log/log_writer.h"
#include "lsmkit/manifest/manifest.h"
#include "lsmkit/memtable/memtable.h"

namespace lsmkit {

struct Recovered {
  uint64_t database_id = 0;
  Options options;
  ManifestState state;
  std::unique_ptr<Manifest> manifest;                // null if read-only
  std::unique_ptr<LogWriter> log;                    // null if read-only
  std::vector<std::shared_ptr<Memtable>> memtables;  // read-only: what the logs hold, newest first
  std::vector<uint64_t> event_files;
  OpenReport report;
};

// Requires: the directory's lock is held.
Recovered recover(const OpenRequest& request);

// For a read-only request: as soon as the MANIFEST is read, `files` (which are also the request's)
// hold the logs and tables that it names, but for tables that the caller `has` open.
Recovered look(const OpenRequest& request, HoldingFileSystem& files,
               const std::function<bool(TableNumber)>& has);

// The options that `request` asks for on top of `stored` (null: a new database).
Options resolve_options(const OpenRequest& request, const std::string* stored);

}  // namespace lsmkit
