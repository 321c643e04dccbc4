// The open database itself, shared by all its handles.
//
// What a member may be touched under is said where it is declared. Locks are taken in this order:
//   inline_mutex_    inline mode: one caller at a time does the background's work
//   refresh_mutex_   read-only: one refresh at a time
//   commit_mutex_    one writer at a time: log, active memtable, seqnos
//   manifest_mutex_  one edit at a time: written to the MANIFEST, then applied
//   state_mutex_     the current state: version, memtables, jobs; held for lines, never over I/O
// Readers take none: they pin the current ReadView by an epoch.
//
// The parts, a file each: engine_open.cc, engine_write.cc, engine_read.cc, engine_jobs.cc (flush
// and compaction), engine_workers.cc (who runs them), engine_inspect.cc, engine_standing.cc,
// engine_why.cc, engine_checkpoint.cc.
#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "lsmkit/compaction/compaction_job.h"
#include "lsmkit/db/db.h"
#include "lsmkit/db/event_log.h"
#include "lsmkit/db/pacer.h"
#include "lsmkit/db/process.h"
#include "lsmkit/db/rate_limiter.h"
#include "lsmkit/db/read_counters.h"
#include "lsmkit/db/read_view.h"
#include "lsmkit/db/recovery.h"
#include "lsmkit/db/snapshot_list.h"
#include "lsmkit/db/standing.h"
#include "lsmkit/db/table_set.h"
#include "lsmkit/db/wal.h"
#include "lsmkit/manifest/manifest.h"
#include "lsmkit/planner/planner.h"

namespace lsmkit {

class Engine : public std::enable_shared_from_this<Engine> {
 public:
  // Opens or creates; see recovery.h for the steps. Throws and leaves the directory as it was.
  static std::shared_ptr<Engine> open(const OpenRequest& request, const std::string& identity);
  // In the child of a fork an engine is never destroyed: its threads and locks are the parent's.
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // Flushes, stops the threads, ends writing. Called once, by the last handle. Throws what the
  // flush met, or `poll` threw; the engine is stopped all the same.
  void stop(const Poll& poll);
  void check_may_stop() const { check_not_in_job("close()"); }

  // ---- Writing (engine_write.cc)
  void put(std::string_view key, std::string_view value, const WriteOptions& options);
  void remove(std::string_view key, const WriteOptions& options);
  void write(const WriteBatch& batch, const WriteOptions& options);
  TryResult try_write(Kind kind, std::string_view key, std::string_view value);
  void sync();

  // ---- Reading (engine_read.cc)
  TryResult get(std::string_view key, PinnedValue& value, const Snapshot* snapshot, bool may_block);
  void get_sorted(std::span<const std::string_view> keys, const Snapshot* snapshot,
                  const std::function<void(size_t, std::string_view)>& found);
  std::shared_ptr<const Snapshot> snapshot();
  bool refresh(const Poll& poll);  // engine_open.cc
  void release_snapshot(Seqno seqno) { snapshots_.release(seqno); }
  // A view and the seqno to read it at; they belong together.
  std::shared_ptr<const ReadView> pin_view(Seqno& seqno, const Snapshot* snapshot) const;
  void check_ours(const Snapshot* snapshot) const;  // throws InvalidArgument
  void check_open() const;                          // throws ClosedError, ForkedError
  void check_fork() const;                          // throws ForkedError
  Seqno published() const { return published_.load(std::memory_order_acquire); }
  Seqno durable() const;
  void count_cursor(int64_t by) { cursor_count_.fetch_add(by, std::memory_order_relaxed); }

  // ---- Jobs (engine_workers.cc)
  void flush(const Poll& poll);
  void compact_range(const std::optional<std::string>& begin, const std::optional<std::string>& end,
                     const Poll& poll);
  void wait_idle(const Poll& poll);

  // ---- Looking inside (engine_inspect.cc)
  uint64_t verify(const Poll& poll);
  void checkpoint(FileSystem& disk, const std::string& target,
                  const Poll& poll);  // engine_checkpoint.cc
  uint64_t approximate_size(std::string_view begin, std::string_view end) const;
  TreeState tree() const;
  EngineStats stats() const;
  Standing standing() const;     // engine_standing.cc
  BackgroundReport why() const;  // engine_why.cc
  std::vector<Event> events(uint64_t after) const { return events_.read(after); }
  std::optional<std::string> typed_codec() const;
  void set_typed_codec(const std::string& name);

  const std::string& path() const { return path_; }
  const Options& options() const { return options_; }
  bool read_only() const { return read_only_; }
  const OpenReport& open_report() const { return report_; }
  const std::string& identity() const { return identity_; }
  const Environment& environment() const { return environment_; }
  bool belongs_to_this_process() const { return fork_generation_ == fork_generation(); }

  // Handles on this engine. Whoever has the DirectoryTurn counts them.
  unsigned handle_count = 0;

 private:
  struct Sealed {
    std::shared_ptr<Memtable> memtable;
    LogNumber next_log;        // the log of the memtable after it: older ones go with this flush
    uint64_t allocated_bytes;  // when it was sealed
    Counters written;          // what users had written by then
  };

  Engine(const OpenRequest& request, std::unique_ptr<FileSystem> home, const std::string& identity,
         Recovered recovered);
  static std::shared_ptr<Engine> open_to_write(OpenRequest request, const std::string& identity);
  static std::shared_ptr<Engine> open_to_look(OpenRequest request, const std::string& identity);
  static std::shared_ptr<Engine> make(const OpenRequest& request, std::unique_ptr<FileSystem> home,
                                      const std::string& identity, Recovered recovered);
  void open_tables(const Version& version, FileSystem& files);
  void forget_tables(const Version& version, const Version& present);
  void start();

  // Writing. All under commit_mutex_.
  struct Operation;
  Seqno commit(const Operation& operation);
  Seqno commit(const WriteBatch& batch);
  void publish(Seqno seqno, uint64_t weight);
  template <class Insert>
  void insert_logged(Insert&& insert);
  void count_written(Kind kind, size_t key_bytes, size_t value_bytes);
  void make_room(std::unique_lock<std::mutex>& lock, uint64_t weight, const Poll* poll);
  void wait_for_room(std::unique_lock<std::mutex>& lock, uint64_t weight, const Poll* poll,
                     uint64_t start_us);
  uint64_t memtable_room() const;
  bool has_room(uint64_t weight) const;
  void seal();
  bool seal_is_due() const;
  template <class What>
  void commit_and_acknowledge(const What& what, uint64_t weight, const WriteOptions& options);
  void check_writable() const;
  std::string stall_cause() const;
  Pacer::Fill fill_now() const;
  void slow_down(std::unique_lock<std::mutex>& lock, uint64_t weight, const Poll* poll);
  void count_stall(StallCause cause, uint64_t us);
  bool inline_background() const { return options_.background == "inline"; }

  // Jobs.
  class FlushSlot {
   public:
    explicit FlushSlot(Engine& engine);
    ~FlushSlot();

   private:
    Engine& engine_;
  };
  // Stands while this thread carries out a job of this engine; its `poll` may call us back.
  class JobScope {
   public:
    explicit JobScope(const Engine& engine);
    ~JobScope();
    JobScope(const JobScope&) = delete;
    JobScope& operator=(const JobScope&) = delete;

   private:
    const void* const outer_;
  };
  bool in_own_job() const;
  void check_not_in_job(const char* call) const;
  static void take_user_counters(Counters& counters, const Counters& written);
  void worker();
  bool flush_oldest(const Poll& poll);
  void run_inline();
  std::optional<CompactionPlan> begin_inline_compaction();
  std::optional<CompactionPlan> begin_own_compaction();
  void run_all_due(const Poll& poll);
  void run_compaction(const CompactionPlan& plan, const Poll& poll);
  void sync_names(const std::vector<TableRef>& outputs);
  void note_busy_cores(uint64_t core_us, uint64_t start_us);
  void mark_damaged(const CompactionPlan& plan, const std::string& file);
  void commit_edit(VersionEdit edit, const std::function<void(Counters&)>& count,
                   const std::function<void()>& applied, Event event);
  Seqno seal_active();
  void flush_up_to(Seqno target, const Poll& poll);
  void poll_unlocked(std::unique_lock<std::mutex>& lock, const Poll& poll);
  // What keeps one kind of job from going on, until one succeeds.
  struct Failing {
    std::exception_ptr error;  // null: nothing does
    std::string text;
    uint64_t in_a_row = 0;
    uint64_t count = 0;  // ever
    void succeed() {
      error = nullptr;
      text.clear();
      in_a_row = 0;
    }
  };
  void note_failure(Failing& failing, const char* doing, const std::exception& error);
  OutputContext output_context(uint32_t level, uint64_t entry_count, const Poll& poll);
  std::unique_ptr<FileSystem> limit(OutputContext& context, IoUse use);
  std::shared_ptr<const ReadView> verify_logs(uint64_t& entries, const Poll& poll);
  bool stopping() const { return stopping_.load(std::memory_order_acquire); }
  Event new_event(EventKind kind) const;
  Event job_event(const VersionEdit& edit, uint64_t start_us) const;
  void release_replaced_views();

  // Jobs, under state_mutex_.
  void install_view();
  std::vector<std::shared_ptr<Memtable>> memtables_newest_first() const;
  std::vector<MemtableRow> memtable_rows() const;
  PlanContext plan_context() const;
  bool due_with_time() const;
  std::optional<CompactionPlan> begin_compaction();
  void enter_job(const CompactionPlan& plan);
  JobNumber take_job_number();

  // ---- Constant after construction.
  const std::unique_ptr<FileSystem> home_;
  const Environment environment_;  // its files are home_
  const std::string path_;
  const std::string identity_;
  const Options options_;
  const CompactionOptions compaction_options_;
  const bool read_only_;
  const uint64_t fork_generation_;
  const uint64_t database_id_;
  const OpenReport report_;
  const bool own_planner_;              // was given at the open
  const uint64_t memtable_room_bytes_;  // memory_bytes less cache and job buffers
  TableSet tables_;
  std::unique_ptr<Wal> wal_;  // null if read-only

  const std::unique_ptr<RateLimiter> limiter_;  // null: background work writes as it can

  const uint64_t log_bytes_before_;  // counters of earlier opens
  const uint64_t stall_us_before_;

  // ---- commit_mutex_.
  mutable std::mutex commit_mutex_;
  std::condition_variable room_;      // a flush has ended
  std::shared_ptr<Memtable> active_;  // replaced under commit_mutex_ and state_mutex_
  Counters written_;                  // the users' part
  std::atomic<unsigned> flushes_awaited_ = 0;
  BusyCores busy_cores_;  // state_mutex_
  Pacer pacer_;           // says itself what is under which lock

  // ---- inline_mutex_: one caller at a time does the background's work. Taken before the others.
  std::mutex inline_mutex_;
  Planner planner_;  // one's own; let go of by stop(), since it may hold what holds this engine

  // ---- refresh_mutex_: nothing but turns.
  std::mutex refresh_mutex_;

  // ---- manifest_mutex_.
  std::mutex manifest_mutex_;
  std::unique_ptr<Manifest> manifest_;  // null if read-only

  // ---- state_mutex_.
  mutable std::mutex state_mutex_;
  std::condition_variable work_;                  // there may be something to do
  std::condition_variable done_;                  // a job has ended
  ManifestState state_;                           // changed under manifest_mutex_ and state_mutex_
  std::deque<Sealed> sealed_;                     // oldest first
  std::vector<std::weak_ptr<Memtable>> flushed_;  // some may still be read
  std::vector<std::shared_ptr<Memtable>> replayed_;  // read-only: what the logs hold, newest first
  std::shared_ptr<const ReadView> view_owner_;
  std::vector<std::shared_ptr<const ReadView>> replaced_views_;
  std::vector<JobInFlight> jobs_;
  std::set<TableNumber> damaged_;
  bool flush_running_ = false;
  unsigned compactions_held_ = 0;  // callers of compact_range that want no other compactions
  Failing flush_failing_;
  Failing compaction_failing_;

  // ---- Any thread.
  SnapshotList snapshots_;
  EventLog events_;
  mutable ReadCounters reads_;
  std::atomic<const ReadView*> view_{nullptr};
  std::atomic<Seqno> published_;
  std::atomic<uint64_t> next_job_;             // taken under state_mutex_
  std::atomic<uint64_t> sealed_bytes_{0};      // allocated by sealed memtables
  std::atomic<bool> flushed_for_room_{false};  // inline: compactions may be due
  std::atomic<int64_t> cursor_count_{0};
  std::atomic<uint64_t> stall_us_{0};
  std::atomic<uint64_t> stall_count_{0};
  std::array<std::atomic<uint64_t>, kStallCauseCount> stall_us_by_cause_{};
  std::atomic<uint32_t> waiting_writes_{0};  // for room
  std::atomic<bool> stopping_{false};
  std::atomic<bool> closed_{false};
  std::vector<std::thread> threads_;
};

}  // namespace lsmkit
