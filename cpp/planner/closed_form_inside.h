// Inside the closed forms: what puts leave, by classes of keys.
#pragma once

#include <cmath>
#include <span>

#include "lsmkit/planner/closed_form.h"

namespace lsmkit {

// Different keys among so many puts; all of them if these have no end.
inline double different_keys(std::span<const KeyShare> keys, double puts) {
  double sum = 0;
  for (const KeyShare& k : keys) sum -= k.keys * std::expm1(-k.probability * puts);
  return sum;
}

inline double all_keys(std::span<const KeyShare> keys) {
  double sum = 0;
  for (const KeyShare& k : keys) sum += k.keys;
  return sum;
}

// Of a tiered tree (closed_form_runs.cc).
ExpectedCost expected_cost_of_runs(const CompactionOptions& options, std::span<const KeyShare> keys,
                                   double record_weight);

}  // namespace lsmkit
