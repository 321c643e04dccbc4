// The keys that a workload may write, sorted, and the rank of each id among them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "lsmkit/sim/key_universe.h"
#include "lsmkit/workload/key_encoder.h"
#include "lsmkit/workload/workload_spec.h"

namespace lsmkit {

class WorkloadKeys {
 public:
  // Throws InvalidArgument for a workload that is none, or for more keys than an exact simulation
  // can hold. A workload that adds keys is gone through once to count them.
  explicit WorkloadKeys(const WorkloadSpec& spec);
  // With room for so many added ones.
  WorkloadKeys(const WorkloadSpec& spec, uint64_t most_inserts);
  // `others` lie among them, which the workload may know nothing of.
  WorkloadKeys(const WorkloadSpec& spec, std::vector<std::string> others);

  const std::shared_ptr<const KeyUniverse>& universe() const { return universe_; }
  KeyRank rank_of(uint64_t id) const {
    return ranks_.empty() ? static_cast<KeyRank>(id) : ranks_[id];
  }

 private:
  WorkloadKeys(const WorkloadSpec& spec, uint64_t most_inserts, std::vector<std::string> others);
  void find_ranks(const KeyEncoder& encoder, uint64_t count);

  std::shared_ptr<const KeyUniverse> universe_;
  std::vector<KeyRank> ranks_;  // by id; empty: ids are in key order
};

}  // namespace lsmkit
