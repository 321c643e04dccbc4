#include "lsmkit/rules/table_summary.h"

#include <algorithm>
#include <utility>

namespace lsmkit {

void KeySampler::add(std::string_view key, uint64_t weight_before) {
  if (!samples_.empty() && weight_before / stride_ == samples_.back().weight_before / stride_)
    return;
  samples_.push_back({std::string(key.substr(0, kMaxSampleBytes)), weight_before});
  while (samples_.size() > kMaxKeySamples) thin();
}

void KeySampler::thin() {
  stride_ *= 2;
  size_t kept = 1;
  for (size_t i = 1; i < samples_.size(); ++i) {
    if (samples_[i].weight_before / stride_ == samples_[kept - 1].weight_before / stride_) continue;
    if (kept != i) samples_[kept] = std::move(samples_[i]);
    ++kept;
  }
  samples_.resize(kept);
}

void TableSummary::add(const Entry& entry) {
  sampler_.add(entry.key, meta_.weight);
  if (meta_.entry_count == 0) {
    meta_.smallest = {std::string(entry.key), entry.seqno, entry.kind, false};
    meta_.smallest_seqno = entry.seqno;
  }
  // The last entry's key is copied each time; assign reuses the room.
  meta_.largest.key.assign(entry.key);
  meta_.largest.seqno = entry.seqno;
  meta_.largest.kind = entry.kind;
  meta_.smallest_seqno = std::min(meta_.smallest_seqno, entry.seqno);
  meta_.largest_seqno = std::max(meta_.largest_seqno, entry.seqno);
  meta_.weight += weight_of(entry);
  meta_.key_bytes += entry.key.size();
  meta_.value_bytes += entry.value.size();
  ++meta_.entry_count;
  if (entry.kind == Kind::kDelete) ++meta_.tombstone_count;
}

TableMeta TableSummary::take() {
  meta_.samples = sampler_.take();
  return std::move(meta_);
}

}  // namespace lsmkit
