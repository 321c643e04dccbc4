#include "lsmkit/db/wal.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <exception>
#include <new>
#include <utility>

#include "lsmkit/bytes/error.h"
#include "lsmkit/log/log_name.h"

namespace lsmkit {
namespace {

constexpr uint64_t kPrepareBytes = 2 << 20;  // how far ahead pages are faulted in
constexpr unsigned kOffsetBits = 40;
constexpr uint64_t kOffsetMask = (uint64_t{1} << kOffsetBits) - 1;
constexpr uint64_t kNumberMask = (uint64_t{1} << (64 - kOffsetBits)) - 1;

void remove_quietly(FileSystem& files, const std::string& path) {
  try {
    files.remove(path);
  } catch (const IoError&) {
    // A stray log without records does no harm: the next open removes it.
  }
}

}  // namespace

std::unique_ptr<LogWriter> create_durable_log(const WalSetup& setup, LogNumber number,
                                              LogNumber predecessor) {
  const std::string path = join_path(setup.dir, log_file_name(number));
  try {
    auto writer = LogWriter::create(*setup.files, path,
                                    {setup.database_id, number, predecessor, LogKind::kWal},
                                    setup.expected_log_bytes);
    // Against a power loss that keeps records of a later log but not this file's header or name:
    // the chain would then have a hole.
    writer->sync();
    setup.files->sync_dir(setup.dir);
    return writer;
  } catch (const IoError& error) {
    if (error.code() != EEXIST) remove_quietly(*setup.files, path);
    throw;
  }
}

Wal::Wal(WalSetup setup, std::unique_ptr<LogWriter> first, LogNumber number, Seqno durable)
    : setup_(std::move(setup)),
      active_(std::make_shared<File>(number, std::move(first))),
      synced_below_(number),
      last_sync_us_(setup_.clock->now_us()),
      durable_(durable),
      next_number_(static_cast<uint64_t>(number) + 1) {}

Wal::~Wal() {
  stop_service();
}

// ---- Under the commit lock.

void Wal::allocate(uint64_t payload_bytes) {
  active_->writer->allocate(payload_bytes);
}

void Wal::append(std::span<const std::string_view> pieces) {
  uint64_t end;
  try {
    end = active_->writer->append(pieces, known_synced());
  } catch (const Error& error) {
    poison(error.what());  // Never append after an unknown tail.
    check_usable();
    throw;
  }
  active_->end_bytes.store(end, std::memory_order_release);
  uint64_t bytes = 0;
  for (const auto piece : pieces) bytes += piece.size();
  appended_bytes_.store(appended_bytes() + bytes, std::memory_order_relaxed);
  if (end >= prepared_bytes_ + kPrepareBytes / 2) {
    prepared_bytes_ = end;
    const std::lock_guard lock(mutex_);
    wants_prepare_ = true;
    service_.notify_one();
  }
}

void Wal::rotate(Seqno last_seqno) {
  LogNumber next;
  {
    std::unique_lock lock(mutex_);
    make_next(lock);
    next = next_->number;
  }
  active_->writer->allocate(0);  // room for a record is room for a seal after it, too
  try {
    active_->writer->seal(next, last_seqno, known_synced());
  } catch (const Error& error) {
    poison(error.what());
    check_usable();
    throw;
  }
  const std::lock_guard lock(mutex_);
  older_.push_back(std::move(active_));
  active_ = std::move(next_);
  next_ready_.store(false, std::memory_order_release);
  prepared_bytes_ = 0;
  service_.notify_one();
}

// Returns with next_ standing, or throws. One thread makes it and the others wait: two logs with
// the same predecessor would break the chain, as one of them would be named by no seal, or by the
// wrong one. Leaves and retakes the lock.
void Wal::make_next(std::unique_lock<std::mutex>& lock) {
  made_.wait(lock, [this] { return !making_next_; });
  if (next_) return;
  making_next_ = true;  // and so active_ stays: rotate() waits above
  const LogNumber predecessor = active_->number;
  const LogNumber number{next_number_.fetch_add(1, std::memory_order_relaxed)};
  const uint64_t begun_us = setup_.clock->now_us();
  next_begun_us_.store(begun_us, std::memory_order_relaxed);
  lock.unlock();
  std::shared_ptr<File> made;
  std::exception_ptr failure;
  try {
    made = std::make_shared<File>(number, create_durable_log(setup_, number, predecessor));
  } catch (...) {
    failure = std::current_exception();
  }
  const uint64_t took_us = setup_.clock->now_us() - begun_us;
  lock.lock();
  next_begun_us_.store(0, std::memory_order_relaxed);
  if (!failure) next_took_us_.store(took_us, std::memory_order_relaxed);
  making_next_ = false;
  made_.notify_all();
  if (failure) std::rethrow_exception(failure);
  next_ = std::move(made);
  next_ready_.store(true, std::memory_order_release);
}

uint64_t Wal::next_takes_us() const {
  const uint64_t begun_us = next_begun_us_.load(std::memory_order_relaxed);
  const uint64_t took_us = next_took_us_.load(std::memory_order_relaxed);
  if (begun_us == 0) return took_us;
  const uint64_t now_us = setup_.clock->now_us();
  return std::max(took_us, now_us - std::min(begun_us, now_us));
}

std::vector<std::pair<LogNumber, uint64_t>> Wal::written_files() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::pair<LogNumber, uint64_t>> out;
  for (const auto& file : older_) out.emplace_back(file->number, file->writer->size());
  out.emplace_back(active_->number, active_->writer->size());
  return out;
}

LogPosition Wal::known_synced() const {
  const uint64_t packed = known_synced_.load(std::memory_order_relaxed);
  const auto active = static_cast<uint64_t>(active_->number);
  // Only the low bits of the log number are packed; it is the nearest such number up to the active.
  const uint64_t behind = (active - (packed >> kOffsetBits)) & kNumberMask;
  return {LogNumber{active - behind}, packed & kOffsetMask};
}

// ---- Any thread.

void Wal::acknowledge(Seqno seqno, bool sync) {
  const uint32_t commits = sync ? 1 : setup_.mode.commits;
  if (commits != 0 && seqno >= durable_seqno() + commits) wait_durable(seqno - commits + 1);
}

bool Wal::acknowledges_at_once(Seqno seqno) const {
  return setup_.mode.commits == 0 || seqno < durable_seqno() + setup_.mode.commits;
}

void Wal::sync() {
  wait_durable(setup_.published->load(std::memory_order_acquire));
  check_usable();
}

void Wal::sync_if_due() {
  if (setup_.mode.ms == 0 || setup_.published->load(std::memory_order_acquire) <= durable_seqno()) {
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    if (setup_.clock->now_us() < last_sync_us_ + uint64_t{setup_.mode.ms} * 1000) return;
  }
  sync();
}

void Wal::wait_durable(Seqno target) {
  std::unique_lock lock(mutex_);
  while (durable_seqno() < target) {
    check_usable();
    if (sync_running_) {
      synced_.wait(lock);
    } else {
      sync_once(lock);
    }
  }
}

// One sync of everything published by now. Leaves and retakes the lock.
void Wal::sync_once(std::unique_lock<std::mutex>& lock) {
  // The seqno first: its record is then in one of the logs taken below.
  const Seqno target = setup_.published->load(std::memory_order_acquire);
  std::vector<std::shared_ptr<File>> files;
  for (const auto& file : older_) {
    if (file->number >= synced_below_) files.push_back(file);
  }
  files.push_back(active_);
  const std::shared_ptr<File> last = active_;
  const uint64_t last_bytes = last->end_bytes.load(std::memory_order_acquire);
  sync_running_ = true;  // nothing throws between here and the sync
  lock.unlock();

  std::string failure;
  const uint64_t start_us = setup_.clock->now_us();
  try {
    // Oldest first. Against a power loss: what was acknowledged must survive it, and a commit in a
    // later log is worth nothing without the logs before.
    for (const auto& file : files) file->writer->sync();
  } catch (const Error& error) {
    failure = error.what();
  }
  const uint64_t end_us = setup_.clock->now_us();

  lock.lock();
  sync_running_ = false;
  last_sync_us_ = end_us;
  sync_count_.fetch_add(1, std::memory_order_relaxed);
  sync_us_.fetch_add(end_us - start_us, std::memory_order_relaxed);
  if (failure.empty()) {
    synced_below_ = std::max(synced_below_, last->number);
    known_synced_.store((static_cast<uint64_t>(last->number) & kNumberMask) << kOffsetBits |
                            (last_bytes & kOffsetMask),
                        std::memory_order_relaxed);
    if (target > durable_seqno()) durable_.store(target, std::memory_order_release);
  } else if (poison_text_.empty()) {
    poison_text_ = failure;
    poisoned_.store(true, std::memory_order_release);
  }
  synced_.notify_all();
}

void Wal::forget(Seqno seqno, LogNumber oldest) {
  std::vector<std::shared_ptr<File>> unneeded;
  {
    const std::lock_guard lock(mutex_);
    if (seqno > durable_seqno()) durable_.store(seqno, std::memory_order_release);
    unneeded.reserve(older_.size());  // nothing may throw below
    std::erase_if(older_, [&](std::shared_ptr<File>& file) {
      if (file->number >= oldest) return false;
      unneeded.push_back(std::move(file));
      return true;
    });
    synced_below_ = std::max(synced_below_, oldest);
    synced_.notify_all();
  }
  for (const auto& file : unneeded) remove_quietly(*setup_.files, file->writer->path());
}

void Wal::check_usable() const {
  if (!poisoned_.load(std::memory_order_acquire)) [[likely]]
    return;
  throw DurabilityError(
      "writing has stopped because the log could not be written or synced (" + poison_text() +
      "). What was acknowledged as durable is safe; close and open the database to go on.");
}

void Wal::poison(const char* why) noexcept {
  const std::lock_guard lock(mutex_);
  try {
    if (poison_text_.empty()) poison_text_ = why;
  } catch (const std::bad_alloc&) {
    // The flag counts.
  }
  poisoned_.store(true, std::memory_order_release);
  synced_.notify_all();
}

std::string Wal::poison_text() const {
  return poison_text_;
}

// ---- The service thread.

void Wal::start_service() {
  thread_ = std::thread(&Wal::serve, this);
}

void Wal::stop_service() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    service_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

void Wal::serve() {
  std::unique_lock lock(mutex_);
  constexpr auto kRetry = std::chrono::milliseconds(100);
  while (!stopping_) {
    if (!next_ && !poisoned_.load(std::memory_order_relaxed)) {
      try {
        make_next(lock);
      } catch (const Error&) {
        // The writer that needs the log tries for itself and gets the error.
        if (!stopping_) service_.wait_for(lock, kRetry);
      }
      continue;
    }
    if (wants_prepare_) {
      wants_prepare_ = false;
      const std::shared_ptr<File> file = active_;
      lock.unlock();
      file->writer->prepare(kPrepareBytes);
      lock.lock();
      continue;
    }
    if (setup_.mode.ms == 0) {
      service_.wait(lock);
      continue;
    }
    const uint64_t interval_us = uint64_t{setup_.mode.ms} * 1000;
    const uint64_t now_us = setup_.clock->now_us();
    const uint64_t due_us = last_sync_us_ + interval_us;
    service_.wait_for(lock,
                      std::chrono::microseconds(now_us < due_us ? due_us - now_us : interval_us));
    const bool due = setup_.clock->now_us() >= last_sync_us_ + interval_us;
    const bool any = setup_.published->load(std::memory_order_acquire) > durable_seqno();
    if (due && any && !sync_running_ && !stopping_ && !poisoned_.load(std::memory_order_relaxed)) {
      sync_once(lock);
    }
  }
}

}  // namespace lsmkit
