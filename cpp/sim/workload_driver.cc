#include "lsmkit/sim/workload_driver.h"

#include <algorithm>
#include <utility>

#include "lsmkit/bytes/error.h"

namespace lsmkit {

void check_simulated(const WorkloadSpec& spec) {
  check(spec);
  for (const Phase& phase : spec.phases)
    if (phase.ttl_s > 0)
      throw NotSupported("phase '" + printable(phase.name) +
                         "': records that expire (ttl_s) can't be simulated yet; leave ttl_s out, "
                         "or let layout 'fifo' drop whole tables by age (fifo_ttl_s)");
}

WorkloadDriver::WorkloadDriver(WorkloadSpec spec)
    : stream_((check_simulated(spec), std::move(spec))) {}

namespace {

constexpr size_t kMostReads = 4096;  // at once

bool ever(const WorkloadSpec& spec, OpKind kind) {
  return std::any_of(spec.phases.begin(), spec.phases.end(),
                     [&](const Phase& phase) { return phase.mix[kind] > 0; });
}

}  // namespace

bool gets(const WorkloadSpec& spec) {
  return ever(spec, OpKind::kGet) || ever(spec, OpKind::kReadModifyWrite);
}

bool scans(const WorkloadSpec& spec) {
  return ever(spec, OpKind::kScan);
}

bool WorkloadDriver::next_commit() {
  commit_.clear();
  reads_.clear();
  Operation op;
  while (reads_.size() < kMostReads || !commit_.empty()) {
    if (!stream_.next(op)) return !commit_.empty() || !reads_.empty();
    take(op);
    if (phase_end_us_ > 0 && static_cast<double>(clock_.phase_us()) >= phase_end_us_) {
      op.ends_batch = true;
      stream_.end_phase();
    }
    if (op.ends_batch && !commit_.empty()) return true;
  }
  return true;
}

void WorkloadDriver::take(const Operation& op) {
  if (op.phase != phase_) {
    phase_ = op.phase;
    const Phase& phase = stream_.spec().phases[phase_];
    clock_.begin_phase(phase);
    const bool ends_by_clock =
        phase.end.unit == EndUnit::kSeconds && std::holds_alternative<ClosedLoop>(phase.rate);
    phase_end_us_ = ends_by_clock ? phase.end.after * 1e6 : 0;
  }
  ++ops_;
  ++ops_by_kind_[static_cast<size_t>(op.kind)];
  if (op.kind == OpKind::kGet || op.kind == OpKind::kReadModifyWrite)
    reads_.push_back({op.key_id, 0, op.absent});
  if (op.kind == OpKind::kScan) reads_.push_back({op.key_id, op.size, false});
  const bool is_write = writes(op.kind);
  clock_.advance(is_write ? stream_.encoder().key_bytes() + op.size : 0);
  if (is_write)
    commit_.push_back({op.key_id, op.kind == OpKind::kDelete ? Kind::kDelete : Kind::kPut,
                       static_cast<uint32_t>(op.size)});
}

uint64_t op_count(const WorkloadSpec& spec) {
  uint64_t count = 0;
  for (const Phase& phase : spec.phases) {
    const bool closed = std::holds_alternative<ClosedLoop>(phase.rate);
    if (phase.end.unit == EndUnit::kOps) {
      count += static_cast<uint64_t>(phase.end.after);
    } else if (phase.end.unit == EndUnit::kSeconds && closed) {
      count += static_cast<uint64_t>(phase.end.after * 1e6);
    } else {
      return 0;
    }
  }
  return count;
}

}  // namespace lsmkit
