// Who runs flushes and compactions: worker threads, the caller itself in inline mode, and callers
// that ask for them.
#include <algorithm>
#include <chrono>

#include "lsmkit/bytes/error.h"
#include "lsmkit/db/engine.h"
#include "lsmkit/planner/plan_chosen.h"
#include "lsmkit/rules/flow.h"

namespace lsmkit {
namespace {

constexpr auto kPollInterval = std::chrono::milliseconds(20);
constexpr auto kIdleLook = std::chrono::milliseconds(500);
constexpr uint64_t kFirstRetryMs = 50;
constexpr uint64_t kLastRetryMs = 5'000;

}  // namespace

void Engine::worker() {
  std::unique_lock lock(state_mutex_);
  while (!stopping()) {
    BackgroundState background;
    background.sealed_memtables = sealed_.size();
    background.flush_running = flush_running_;
    background.compactions_running = static_cast<unsigned>(jobs_.size());
    background.slots = options_.threads;
    background.busy_cores = busy_cores_.of_late();
    background.memtables = memtable_pressure(
        sealed_bytes_.load(std::memory_order_relaxed) + options_.memtable_bytes, memtable_room());
    background.flushes_first = flushes_awaited_.load(std::memory_order_relaxed) > 0 || limiter_;
    const BackgroundJob job =
        wal_->is_poisoned() ? BackgroundJob::kNone : next_background_job(background);
    const bool time_decides = due_with_time();
    std::optional<CompactionPlan> plan;
    if (job == BackgroundJob::kCompaction && compactions_held_ == 0) plan = begin_compaction();
    if (job != BackgroundJob::kFlush && !plan) {
      if (compaction_failing_.error) {
        // What failed may be postponed for want of disk space, of which nobody tells us.
        work_.wait_for(lock, std::chrono::milliseconds(kLastRetryMs));
      } else if (time_decides) {
        work_.wait_for(lock, kIdleLook);
      } else {
        work_.wait(lock);
      }
      continue;
    }
    lock.unlock();
    Failing& failing = plan ? compaction_failing_ : flush_failing_;
    bool failed = false;
    try {
      if (plan) {
        run_compaction(*plan, {});
      } else {
        flush_oldest({});
      }
    } catch (const Interrupted&) {
      // The engine is stopping.
    } catch (const std::exception& error) {
      failed = true;
      note_failure(failing, plan ? "compaction" : "flush", error);
    }
    lock.lock();
    if (!failed) continue;
    const uint64_t shift = std::min<uint64_t>(failing.in_a_row, 10);
    const uint64_t retry_ms = std::min(kLastRetryMs, kFirstRetryMs << shift);
    const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(retry_ms);
    while (!stopping() && work_.wait_until(lock, until) == std::cv_status::no_timeout) {
    }
  }
}

// Whether something may become due without a write: readers go, whose pins kept tombstones, and
// tables grow old.
bool Engine::due_with_time() const {
  const CompactionOptions& options = compaction_options_;
  if (options.layout == Layout::kFifo) return options.fifo_ttl_us != 0;
  return options.tombstone_gain != 0 && !snapshots_.pinned(published_).seqnos.empty();
}

void Engine::note_failure(Failing& failing, const char* doing, const std::exception& error) {
  Event event = new_event(EventKind::kJobError);
  event.text = std::string(doing) + ": " + error.what();
  const std::lock_guard lock(state_mutex_);
  failing = {std::current_exception(), event.text, failing.in_a_row + 1, failing.count + 1};
  done_.notify_all();
  work_.notify_all();  // compactions need not wait for flushes that fail
  events_.add(std::move(event));
}

// Inline mode: flushes what is sealed, then compacts until nothing is due. A failure is kept for
// flush() and close(); the put that brought us here stands.
void Engine::run_inline() {
  // From a job's callback there is nothing to do: the job goes on with what was sealed meanwhile.
  const bool flushed = flushed_for_room_.load(std::memory_order_relaxed);
  if ((sealed_bytes_.load(std::memory_order_relaxed) == 0 && !flushed) || in_own_job()) return;
  flushed_for_room_.store(false, std::memory_order_relaxed);
  const std::lock_guard lock(inline_mutex_);
  try {
    run_all_due({});
  } catch (const std::exception& error) {
    note_failure(flush_failing_, "inline job", error);
  }
}

// Requires: inline_mutex_ held.
std::optional<CompactionPlan> Engine::begin_inline_compaction() {
  if (planner_) return begin_own_compaction();
  const std::lock_guard lock(state_mutex_);
  return own_planner_ ? std::nullopt : begin_compaction();  // stop() has let go of it
}

// Requires: inline_mutex_ held.
void Engine::run_all_due(const Poll& poll) {
  while (flush_oldest(poll)) {
  }
  for (uint64_t plans = 0;; ++plans) {
    if (own_planner_) check_comes_to_rest(plans);
    const std::optional<CompactionPlan> plan = begin_inline_compaction();
    if (!plan) break;
    run_compaction(*plan, poll);
  }
  const std::lock_guard lock(state_mutex_);
  flush_failing_.succeed();  // of whatever kind the inline job was that failed
  compaction_failing_.succeed();
}

// Seals what is not yet, and returns the last seqno of it.
Seqno Engine::seal_active() {
  const std::lock_guard lock(commit_mutex_);
  wal_->check_usable();
  if (!active_->empty()) seal();
  return published();
}

void Engine::flush(const Poll& poll) {
  check_writable();
  check_not_in_job("flush()");
  flush_up_to(seal_active(), poll);
}

// Returns once everything up to `target`, which is sealed, is in tables.
void Engine::flush_up_to(Seqno target, const Poll& poll) {
  if (inline_background()) {
    const std::lock_guard lock(inline_mutex_);
    return run_all_due(poll);
  }
  struct Awaits {
    std::atomic<unsigned>& count;
    explicit Awaits(std::atomic<unsigned>& c) : count(c) { ++count; }
    ~Awaits() { --count; }
  } const awaits(flushes_awaited_);
  std::unique_lock lock(state_mutex_);
  work_.notify_all();
  const uint64_t failures_before = flush_failing_.count;
  while (state_.flushed_seqno < target) {
    if (flush_failing_.count != failures_before && flush_failing_.error) {
      std::rethrow_exception(flush_failing_.error);
    }
    wal_->check_usable();
    if (stopping()) throw ClosedError(path_ + " is closed");
    done_.wait_for(lock, kPollInterval);
    poll_unlocked(lock, poll);
  }
}

void Engine::poll_unlocked(std::unique_lock<std::mutex>& lock, const Poll& poll) {
  if (!poll) return;
  lock.unlock();
  poll({});
  lock.lock();
}

void Engine::wait_idle(const Poll& poll) {
  check_writable();
  check_not_in_job("wait_idle()");
  if (inline_background()) {
    const std::lock_guard lock(inline_mutex_);
    return run_all_due(poll);
  }
  std::unique_lock lock(state_mutex_);
  const uint64_t failures_before = flush_failing_.count + compaction_failing_.count;
  while (!sealed_.empty() || !jobs_.empty() ||
         plan_compaction(state_.version, plan_context(), compaction_options_)) {
    if (flush_failing_.count + compaction_failing_.count != failures_before) {
      for (const Failing* failing : {&flush_failing_, &compaction_failing_}) {
        if (failing->error) std::rethrow_exception(failing->error);
      }
    }
    wal_->check_usable();
    check_open();
    done_.wait_for(lock, kPollInterval);
    poll_unlocked(lock, poll);
  }
}

namespace {

// How far a range is, in weight, over all of its jobs; never falls. What is written meanwhile, or
// is left by a job that others kept from taking all that it would have, makes the whole more.
class RangeProgress {
 public:
  void begin_step(const RangeStep& step) {
    whole_.total = std::max(whole_.total, told_ + step.left_weight);
    whole_.done = whole_.total - step.left_weight;
    plan_weight_ = std::min(step.plan_weight, step.left_weight);
  }
  // `job`: entries.
  Progress with(const Progress& job) {
    Progress out = at(job);
    out.done = told_ = std::max(told_, out.done);
    return out;
  }

 private:
  Progress at(const Progress& job) const {
    if (job.total == 0) return whole_;
    const double share = static_cast<double>(job.done) / static_cast<double>(job.total);
    const auto weight = static_cast<uint64_t>(share * static_cast<double>(plan_weight_));
    return {std::min(whole_.done + weight, whole_.total), whole_.total};
  }

  Progress whole_;
  uint64_t told_ = 0;  // done, at the last time
  uint64_t plan_weight_ = 0;
};

}  // namespace

// The caller's thread does the work, with the workers' compactions held back. Every step is whole:
// when `poll` ends the call, the steps before stand and the one under way has left nothing.
void Engine::compact_range(const std::optional<std::string>& begin,
                           const std::optional<std::string>& end, const Poll& user_poll) {
  RangeProgress progress;
  const Poll poll = [&](const Progress& job) {
    if (user_poll) user_poll(progress.with(job));
  };
  flush([&](const Progress&) { poll({}); });
  const std::lock_guard inline_lock(inline_mutex_);
  const JobScope scope(*this);  // a callback may not wait for what is done here, whoever calls it
  struct Hold {
    Engine& engine;
    explicit Hold(Engine& e) : engine(e) {
      const std::lock_guard lock(engine.state_mutex_);
      ++engine.compactions_held_;
    }
    ~Hold() {
      const std::lock_guard lock(engine.state_mutex_);
      --engine.compactions_held_;
      engine.work_.notify_all();
    }
  } const hold(*this);
  const JobNumber first_job{next_job_.load(std::memory_order_relaxed)};
  for (;;) {
    RangeStep step;
    {
      std::unique_lock lock(state_mutex_);
      check_open();
      if (stopping()) throw ClosedError(path_ + " is closed");
      step = plan_range(state_.version, plan_context(), compaction_options_, begin, end, first_job);
      if (step.done) break;
      progress.begin_step(step);
      if (step.plan) {
        enter_job(*step.plan);
      } else {
        if (jobs_.empty()) {
          throw CorruptionError(path_, 0,
                                "a damaged table lies in the range; db.verify() finds it");
        }
        check_writable();
        done_.wait_for(lock, kPollInterval);
        poll_unlocked(lock, poll);
      }
    }
    if (!step.plan) continue;
    try {
      run_compaction(*step.plan, poll);
    } catch (const Interrupted&) {
      check_open();  // closed by another thread, or else interrupted by `poll`
      throw;
    }
  }
  progress.begin_step({});
  poll({});
}

}  // namespace lsmkit
