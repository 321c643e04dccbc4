// The write-ahead log of an open database: the log being written, the next one made ready ahead of
// time, and what is known to be durable.
//
// A commit is appended under the engine's commit lock. Making it durable is apart: one sync runs at
// a time, and takes its target as late as possible, so everyone who arrived during the last sync
// shares the next (group commit).
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "lsmkit/db/options.h"
#include "lsmkit/log/log_writer.h"
#include "lsmkit/vfs/clock.h"
#include "lsmkit/vfs/file_system.h"

namespace lsmkit {

struct WalSetup {
  FileSystem* files;
  Clock* clock;
  std::string dir;
  uint64_t database_id;
  SyncMode mode;
  uint64_t expected_log_bytes;
  const std::atomic<Seqno>* published;  // the last seqno that readers may see
};

// Creates log `number` and makes its header and its name durable. Removes what it made if it fails.
std::unique_ptr<LogWriter> create_durable_log(const WalSetup& setup, LogNumber number,
                                              LogNumber predecessor);

class Wal {
 public:
  // Everything up to `durable` is safe elsewhere. `first` is empty.
  Wal(WalSetup setup, std::unique_ptr<LogWriter> first, LogNumber number, Seqno durable);
  ~Wal();

  // Starts the thread that makes the next log ready, faults pages in and syncs at intervals.
  // Without it (inline mode) rotate() makes logs itself and sync_if_due() is to be called.
  void start_service();
  void stop_service();

  // ---- Under the commit lock.
  // Room for a record; throws IoError(ENOSPC) and nothing is changed.
  void allocate(uint64_t payload_bytes);
  // A throw leaves the tail unknown and poisons the log.
  void append(std::span<const std::string_view> pieces);
  // Ends the log with a seal and goes on in the next. A throw leaves things as they were, or
  // poisons.
  void rotate(Seqno last_seqno);
  bool next_is_ready() const { return next_ready_.load(std::memory_order_acquire); }
  // How long it takes to make a log: as the last one took, or the present one if it takes longer.
  uint64_t next_takes_us() const;
  LogNumber active_number() const { return active_->number; }
  // What stands on disk, oldest first: logs and their bytes up to the last record or seal.
  std::vector<std::pair<LogNumber, uint64_t>> written_files() const;
  uint64_t appended_bytes() const { return appended_bytes_.load(std::memory_order_relaxed); }

  // ---- Any thread, no lock held.
  // Returns when the sync mode, or `sync`, allows commit `seqno` to be acknowledged.
  void acknowledge(Seqno seqno, bool sync);
  // True if acknowledge would return at once.
  bool acknowledges_at_once(Seqno seqno) const;
  // Makes everything published before the call durable.
  void sync();
  void sync_if_due();
  // Everything up to `seqno` is in durable tables, and logs older than `oldest` are needed no more:
  // they are closed and removed.
  void forget(Seqno seqno, LogNumber oldest);
  Seqno durable_seqno() const { return durable_.load(std::memory_order_acquire); }
  uint64_t sync_count() const { return sync_count_.load(std::memory_order_relaxed); }
  uint64_t sync_us() const { return sync_us_.load(std::memory_order_relaxed); }
  LogNumber next_number() const { return LogNumber{next_number_.load(std::memory_order_relaxed)}; }

  // Throws DurabilityError if a sync or an append has failed: no write is taken any more.
  void check_usable() const;
  bool is_poisoned() const { return poisoned_.load(std::memory_order_acquire); }
  void poison(const char* why) noexcept;
  void poison(const std::string& why) noexcept { poison(why.c_str()); }
  std::string poison_text() const;

 private:
  struct File {
    File(LogNumber log_number, std::unique_ptr<LogWriter> log)
        : number(log_number), writer(std::move(log)), end_bytes(writer->size()) {}
    const LogNumber number;
    const std::unique_ptr<LogWriter> writer;
    std::atomic<uint64_t> end_bytes;  // the writer's size, for other threads
  };

  void wait_durable(Seqno target);
  void sync_once(std::unique_lock<std::mutex>& lock);
  void make_next(std::unique_lock<std::mutex>& lock);
  void serve();
  LogPosition known_synced() const;

  // Constant after construction.
  const WalSetup setup_;

  // Commit lock.
  uint64_t prepared_bytes_ = 0;  // size at which the service was last woken
  std::atomic<uint64_t> appended_bytes_{0};

  // Written under commit lock and mutex_, so readable under either.
  std::shared_ptr<File> active_;

  // mutex_.
  mutable std::mutex mutex_;
  std::condition_variable synced_;            // a sync ended
  std::condition_variable service_;           // work for the service thread
  std::condition_variable made_;              // making_next_ became false
  std::vector<std::shared_ptr<File>> older_;  // sealed; oldest first; still on disk
  LogNumber synced_below_{};                  // logs with smaller numbers are durable
  std::shared_ptr<File> next_;
  bool making_next_ = false;  // by some thread, without the lock
  bool sync_running_ = false;
  bool stopping_ = false;
  bool wants_prepare_ = false;
  uint64_t last_sync_us_ = 0;
  std::string poison_text_;

  // Atomics.
  std::atomic<bool> poisoned_{false};
  std::atomic<bool> next_ready_{false};
  std::atomic<uint64_t> next_took_us_{0};   // 0: none has been made yet
  std::atomic<uint64_t> next_begun_us_{0};  // 0: none is being made
  std::atomic<Seqno> durable_;
  std::atomic<uint64_t> known_synced_{0};  // log number << 40 | offset, see known_synced()
  std::atomic<uint64_t> next_number_;
  std::atomic<uint64_t> sync_count_{0};
  std::atomic<uint64_t> sync_us_{0};
  std::thread thread_;
};

}  // namespace lsmkit
