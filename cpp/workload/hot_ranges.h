// mixgraph's ranges of keys (Cao et al., FAST 2020; db_bench_tool.cc, GenerateTwoTermExpKeys): how
// many keys each has, how likely each is, and which key in a range a draw is of. Asked by who draws
// and by who expects.
#pragma once

#include <cstdint>
#include <vector>

#include "lsmkit/numbers/random.h"
#include "lsmkit/workload/workload_spec.h"

namespace lsmkit {

class HotRanges {
 public:
  // Requires: checked, with that number of keys. db_bench leaves the keys that do not divide evenly
  // untouched; so does this.
  HotRanges(const RangeKeys& keys, uint64_t key_count);

  uint64_t draw(Random& random) const;

  uint64_t range_keys() const { return range_keys_; }
  // Of each range in key order, the share of draws; they sum up to 1.
  const std::vector<double>& shares() const { return shares_; }
  // Whether a key in a range is found by power law, and the share of draws with at most that x.
  bool by_power() const { return keys_.key_a > 0; }
  double power_share(double x) const;
  double most_x() const;

 private:
  RangeKeys keys_;
  uint64_t range_keys_;
  std::vector<double> shares_;
  std::vector<double> share_before_;  // of each range, the sum of those before it
};

}  // namespace lsmkit
