// The database: open, write, read, look inside. Start here.
//
// Thread safety: every member of Db may be called from any thread. A DbCursor belongs to one thread
// at a time. Snapshots, cursors and pinned values keep what they need alive, also past close(); a
// cursor or snapshot used after close() throws ClosedError.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lsmkit/db/options.h"
#include "lsmkit/memtable/write_batch.h"
#include "lsmkit/planner/explanation.h"
#include "lsmkit/trace/event.h"
#include "lsmkit/version/version.h"
#include "lsmkit/vfs/clock.h"
#include "lsmkit/vfs/file_system.h"

namespace lsmkit {

class Engine;
struct ReadView;
struct Standing;  // see db/standing.h

struct Environment {
  FileSystem* files = &posix_file_system();
  Clock* clock = &system_clock();
  std::shared_ptr<const void> owner = {};  // of the two; null: they outlive every database
};

// How far a long call is, told every 20 ms or so. `poll` may throw (Interrupted) to end the call;
// the engine is consistent and usable afterwards.
struct Progress {
  uint64_t done = 0;
  uint64_t total = 0;
};
using Poll = std::function<void(const Progress&)>;

// How options are found: stored ones (or defaults for a new database), replaced as a whole by
// `options` if given, then `overrides` (name, text) one by one.
struct OpenRequest {
  std::string path;
  std::optional<Options> options;
  std::vector<std::pair<std::string, std::string>> overrides;
  bool read_only = false;
  Environment environment;
  Poll poll = {};  // called now and then while it reads what stands
  // In place of plan_compaction, with background=inline only. Asked without locks; what it throws
  // fails the job: flush() throws it, put() keeps it for the next flush() or close().
  Planner planner = {};
};

// What an open found and did.
struct OpenReport {
  bool created = false;
  uint64_t replayed_records = 0;
  uint64_t replayed_log_bytes = 0;
  uint64_t dropped_log_bytes = 0;  // past the end of history: a torn tail
  std::string torn_tail;           // where and why, empty if history ended cleanly
  std::vector<std::string> deleted_files;
};

struct WriteOptions {
  bool sync = false;           // as if the mode were ALWAYS for this one write
  const Poll* poll = nullptr;  // called while the write waits for room
};

struct CursorOptions {
  std::optional<std::string> start;  // bounds on user keys
  std::optional<std::string> stop;
  bool include_start = true;
  bool include_stop = false;
  // Called before each read of a file, and now and then while entries are passed over that are not
  // shown. What it throws ends the move.
  std::function<void()> poll = nullptr;
};

class DbCursor;  // see db/db_cursor.h

// A pin on what the database showed at one seqno. Made by Db::snapshot().
class Snapshot {
 public:
  // `view`: what it reads, if the engine may move on to a state that no longer holds it (read-only
  // engines, which pin nothing in their writer); null: the engine's own, which keeps it.
  Snapshot(std::shared_ptr<Engine> engine, Seqno seqno, std::shared_ptr<const ReadView> view);
  ~Snapshot();
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;
  Seqno seqno() const { return seqno_; }
  const ReadView* view() const { return view_.get(); }
  bool is_of(const Engine& engine) const { return engine_.get() == &engine; }

 private:
  const std::shared_ptr<Engine> engine_;
  const Seqno seqno_;
  std::shared_ptr<const ReadView> view_;
};

// A value and what keeps it in memory.
struct PinnedValue {
  std::string_view bytes;
  std::shared_ptr<const void> owner;  // null: bytes point into `copy`
  std::string copy;
};

enum class TryResult { kDone, kAbsent, kWouldBlock };

struct MemtableRow {
  bool sealed = false;
  uint64_t weight = 0;
  uint64_t entry_count = 0;
  uint64_t allocated_bytes = 0;
  Seqno smallest_seqno = 0;
  Seqno largest_seqno = 0;
};

// A moment of the whole tree.
struct TreeState {
  std::vector<MemtableRow> memtables;  // newest first
  Version version;
  std::vector<uint64_t> level_target_weight;  // by level; 0: no target (L0, levels above the base)
  std::vector<double> level_score;            // by level
  unsigned base_level = 1;
};

struct MemoryUse {
  uint64_t memtable_bytes = 0;
  uint64_t cache_bytes = 0;
  uint64_t job_bytes = 0;
  uint64_t pinned_bytes = 0;
};

struct EngineStats {
  Counters counters;
  MemoryUse memory;
  Seqno last_seqno = 0;
  Seqno durable_seqno = 0;
  Seqno flushed_seqno = 0;
  uint64_t table_count = 0;
  uint64_t open_table_count = 0;
  uint64_t cache_hits = 0;
  uint64_t cache_misses = 0;
  uint64_t gets = 0;
  uint64_t gets_found = 0;
  uint64_t tables_probed = 0;
  uint64_t filter_negatives = 0;
  uint64_t false_positives = 0;
  uint64_t snapshot_count = 0;
  uint64_t cursor_count = 0;
  uint64_t stall_us = 0;
  uint64_t stall_count = 0;
  uint64_t stall_memtables_us = 0;  // of stall_us, by cause
  uint64_t stall_l0_us = 0;
  uint64_t stall_debt_us = 0;
  uint64_t stall_log_us = 0;
  uint64_t sync_count = 0;
  uint64_t sync_us = 0;
  std::string background_error;  // empty: none
};

// What the background does at one moment, what it would do next, and what keeps it from that.
struct BackgroundReport {
  Explanation next;  // compaction, were a slot free
  std::vector<JobInFlight> compactions;
  bool compaction_slot_free = false;
  bool own_planner = false;            // decides instead of the one that made `next`
  bool compactions_held = false;       // back, for the sake of a compact_range that runs
  std::vector<MemtableRow> memtables;  // newest first; all but the first wait to be flushed
  bool flush_running = false;
  uint64_t debt_weight = 0;       // that compactions have to rewrite until no level is above target
  uint64_t free_debt_weight = 0;  // up to which writes are not slowed down
  uint64_t pause_us = 0;          // that writes wait now, per 64 KiB
  uint32_t waiting_writes = 0;    // for room in memory
  // Empty: none. The first two are tried again and again; after the third nothing is written.
  std::string flush_error;
  std::string compaction_error;
  std::string write_error;
};

class Db {
 public:
  // A second open of one directory in one process gives a second handle on the same engine; other
  // per-open options than the first one's throw InvalidArgument naming them.
  static std::shared_ptr<Db> open(const OpenRequest& request);
  ~Db();  // As close(), but swallows errors. In a forked child: touches nothing.

  // Closes this handle. The last one flushes and stops the engine; if `poll` ends that, the handle
  // is closed all the same, and what was not flushed is in the log. Idempotent.
  void close(const Poll& poll = {});
  bool closed() const;

  void put(std::string_view key, std::string_view value, WriteOptions options = {});
  void remove(std::string_view key, WriteOptions options = {});
  void write(const WriteBatch& batch, WriteOptions options = {});
  // Takes the write only if it needs neither to wait nor to do I/O beyond the log's memory.
  // kDone or kWouldBlock.
  TryResult try_put(std::string_view key, std::string_view value);
  TryResult try_remove(std::string_view key);

  bool get(std::string_view key, PinnedValue& value, const Snapshot* snapshot = nullptr);
  // Answers only if no table block has to be read from the file system.
  TryResult try_get(std::string_view key, PinnedValue& value, const Snapshot* snapshot = nullptr);

  // get() for each of many keys, which ascend (and may repeat), at one moment: found(i, value) for
  // every one that is there, in any order; the value's bytes are good until it returns. May read
  // from the file system. Faster than one by one: what one key waits for, others wait for
  // meanwhile.
  void get_sorted(std::span<const std::string_view> keys, const Snapshot* snapshot,
                  const std::function<void(size_t i, std::string_view value)>& found);

  std::shared_ptr<const Snapshot> snapshot();
  std::unique_ptr<DbCursor> cursor(const CursorOptions& options,
                                   std::shared_ptr<const Snapshot> snapshot = nullptr);

  Seqno last_seqno() const;
  Seqno durable_seqno() const;
  void sync();  // Returns when everything acknowledged before is durable.
  void flush(const Poll& poll = {});
  // Everything in [begin, end] (no bound: all) goes down to the deepest level that holds any of it.
  // Progress is in weight, over all that has to be done. What `poll` throws ends the call between
  // jobs or within one, of which nothing is left; what was done before stays.
  void compact_range(std::optional<std::string> begin, std::optional<std::string> end,
                     const Poll& poll = {});
  // Waits until no compaction is due.
  void wait_idle(const Poll& poll = {});
  // Reads every byte of every file that is named and checks checksums, order, counts and bounds.
  // Throws CorruptionError at the first damage. Returns the number of entries read.
  uint64_t verify(const Poll& poll = {});
  // Makes `target`, which must not exist or be an empty directory, a database that holds this
  // moment. Tables are linked where the file system can, so it costs little time and space; writes
  // go on.
  void checkpoint(const std::string& target, const Poll& poll = {});
  // Read-only: goes on to what the directory holds now, and says whether that is any newer. Cursors
  // and snapshots stay at their moment. A database that may write is always up to date: false.
  bool refresh(const Poll& poll = {});
  uint64_t approximate_size(std::string_view begin, std::string_view end) const;  // file bytes

  const std::string& path() const;
  Options options() const;
  bool read_only() const;
  const OpenReport& open_report() const;
  TreeState tree() const;
  EngineStats stats() const;
  BackgroundReport why() const;
  Standing standing() const;
  // Oldest first; also those of earlier opens that are still kept. Of these only those numbered
  // above `after`.
  std::vector<Event> events(uint64_t after = 0) const;
  std::optional<std::string> typed_codec() const;
  void set_typed_codec(
      const std::string& name);  // Stored; another name than the stored one throws.

  Db(const Db&) = delete;
  Db& operator=(const Db&) = delete;

 private:
  Db(std::shared_ptr<Engine> engine, FileSystem& disk);
  Engine& engine() const;  // throws ClosedError

  const std::shared_ptr<Engine> engine_;
  FileSystem& disk_;  // as the open named it
  std::atomic<bool> closed_{false};
};

// Deletes every file of a closed database that is ours by name and header, and the directory if
// nothing else is in it. Throws LockedError if it is open elsewhere.
void destroy(const std::string& path, Environment environment = {});

}  // namespace lsmkit
