// Why the background does what it does: the planner's explanation for the state as it is, and what
// else runs, waits or fails. Any thread may ask at any time.
#include "lsmkit/db/engine.h"
#include "lsmkit/rules/flow.h"
#include "lsmkit/rules/write_delay.h"

namespace lsmkit {

BackgroundReport Engine::why() const {
  check_open();
  BackgroundReport out;
  out.own_planner = own_planner_;
  Version version;
  PlanContext context;
  {
    const std::lock_guard lock(state_mutex_);
    version = state_.version;
    context = plan_context();
    out.memtables = memtable_rows();
    out.flush_running = flush_running_;
    out.compactions_held = compactions_held_ > 0;
    out.flush_error = flush_failing_.text;
    out.compaction_error = compaction_failing_.text;
  }
  out.compactions = context.in_flight;
  BackgroundState no_flush;
  no_flush.compactions_running = static_cast<unsigned>(context.in_flight.size());
  no_flush.slots = options_.threads;
  out.compaction_slot_free = next_background_job(no_flush) == BackgroundJob::kCompaction;
  out.pause_us = pacer_.tree_pause_us(64 << 10);
  out.waiting_writes = waiting_writes_.load(std::memory_order_relaxed);
  if (wal_ && wal_->is_poisoned()) out.write_error = wal_->poison_text();
  // A large tree is looked at without the lock: a version never changes.
  out.next = explain_decision(version, context, compaction_options_);
  out.debt_weight = compaction_debt(version, compaction_options_);
  out.free_debt_weight = debt_pressure(version, compaction_options_).free;
  return out;
}

}  // namespace lsmkit
