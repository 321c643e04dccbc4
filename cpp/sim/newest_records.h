// The newest record of each key, as it was written: what a reader is due to see, and what it
// weighs.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "lsmkit/sim/key_universe.h"
#include "lsmkit/sim/records.h"

namespace lsmkit {

class NewestRecords {
 public:
  struct Newest {
    Seqno seqno = 0;  // 0: never written
    uint32_t value_bytes = 0;
    bool deleted = false;
    bool is_live() const { return seqno != 0 && !deleted; }
  };

  explicit NewestRecords(std::shared_ptr<const KeyUniverse> keys)
      : keys_(std::move(keys)), newest_(keys_->size()) {}

  // Later than all that were taken, in order of writing.
  void take(std::span<const SimRecord> records);

  uint64_t size() const { return newest_.size(); }
  const Newest& operator[](KeyRank rank) const { return newest_[rank]; }
  uint64_t live_weight() const { return live_weight_; }
  uint64_t live_keys() const { return live_keys_; }

 private:
  const std::shared_ptr<const KeyUniverse> keys_;
  std::vector<Newest> newest_;  // by rank
  uint64_t live_weight_ = 0;
  uint64_t live_keys_ = 0;
};

}  // namespace lsmkit
