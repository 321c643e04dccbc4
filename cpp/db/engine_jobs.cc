// Flush and compaction as jobs; who runs them, and when, stands in engine_workers.cc.
//
// Every job goes the same way: plan under state_mutex_, carry out without locks, sync, then one
// edit publishes the result (commit_edit). A failed job leaves nothing behind but its error.
#include <algorithm>
#include <utility>

#include "lsmkit/bytes/error.h"
#include "lsmkit/db/directory.h"
#include "lsmkit/db/engine.h"
#include "lsmkit/db/epoch.h"
#include "lsmkit/db/output_options.h"

namespace lsmkit {

// ---- Jobs that call back.

namespace {
thread_local const void* engine_of_running_job = nullptr;
}

Engine::JobScope::JobScope(const Engine& engine) : outer_(engine_of_running_job) {
  engine_of_running_job = &engine;
}
Engine::JobScope::~JobScope() {
  engine_of_running_job = outer_;
}

bool Engine::in_own_job() const {
  return engine_of_running_job == this;
}

// What would wait for the very job that calls back.
void Engine::check_not_in_job(const char* call) const {
  if (!in_own_job()) return;
  throw InvalidArgument(std::string(call) + " was called from a progress callback or planner of " +
                        path_ + "; return from it first, or raise to end the call");
}

// ---- Publishing.

void Engine::install_view() {
  auto view = make_read_view(view_owner_.get(), memtables_newest_first(), state_.version, tables_);
  if (read_only_) view->read_at = state_.last_seqno;
  replaced_views_.reserve(replaced_views_.size() + 1);
  // From here on nothing throws: readers may stand in the view that is replaced.
  view_.store(view.get());
  replaced_views_.push_back(std::exchange(view_owner_, std::move(view)));
  pacer_.tree_changed(state_.version, sealed_.size(), environment_.clock->now_us());
}

// Requires: no lock held. Lets go of views that install_view has replaced, and of what only they
// kept.
void Engine::release_replaced_views() {
  std::vector<std::shared_ptr<const ReadView>> replaced;
  {
    const std::lock_guard lock(state_mutex_);
    replaced.swap(replaced_views_);
  }
  for (auto& view : replaced) retire([kept = std::move(view)] {});
  collect_retired();
  tables_.purge();
}

std::vector<std::shared_ptr<Memtable>> Engine::memtables_newest_first() const {
  std::vector<std::shared_ptr<Memtable>> out{active_};
  for (auto sealed = sealed_.rbegin(); sealed != sealed_.rend(); ++sealed) {
    out.push_back(sealed->memtable);
  }
  out.insert(out.end(), replayed_.begin(), replayed_.end());
  return out;
}

// Makes an edit durable and then visible. `count` adds what it did to the counters, `applied` runs
// with the state's lock held. If the MANIFEST can't be written the outputs stay: the edit may
// stand.
void Engine::commit_edit(VersionEdit edit, const std::function<void(Counters&)>& count,
                         const std::function<void()>& applied, Event event) {
  // Requires: manifest_mutex_.
  const auto discard_added = [&] {
    for (const AddedTable& added : edit.added) {
      if (!state_.version.find(added.table->number)) tables_.discard(added.table->number);
    }
  };
  // A table that can't be opened must not be published. That reads, and other jobs wait for the
  // lock.
  try {
    for (const AddedTable& added : edit.added) tables_.handle(added.table)->pin();
  } catch (...) {
    const std::lock_guard lock(manifest_mutex_);
    discard_added();
    throw;
  }
  {
    const std::lock_guard lock(manifest_mutex_);
    ManifestState after;
    try {
      // Another job's edit may be in doubt: nothing may be written or removed any more.
      wal_->check_usable();
      if (!manifest_) throw ClosedError(path_ + " is closed");
      // state_ changes under manifest_mutex_ only, so it can be read here.
      Counters counters = state_.counters;
      count(counters);
      edit.counters = counters;
      edit.next_job = JobNumber{next_job_.load(std::memory_order_relaxed)};
      edit.next_log = wal_->next_number();
      after = state_;
      apply(after, edit);
      manifest_->prepare(edit);
    } catch (...) {
      discard_added();
      throw;
    }
    try {
      manifest_->append(edit, after);
      event.counters = after.counters;
      events_.add_change(std::move(event), state_);
      const std::lock_guard state_lock(state_mutex_);
      state_ = std::move(after);
      for (const RemovedTable& removed : edit.removed) {
        if (!state_.version.find(removed.number)) tables_.drop(removed.number);
      }
      applied();
      install_view();
      work_.notify_all();
      done_.notify_all();
    } catch (const std::exception& error) {
      // The edit may stand, and what is in memory may not fit to it.
      wal_->poison(error.what());
      throw;
    }
  }
  release_replaced_views();
}

// Makes the names of a job's outputs durable, or removes them.
void Engine::sync_names(const std::vector<TableRef>& outputs) {
  try {
    environment_.files->sync_dir(path_);
  } catch (...) {
    for (const TableRef& table : outputs) tables_.discard(table->number);
    throw;
  }
}

// Requires: state_mutex_ held.
JobNumber Engine::take_job_number() {
  return JobNumber{next_job_.fetch_add(1, std::memory_order_relaxed)};
}

Event Engine::new_event(EventKind kind) const {
  Event event;
  event.kind = kind;
  event.time_us = environment_.clock->now_us();
  event.wall_us = environment_.clock->wall_us();
  event.last_seqno = published();
  return event;
}

// The event of a job that began at `start_us`, as far as its edit tells.
Event Engine::job_event(const VersionEdit& edit, uint64_t start_us) const {
  Version before;
  {
    const std::lock_guard lock(state_mutex_);
    before = state_.version;
  }
  Event event = event_of(edit, before);
  event.time_us = environment_.clock->now_us();
  event.wall_us = environment_.clock->wall_us();
  event.last_seqno = published();
  event.duration_us = event.time_us - start_us;
  return event;
}

// ---- Flush.

// What users did is counted by writers, and becomes durable with the flush that covers it.
void Engine::take_user_counters(Counters& counters, const Counters& written) {
  counters.user_key_bytes = written.user_key_bytes;
  counters.user_value_bytes = written.user_value_bytes;
  counters.user_weight = written.user_weight;
  counters.puts = written.puts;
  counters.deletes = written.deletes;
  counters.log_bytes = written.log_bytes;
  counters.stall_us = written.stall_us;
}

// While one stands no (other) flush runs, and so no log goes away.
Engine::FlushSlot::FlushSlot(Engine& engine) : engine_(engine) {
  std::unique_lock lock(engine_.state_mutex_);
  engine_.done_.wait(lock, [this] { return !engine_.flush_running_; });
  engine_.flush_running_ = true;
}

Engine::FlushSlot::~FlushSlot() {
  const std::lock_guard lock(engine_.state_mutex_);
  engine_.flush_running_ = false;
  engine_.done_.notify_all();
  engine_.work_.notify_all();
}

// Flushes the oldest sealed memtable; false if there is none. One at a time.
bool Engine::flush_oldest(const Poll& poll) {
  check_not_in_job("a write that needs room");
  const FlushSlot slot(*this);
  const JobScope scope(*this);
  Sealed sealed;
  Version version;
  JobNumber job;
  {
    const std::lock_guard lock(state_mutex_);
    if (sealed_.empty()) return false;
    sealed = sealed_.front();
    version = state_.version;
    job = take_job_number();
  }
  const uint64_t start_us = environment_.clock->now_us();
  const auto pins = snapshots_.pinned(published_);
  const MergeRules rules = flush_rules(job, version, sealed.memtable->weight(), pins.seqnos,
                                       pins.published, compaction_options_);
  OutputContext context = output_context(0, sealed.memtable->entry_count(), poll);
  const auto limited = limit(context, IoUse::kFlush);
  JobOutput output = run_flush(rules, sealed.memtable->cursor(), std::move(context));
  sync_names(output.tables);  // Against a power loss after the log is gone.

  const Seqno flushed = sealed.memtable->largest_seqno();
  VersionEdit edit = flush_edit({.job = job,
                                 .largest_seqno = flushed,
                                 .history_floor = pins.published,
                                 .tables = output.tables,
                                 .reason = EditReason::kFlush});
  edit.flushed_seqno = flushed;
  edit.last_seqno = flushed;
  edit.oldest_log = sealed.next_log;
  Event event = job_event(edit, start_us);
  event.in_entries = output.counts.in_entries;
  event.out_entries = output.counts.out_entries;
  event.dropped_entries = output.counts.dropped_entries;
  commit_edit(
      edit,
      [&](Counters& counters) {
        take_user_counters(counters, sealed.written);
        count_flush(edit, counters);
      },
      [&] {
        sealed_bytes_.fetch_sub(sealed_.front().allocated_bytes, std::memory_order_relaxed);
        std::erase_if(flushed_, [](const auto& memtable) { return memtable.expired(); });
        flushed_.push_back(sealed_.front().memtable);
        sealed_.pop_front();
        flush_failing_.succeed();
      },
      std::move(event));
  pacer_.flushed(sealed.memtable->weight(), environment_.clock->now_us() - start_us);
  wal_->forget(flushed, sealed.next_log);
  room_.notify_all();
  return true;
}

// ---- Compaction.

// Requires: state_mutex_ held.
PlanContext Engine::plan_context() const {
  const auto pins = snapshots_.pinned(published_);
  PlanContext context;
  context.job = JobNumber{next_job_.load(std::memory_order_relaxed)};
  context.in_flight = jobs_;
  context.damaged.assign(damaged_.begin(), damaged_.end());
  // Inline, whoever plans has flushed; and nobody waits for flushes that fail.
  if (!inline_background() && !flush_failing_.error) context.sealed_memtables = sealed_.size();
  context.busy_cores = busy_cores_.of_late();
  context.free_slots = 1;
  context.now_us = environment_.clock->wall_us();
  context.pinned_seqnos = pins.seqnos;
  context.history_floor = pins.published;
  return context;
}

// Plans what is due and enters it as in flight. Requires: state_mutex_ held.
std::optional<CompactionPlan> Engine::begin_compaction() {
  auto plan = plan_compaction(state_.version, plan_context(), compaction_options_);
  if (plan) enter_job(*plan);
  return plan;
}

// The same by one's own planner, which is asked without state_mutex_: it may wait for other
// threads, and look at this engine. Requires: inline_mutex_ held, so flushes alone come between,
// above all that is planned.
std::optional<CompactionPlan> Engine::begin_own_compaction() {
  Version version;
  PlanContext context;
  {
    const std::lock_guard lock(state_mutex_);
    version = state_.version;
    context = plan_context();
    take_job_number();  // the context's; a flush meanwhile takes the next
  }
  std::optional<CompactionPlan> plan;
  {
    const JobScope scope(*this);
    plan = planner_(version, context, compaction_options_);
  }
  const std::lock_guard lock(state_mutex_);
  if (plan) {
    jobs_.push_back(job_in_flight(*plan));
  } else {
    // The number was for nothing: it is the next one again, unless a flush has taken that.
    auto next = static_cast<uint64_t>(context.job) + 1;
    next_job_.compare_exchange_strong(next, next - 1);
  }
  return plan;
}

// Requires: state_mutex_ held since the plan was made.
void Engine::enter_job(const CompactionPlan& plan) {
  take_job_number();  // the plan's own
  jobs_.push_back(job_in_flight(plan));
}

static uint64_t weight_out_of_l0(const CompactionPlan& plan) {
  uint64_t weight = 0;
  if (plan.output_level == 0 || !plan.rewrites()) return 0;
  for (const PlanInput& input : plan.inputs) {
    if (input.level != 0) continue;
    for (const TableRef& table : input.tables) weight += table->weight;
  }
  return weight;
}

// Carries out a plan that has been entered as in flight.
void Engine::run_compaction(const CompactionPlan& plan, const Poll& poll) {
  struct InFlight {
    Engine& engine;
    JobNumber job;
    bool takes_l0;
    bool is_done = false;
    ~InFlight() {
      const std::lock_guard lock(engine.state_mutex_);
      std::erase_if(engine.jobs_, [&](const JobInFlight& j) { return j.job == job; });
      if (takes_l0) engine.pacer_.l0_job_ends(is_done, engine.environment_.clock->now_us());
      engine.done_.notify_all();
      engine.work_.notify_all();
    }
  } in_flight{*this, plan.job, weight_out_of_l0(plan) > 0};

  const JobScope scope(*this);
  const uint64_t start_us = environment_.clock->now_us();
  if (in_flight.takes_l0) {
    const std::lock_guard lock(state_mutex_);
    pacer_.l0_job_begins(weight_out_of_l0(plan), start_us);
  }
  JobOutput output;
  if (plan.rewrites()) {
    const OpenTable open = [this](const TableRef& table) { return tables_.handle(table)->pin(); };
    try {
      const unsigned threads = inline_background() ? 1 : options_.threads;
      OutputContext context =
          output_context(plan.output_level, plan.merge.input_entry_count.value_or(0), poll);
      const auto limited = limit(context, IoUse::kCompaction);
      const uint64_t core_start_us = thread_core_us();
      output = run_merge(plan, open, std::move(context), threads);
      if (!inline_background()) note_busy_cores(thread_core_us() - core_start_us, start_us);
    } catch (const CorruptionError& error) {
      mark_damaged(plan, error.file());
      throw;
    }
    sync_names(output.tables);  // Against a power loss after the inputs are gone.
  }
  const VersionEdit edit = edit_for(plan, output.tables, output.counts.passed);
  Event event = job_event(edit, start_us);
  event.kind = plan.trivial_move ? EventKind::kTrivialMove : EventKind::kCompaction;
  event.in_entries = output.counts.in_entries;
  event.out_entries = output.counts.out_entries;
  event.dropped_entries = output.counts.dropped_entries;
  if (plan.drop)
    event.in_entries = event.dropped_entries = plan.merge.input_entry_count.value_or(0);
  event.text = explain(plan);
  const uint64_t event_dropped = event.dropped_entries;
  commit_edit(
      edit,
      [&](Counters& counters) {
        count_compaction(plan, output.tables, output.counts.passed, event_dropped, counters);
      },
      [&] { compaction_failing_.succeed(); }, std::move(event));
  in_flight.is_done = true;
  room_.notify_all();  // RocksDB's rule stops writes until L0 is smaller
}

// Of this thread, which has worked for a job since `start_us`. If the job has parts in other
// threads, those had about as much.
void Engine::note_busy_cores(uint64_t core_us, uint64_t start_us) {
  const uint64_t us = environment_.clock->now_us() - start_us;
  const std::lock_guard lock(state_mutex_);
  busy_cores_.job_ended(static_cast<double>(core_us), static_cast<double>(us), jobs_.size());
}

void Engine::mark_damaged(const CompactionPlan& plan, const std::string& file) {
  const std::lock_guard lock(state_mutex_);
  for (const PlanInput& input : plan.inputs) {
    for (const TableRef& table : input.tables) {
      if (file.ends_with(table_file_name(table->number))) damaged_.insert(table->number);
    }
  }
}

// Inline mode has no limiter: it promises not to wait, and the injected clock moves between calls
// only. The parts of a job wait in threads of their own, so they only look whether to stop.
std::unique_ptr<FileSystem> Engine::limit(OutputContext& context, IoUse use) {
  if (!limiter_) return nullptr;
  auto files = std::make_unique<LimitedFileSystem>(*context.files, *limiter_, use, [this] {
    if (stopping()) throw Interrupted();
  });
  context.files = files.get();
  return files;
}

// `poll` hears of each entry written, of at most `entry_count`.
OutputContext Engine::output_context(uint32_t level, uint64_t entry_count, const Poll& poll) {
  return output_context_of(options_, environment_, path_, database_id_, level,
                           [this, poll, at = Progress{0, entry_count}](uint64_t more) mutable {
                             if (stopping()) throw Interrupted();
                             at.done = std::min(at.done + more, at.total);
                             if (poll) poll(at);
                           });
}

}  // namespace lsmkit
