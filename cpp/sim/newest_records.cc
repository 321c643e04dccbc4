#include "lsmkit/sim/newest_records.h"

#include <algorithm>

namespace lsmkit {

// The places of random keys are far apart: each is asked for some records ahead.
void NewestRecords::take(std::span<const SimRecord> records) {
  constexpr size_t kAhead = 16;
  for (size_t i = 0; i < records.size(); ++i) {
    if (i + kAhead < records.size())
      __builtin_prefetch(newest_.data() + records[i + kAhead].key, 1);
    const SimRecord& record = records[i];
    const size_t key_bytes = keys_->key_bytes(record.key);
    Newest& newest = newest_[record.key];
    if (newest.is_live()) {
      --live_keys_;
      live_weight_ -= weight_of(key_bytes, newest.value_bytes);
    }
    // 0 is for what was never written: a seqno that compaction has zeroed was at least 1.
    newest = {std::max<Seqno>(record.seqno, 1), record.value_bytes, record.kind == Kind::kDelete};
    if (newest.is_live()) {
      ++live_keys_;
      live_weight_ += weight_of(key_bytes, record.value_bytes);
    }
  }
}

}  // namespace lsmkit
