// Values and tombstones as a workload writes them: of its phases, each by how much it writes.
#pragma once

#include <cstdint>
#include <vector>

#include "lsmkit/numbers/random.h"
#include "lsmkit/workload/workload_spec.h"

namespace lsmkit {

class SampleValues {
 public:
  explicit SampleValues(const WorkloadSpec& workload);  // which must outlive it

  struct Value {
    uint64_t bytes = 0;
    double compressed_share = 1;
    bool deleted = false;
  };
  // Without tombstones where these are gone: at the bottom of a tree.
  Value draw(bool with_tombstones = true);
  Random& random() { return random_; }

 private:
  const WorkloadSpec& workload_;
  Random random_;
  std::vector<double> ends_;  // by phase: writes of it and those before
};

}  // namespace lsmkit
