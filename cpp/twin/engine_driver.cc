#include "lsmkit/twin/engine_driver.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "lsmkit/db/db_cursor.h"
#include "lsmkit/sim/workload_driver.h"
#include "lsmkit/vfs/clock.h"

namespace lsmkit {

EngineDriver::EngineDriver(Db& db, WorkloadSpec spec)
    : db_(db),
      stream_(std::move(spec)),
      total_ops_(op_count(stream_.spec())),
      clock_(system_clock()) {}

void EngineDriver::run(const Poll& poll) {
  Operation op;
  while (stream_.next(op)) {
    if (op.phase != phase_) begin_phase(op);
    due_.advance(writes(op.kind) ? stream_.encoder().key_bytes() + op.size : 0);
    if (is_paced_) wait_until_due(poll);
    carry_out(op);
    const double phase_s = static_cast<double>(clock_.now_us() - phase_began_us_) / 1e6;
    if (phase_s_ > 0 && phase_s >= phase_s_) {
      op.ends_batch = true;
      stream_.end_phase();
    }
    if (op.ends_batch) {
      commit(op.synced);
      poll(progress());
    }
  }
}

void EngineDriver::begin_phase(const Operation& op) {
  phase_ = op.phase;
  const Phase& phase = stream_.spec().phases[phase_];
  due_before_us_ = due_.now_us();
  due_.begin_phase(phase);
  phase_began_us_ = clock_.now_us();
  is_paced_ = !std::holds_alternative<ClosedLoop>(phase.rate);
  phase_s_ = !is_paced_ && phase.end.unit == EndUnit::kSeconds ? phase.end.after : 0;
}

void EngineDriver::wait_until_due(const Poll& poll) {
  constexpr uint64_t kNapUs = 20'000;
  const uint64_t due_us = phase_began_us_ + (due_.now_us() - due_before_us_);
  for (uint64_t now_us = clock_.now_us(); now_us < due_us; now_us = clock_.now_us()) {
    std::this_thread::sleep_for(std::chrono::microseconds(std::min(due_us - now_us, kNapUs)));
    poll(progress());
  }
  counts_.late_us = clock_.now_us() - due_us;
}

void EngineDriver::carry_out(const Operation& op) {
  ++counts_.ops;
  ++counts_.ops_by_kind[static_cast<size_t>(op.kind)];
  stream_.make_key(op, key_);
  if (op.kind == OpKind::kGet || op.kind == OpKind::kReadModifyWrite)
    counts_.found += db_.get(key_, found_);
  if (op.kind == OpKind::kScan) counts_.scanned += scan(db_, key_, op.size);
  if (!writes(op.kind)) return;
  if (op.kind == OpKind::kDelete) {
    batch_.remove(key_);
  } else {
    stream_.make_value(op, value_);
    batch_.put(key_, value_);
  }
}

uint64_t scan(Db& db, std::string_view first, uint64_t entries) {
  const std::unique_ptr<DbCursor> cursor = db.cursor({});
  cursor->seek(first);
  uint64_t count = 0;
  while (count < entries && cursor->valid())
    if (++count < entries) cursor->next();
  return count;
}

void EngineDriver::commit(bool synced) {
  if (batch_.empty()) return;
  db_.write(batch_, {.sync = synced});
  batch_.clear();
}

}  // namespace lsmkit
