#include "lsmkit/layered/record_log.h"

namespace lsmkit {

void RecordLog::append_unlike(uint32_t bytes) {
  if (lengths_.empty()) {
    lengths_.assign(count_, equal_bytes_);
    for (uint64_t i = 0; i < count_; i += kStep) begins_.push_back(i * equal_bytes_);
  }
  if (count_ % kStep == 0) begins_.push_back(end_);
  lengths_.push_back(bytes);
}

Lsn RecordLog::lsn(uint64_t record) const {
  if (lengths_.empty()) return record * equal_bytes_;
  if (record == count_) return end_;
  Lsn lsn = begins_[record / kStep];
  for (uint64_t i = record / kStep * kStep; i < record; ++i) lsn += lengths_[i];
  return lsn;
}

uint64_t RecordLog::first_at(Lsn lsn) const {
  if (lsn >= end_) return count_;
  if (lengths_.empty()) return (lsn + equal_bytes_ - 1) / equal_bytes_;
  const auto above = std::upper_bound(begins_.begin(), begins_.end(), lsn);
  uint64_t record = static_cast<uint64_t>(above - begins_.begin() - 1) * kStep;
  for (Lsn at = begins_[record / kStep]; at < lsn; ++record) at += lengths_[record];
  return record;
}

}  // namespace lsmkit
