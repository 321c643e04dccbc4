#include "lsmkit/workload/workload_stream.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "lsmkit/workload/arrivals.h"
#include "lsmkit/workload/sizes.h"

namespace lsmkit {
namespace {

constexpr uint64_t kUnlimited = std::numeric_limits<uint64_t>::max();

WorkloadSpec checked(WorkloadSpec spec) {
  check(spec);
  return spec;
}

Random phase_random(uint64_t seed, std::string_view part, uint64_t phase) {
  return Random(drawn_at(seed, stream_number(part), phase));
}

// A share as the numbers of 64 bits below which it lies.
uint64_t bits_below(double share) {
  return share >= 1 ? kUnlimited : static_cast<uint64_t>(share * 0x1p64);
}

}  // namespace

WorkloadStream::WorkloadStream(WorkloadSpec spec)
    : spec_(checked(std::move(spec))), encoder_(spec_.encoding), key_count_(spec_.key_count) {
  begin_phase();
}

void WorkloadStream::begin_phase() {
  const Phase& phase = spec_.phases[phase_];
  ops_left_ = bytes_left_ = kUnlimited;
  const bool closed = std::holds_alternative<ClosedLoop>(phase.rate);
  if (phase.end.unit == EndUnit::kOps) {
    ops_left_ = static_cast<uint64_t>(phase.end.after);
  } else if (phase.end.unit == EndUnit::kBytes) {
    bytes_left_ = static_cast<uint64_t>(phase.end.after);
  } else if (!closed) {
    (phase.rate_unit == WorkUnit::kOps ? ops_left_ : bytes_left_) =
        work_of_timed_phase(phase, spec_.seed, phase_);
  }

  kinds_ = phase_random(spec_.seed, "kinds", phase_);
  sizes_ = phase_random(spec_.seed, "sizes", phase_);
  syncs_ = phase_random(spec_.seed, "syncs", phase_);
  absences_ = phase_random(spec_.seed, "absences", phase_);
  chooser_.reset();
  if (!std::holds_alternative<QueueKeys>(phase.keys))
    chooser_.emplace(phase.keys, key_count_, spec_.seed, phase_random(spec_.seed, "keys", phase_));

  in_window_ = std::holds_alternative<WindowKeys>(phase.keys);
  if (in_window_) chooser_->keep_from(oldest_key_);

  batch_left_ = phase.batch_ops;
  batches_ = 0;
  batch_synced_ = syncs_.next() < bits_below(phase.synced_share);
  only_kind_.reset();
  double below = 0;
  for (size_t i = 0; i < kOpKindCount; ++i) {
    const double share = phase.mix.share(static_cast<OpKind>(i));
    if (share == 1) only_kind_ = static_cast<OpKind>(i);
    below += share;
    kind_below_[i] = bits_below(below);
  }
  only_size_.reset();
  if (const auto* constant = std::get_if<ConstantSize>(&phase.value_bytes))
    only_size_ = constant->size;
}

OpKind WorkloadStream::draw_kind() {
  if (only_kind_) return *only_kind_;
  const uint64_t drawn = kinds_.next();
  // The last kind that has a weight takes what the rounded sum leaves.
  size_t kind = 0, weighted = 0;
  for (; kind < kOpKindCount; ++kind) {
    if (spec_.phases[phase_].mix.weights[kind] == 0) continue;
    weighted = kind;
    if (drawn < kind_below_[kind]) break;
  }
  return static_cast<OpKind>(weighted);
}

uint64_t WorkloadStream::add_key() {
  chooser_->grow(key_count_ + 1);
  return key_count_++;
}

void WorkloadStream::choose_in_window(Operation& op) {
  const bool empty = oldest_key_ == key_count_;
  if (empty && op.kind == OpKind::kDelete) op.kind = OpKind::kPut;
  if (op.kind == OpKind::kDelete) {
    op.key_id = oldest_key_++;
    chooser_->keep_from(oldest_key_);
  } else if (op.kind == OpKind::kInsert || (empty && writes(op.kind))) {
    op.key_id = add_key();
  } else {
    op.key_id = empty ? oldest_key_ : chooser_->next();
  }
}

void WorkloadStream::choose_key(Operation& op) {
  if (in_window_) return choose_in_window(op);
  if (chooser_) {
    op.key_id = op.kind == OpKind::kInsert ? add_key() : chooser_->next();
    return;
  }
  if (op.kind == OpKind::kDelete && oldest_key_ == key_count_) op.kind = OpKind::kPut;
  if (op.kind == OpKind::kDelete) {
    op.key_id = oldest_key_++;
  } else if (op.kind == OpKind::kPut || op.kind == OpKind::kInsert) {
    op.key_id = key_count_++;
  } else {
    op.key_id = oldest_key_;
  }
}

bool WorkloadStream::next(Operation& op) {
  while (ops_left_ == 0 || bytes_left_ == 0) {
    if (phase_ + 1 == spec_.phases.size()) return false;
    ++phase_;
    begin_phase();
  }
  const Phase& phase = spec_.phases[phase_];
  op.number = operations_++;
  op.phase = phase_;
  op.kind = draw_kind();
  choose_key(op);
  op.absent = op.kind == OpKind::kGet && phase.absent_share > 0 &&
              absences_.next() < bits_below(phase.absent_share);
  uint64_t written = 0;
  if (op.kind == OpKind::kDelete || op.kind == OpKind::kGet) {
    op.size = 0;
  } else if (op.kind == OpKind::kScan) {
    op.size = draw_size(phase.scan_entries, sizes_);
  } else {
    op.size = only_size_ ? *only_size_ : draw_size(phase.value_bytes, sizes_);
  }
  if (writes(op.kind)) written = encoder_.key_bytes() + op.size;

  if (ops_left_ != kUnlimited) --ops_left_;
  if (bytes_left_ != kUnlimited) bytes_left_ -= std::min(bytes_left_, written);
  op.client = static_cast<uint32_t>(batches_ % phase.clients);
  op.synced = batch_synced_;
  op.ends_batch = --batch_left_ == 0 || ops_left_ == 0 || bytes_left_ == 0;
  if (op.ends_batch) {
    batch_left_ = phase.batch_ops;
    ++batches_;
    batch_synced_ = syncs_.next() < bits_below(phase.synced_share);
  }
  return true;
}

void WorkloadStream::end_phase() {
  ops_left_ = 0;
}

void WorkloadStream::make_key(const Operation& op, std::string& out) const {
  if (op.absent) {
    encoder_.encode_absent(op.key_id, out);
  } else {
    encoder_.encode(op.key_id, out);
  }
}

void WorkloadStream::make_value(const Operation& op, std::string& out) const {
  lsmkit::make_value(spec_.seed, op.key_id, op.number, op.size,
                     spec_.phases[op.phase].compressed_share, out);
}

}  // namespace lsmkit
