// What the benchmarks share: a clock, medians, keys.
#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "lsmkit/bytes/hash.h"

namespace lsmkit::bench {

inline double seconds_of(auto&& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

inline double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

// The least value that at least so many percent of them do not exceed. Requires: ascending, not
// empty.
template <class Number>
Number percentile(const std::vector<Number>& ascending, double percent) {
  const double rank = std::ceil(static_cast<double>(ascending.size()) * percent / 100);
  return ascending[static_cast<size_t>(std::max(rank, 1.0)) - 1];
}

// `i` as 16 decimal digits, as db_bench writes keys.
inline std::string decimal_key(uint64_t i) {
  char digits[24];
  std::snprintf(digits, sizeof digits, "%016llu", static_cast<unsigned long long>(i));
  return std::string(digits, 16);
}

// Half of it repeats, so that it compresses to about half.
inline std::string half_random_value(size_t bytes, uint64_t seed) {
  std::string value(bytes, 'v');
  for (size_t i = 0; i < bytes / 2; ++i) value[i] = static_cast<char>(mix64(seed * 131 + i));
  return value;
}

}  // namespace lsmkit::bench
