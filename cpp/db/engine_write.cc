// The write path: wait for room, append to the log, insert into the memtable, publish the seqno,
// and wait for durability as far as the sync mode asks.
#include <algorithm>
#include <chrono>
#include <new>
#include <thread>

#include "lsmkit/bytes/error.h"
#include "lsmkit/db/engine.h"
#include "lsmkit/memtable/write_batch.h"
#include "lsmkit/rules/flow.h"
#include "lsmkit/rules/write_delay.h"

namespace lsmkit {

// A commit of one entry, which needs no batch.
struct Engine::Operation {
  Kind kind;
  std::string_view key;
  std::string_view value;
};

void Engine::put(std::string_view key, std::string_view value, const WriteOptions& options) {
  check_key_size(key.size());
  check_value_size(value.size());
  commit_and_acknowledge(Operation{Kind::kPut, key, value}, weight_of(key.size(), value.size()),
                         options);
}

void Engine::remove(std::string_view key, const WriteOptions& options) {
  check_key_size(key.size());
  commit_and_acknowledge(Operation{Kind::kDelete, key, {}}, weight_of(key.size(), 0), options);
}

void Engine::write(const WriteBatch& batch, const WriteOptions& options) {
  if (batch.empty()) return check_writable();
  commit_and_acknowledge(batch, batch.weight(), options);
}

template <class What>
void Engine::commit_and_acknowledge(const What& what, uint64_t weight,
                                    const WriteOptions& options) {
  Seqno seqno;
  {
    std::unique_lock lock(commit_mutex_);
    check_writable();
    make_room(lock, weight, options.poll);
    seqno = commit(what);
    publish(seqno, weight);
  }
  if (inline_background()) {
    run_inline();
    wal_->sync_if_due();
  }
  wal_->acknowledge(seqno, options.sync);
}

TryResult Engine::try_write(Kind kind, std::string_view key, std::string_view value) {
  check_key_size(key.size());
  check_value_size(value.size());
  const uint64_t weight = weight_of(key.size(), value.size());
  const std::unique_lock lock(commit_mutex_, std::try_to_lock);
  if (!lock.owns_lock()) return TryResult::kWouldBlock;
  check_writable();
  const bool slowed =
      pacer_.stopped() != StallCause::kNone || (pacer_.asks() && pacer_.may_pause(fill_now()));
  const bool at_once = !seal_is_due() && has_room(weight) && !slowed && !inline_background() &&
                       wal_->acknowledges_at_once(published() + 1);
  // The write that fills the memtable seals it, and that may take a while, too.
  const bool fills = memtable_is_full(active_->weight() + weight, options_.memtable_bytes);
  if (!at_once || fills) return TryResult::kWouldBlock;
  publish(commit(Operation{kind, key, value}), weight);
  return TryResult::kDone;
}

Seqno Engine::commit(const Operation& op) {
  const Seqno seqno = published() + 1;
  char head[kMaxBatchHeaderBytes + kMaxOpHeadBytes];
  size_t head_bytes = encode_batch_header(head, {seqno, 1, 0});
  head_bytes += encode_op_head(head + head_bytes, op.kind, op.key.size());
  char value_head[kMaxValueHeadBytes];
  const size_t value_head_bytes =
      op.kind == Kind::kPut ? encode_value_head(value_head, op.value.size()) : 0;
  const std::string_view pieces[] = {
      {head, head_bytes}, op.key, {value_head, value_head_bytes}, op.value};
  wal_->allocate(head_bytes + op.key.size() + value_head_bytes + op.value.size());
  wal_->append(pieces);
  insert_logged([&] {
    active_->insert({op.key, seqno, op.kind, op.value});
    count_written(op.kind, op.key.size(), op.value.size());
  });
  return seqno;
}

Seqno Engine::commit(const WriteBatch& batch) {
  const Seqno seqno = published() + 1;
  char head[kMaxBatchHeaderBytes];
  const size_t head_bytes =
      encode_batch_header(head, {seqno, static_cast<uint32_t>(batch.op_count()), 0});
  const std::string_view pieces[] = {{head, head_bytes}, batch.ops()};
  wal_->allocate(head_bytes + batch.ops().size());
  wal_->append(pieces);
  insert_logged([&] {
    batch.for_each([&](Kind kind, std::string_view key, std::string_view value) {
      active_->insert({key, seqno, kind, value});
      count_written(kind, key.size(), value.size());
    });
  });
  return seqno;
}

// What is in the log must get into the memtable, or the next commit would take its seqno again.
template <class Insert>
void Engine::insert_logged(Insert&& insert) {
  try {
    insert();
  } catch (...) {
    wal_->poison("out of memory after a commit was logged");
    throw;
  }
}

void Engine::count_written(Kind kind, size_t key_bytes, size_t value_bytes) {
  ++(kind == Kind::kDelete ? written_.deletes : written_.puts);
  written_.user_key_bytes += key_bytes;
  written_.user_value_bytes += value_bytes;
  written_.user_weight += weight_of(key_bytes, value_bytes);
}

void Engine::publish(Seqno seqno, uint64_t weight) {
  published_.store(seqno, std::memory_order_release);
  pacer_.charge(weight);
  if (!seal_is_due() || !(inline_background() || wal_->next_is_ready())) return;
  try {
    seal();
  } catch (const Error&) {
    // This write stands. The next one tries again, and gets the error.
  }
}

bool Engine::seal_is_due() const {
  return memtable_is_full(active_->weight(), options_.memtable_bytes);
}

// Requires: commit_mutex_ held, active_ not empty.
void Engine::seal() {
  auto next = std::make_shared<Memtable>();
  Event event = new_event(EventKind::kSeal);
  event.in_entries = active_->entry_count();
  event.text = std::to_string(active_->entry_count()) + " entries, " +
               std::to_string(active_->weight()) + " bytes of weight";
  wal_->rotate(published());
  written_.log_bytes = log_bytes_before_ + wal_->appended_bytes();
  written_.stall_us = stall_us_before_ + stall_us_.load(std::memory_order_relaxed);
  events_.add(std::move(event));
  const std::lock_guard lock(state_mutex_);
  const uint64_t bytes = active_->allocated_bytes();
  sealed_.push_back({active_, wal_->active_number(), bytes, written_});
  active_ = std::move(next);
  try {
    install_view();
  } catch (...) {
    // Nobody could read what is written to a memtable that no view holds.
    active_ = std::move(sealed_.back().memtable);
    sealed_.pop_back();
    throw;
  }
  sealed_bytes_.fetch_add(bytes, std::memory_order_relaxed);
  work_.notify_all();
}

// What indexes and filters of open tables take beyond the cache's share goes off the memtables',
// but for the two that writing needs.
uint64_t Engine::memtable_room() const {
  const uint64_t spare = memtable_room_bytes_ - options_.least_memtable_room();
  return memtable_room_bytes_ - std::min(tables_.cache().overdraft_bytes(), spare);
}

bool Engine::has_room(uint64_t weight) const {
  const uint64_t sealed = sealed_bytes_.load(std::memory_order_relaxed);
  const uint64_t active = active_->allocated_bytes();
  if (sealed + active + weight <= memtable_room()) return true;
  // A batch larger than the room is admitted alone when no other memtable stands: the one stated
  // exception to the memory budget.
  return sealed == 0 && active_->empty();
}

Pacer::Fill Engine::fill_now() const {
  Pacer::Fill fill;
  fill.memtables = memtable_pressure(
      sealed_bytes_.load(std::memory_order_relaxed) + active_->allocated_bytes(), memtable_room());
  if (!seal_is_due() || wal_->next_is_ready()) return fill;
  fill.log = log_pressure(active_->weight(), options_.memtable_bytes);
  fill.log_us = wal_->next_takes_us();
  return fill;
}

void Engine::count_stall(StallCause cause, uint64_t us) {
  stall_us_.fetch_add(us, std::memory_order_relaxed);
  stall_us_by_cause_[static_cast<size_t>(cause)].fetch_add(us, std::memory_order_relaxed);
}

// The pause that flow control asks for, in slices after which it looks whether to go on.
void Engine::slow_down(std::unique_lock<std::mutex>& lock, uint64_t weight, const Poll* poll) {
  constexpr uint64_t kSliceUs = 5'000;
  const Pacer::Pause pause = pacer_.take_pause(fill_now(), weight, environment_.clock->now_us());
  if (pause.us == 0) return;
  lock.unlock();
  const uint64_t start_us = environment_.clock->now_us();
  uint64_t slept_us = 0;
  while (slept_us < pause.us && !pacer_.is_over() && !closed_) {
    const uint64_t slice_us = std::min(pause.us - slept_us, kSliceUs);
    std::this_thread::sleep_for(std::chrono::microseconds(slice_us));
    slept_us += slice_us;
    if (slept_us < pause.us && poll != nullptr && *poll) (*poll)({});
  }
  // Sleeps take longer than they should, and the next pause is the shorter for it: what was waited
  // is what the clock says.
  count_stall(pause.cause, environment_.clock->now_us() - start_us);
  lock.lock();
  check_writable();
}

// Seals what is full, slows down when compaction falls behind, and waits at the memory budget.
void Engine::make_room(std::unique_lock<std::mutex>& lock, uint64_t weight, const Poll* poll) {
  const bool is_inline = inline_background();
  if (!is_inline && pacer_.asks()) slow_down(lock, weight, poll);
  if (seal_is_due()) {
    if (is_inline || wal_->next_is_ready()) {
      seal();
    } else if (memtable_is_overfull(active_->weight(), options_.memtable_bytes)) {
      const uint64_t start_us = environment_.clock->now_us();
      seal();  // waits until the log is made
      count_stall(StallCause::kLog, environment_.clock->now_us() - start_us);
    }
  }
  StallCause cause = is_inline ? StallCause::kNone : pacer_.stopped();
  if (has_room(weight)) {
    if (cause == StallCause::kNone) [[likely]]
      return;
  } else {
    cause = StallCause::kMemtables;
  }

  const uint64_t start_us = environment_.clock->now_us();
  stall_count_.fetch_add(1, std::memory_order_relaxed);
  Event begin = new_event(EventKind::kStallBegin);
  begin.text = stall_cause();
  events_.add(std::move(begin));
  const auto end_stall = [&] {
    waiting_writes_.fetch_sub(1, std::memory_order_relaxed);
    Event end = new_event(EventKind::kStallEnd);
    end.duration_us = environment_.clock->now_us() - start_us;
    count_stall(cause, end.duration_us);
    events_.add(std::move(end));
  };
  waiting_writes_.fetch_add(1, std::memory_order_relaxed);
  try {
    wait_for_room(lock, weight, poll, start_us);
  } catch (...) {
    end_stall();
    throw;
  }
  end_stall();
}

// Throws StallTimeout, what `poll` throws, and what makes room impossible.
void Engine::wait_for_room(std::unique_lock<std::mutex>& lock, uint64_t weight, const Poll* poll,
                           uint64_t start_us) {
  const uint64_t timeout_us = options_.stall_timeout_ms * 1000;
  const bool is_inline = inline_background();
  for (;;) {
    const bool has_no_room = !has_room(weight);
    if (!has_no_room && (is_inline || pacer_.stopped() == StallCause::kNone)) return;
    if (has_no_room && !active_->empty()) seal();
    if (is_inline) {
      lock.unlock();
      flush_oldest({});  // throws what stands in the way
      flushed_for_room_.store(true, std::memory_order_relaxed);
      lock.lock();
    } else {
      room_.wait_for(lock, std::chrono::milliseconds(20));
    }
    check_writable();
    const uint64_t waited_us = environment_.clock->now_us() - start_us;
    if (waited_us > timeout_us) {
      const std::string room =
          has_no_room ? " s for room in memory (memory_bytes): " : " s, stopped by flow=rocksdb: ";
      throw StallTimeout("the write waited " + std::to_string(waited_us / 1'000'000) + room +
                         stall_cause());
    }
    if (poll != nullptr && *poll) {
      lock.unlock();
      (*poll)({});
      lock.lock();
      check_writable();
    }
  }
}

std::string Engine::stall_cause() const {
  const std::lock_guard lock(state_mutex_);
  if (flush_failing_.error) {
    return "flushing fails (" + flush_failing_.text + ") and is tried again";
  }
  const std::string limits = compaction_failing_.error
                                 ? "; compaction fails (" + compaction_failing_.text + ")"
                                 : "; the disk is too slow";
  switch (pacer_.stopped()) {
    case StallCause::kL0Runs:
      return "L0 holds " + std::to_string(state_.version.level(0).runs.size()) +
             " runs (l0_stop_runs)" + limits;
    case StallCause::kDebt:
      return "compaction has " +
             std::to_string(compaction_debt(state_.version, compaction_options_)) +
             " bytes to rewrite (hard_pending_bytes)" + limits;
    case StallCause::kMemtables:
    case StallCause::kLog:
    case StallCause::kNone:
      break;
  }
  return std::to_string(sealed_.size()) + " memtables wait to be flushed; the disk is too slow";
}

void Engine::check_writable() const {
  check_open();
  if (read_only_) {
    throw ReadOnlyError(path_ + " was opened with read_only=True; open it without to write");
  }
  wal_->check_usable();
}

void Engine::sync() {
  check_writable();
  wal_->sync();
}

}  // namespace lsmkit
