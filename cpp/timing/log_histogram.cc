#include "lsmkit/timing/log_histogram.h"

#include <algorithm>

#include "lsmkit/numbers/double_parts.h"

namespace lsmkit {

// The bits of a double are its octave and then where in it it lies, so the upper ones count
// buckets.
size_t LogHistogram::bucket_of(double value) {
  if (value < power_of_two(kLeastExponent)) return 0;
  const uint64_t steps = std::bit_cast<uint64_t>(value) >> (52 - kStepsBits);
  const uint64_t first = std::bit_cast<uint64_t>(power_of_two(kLeastExponent)) >> (52 - kStepsBits);
  return std::min<size_t>(static_cast<size_t>(steps - first) + 1, kBuckets - 1);
}

double LogHistogram::begin_of(size_t bucket) {
  if (bucket == 0) return 0;
  const uint64_t first = std::bit_cast<uint64_t>(power_of_two(kLeastExponent)) >> (52 - kStepsBits);
  return std::bit_cast<double>((first + bucket - 1) << (52 - kStepsBits));
}

void LogHistogram::add(double value, double count) {
  if (!(count > 0)) return;
  value = std::max(value, 0.0);
  counts_[bucket_of(value)] += count;
  count_ += count;
  sum_ += value * count;
  max_ = std::max(max_, value);
}

void LogHistogram::add_spread(double a, double b, double count) {
  if (a > b) std::swap(a, b);
  a = std::max(a, 0.0);
  const size_t first = bucket_of(a), last = bucket_of(b);
  if (!(count > 0)) return;
  max_ = std::max(max_, b);
  if (first == last) return add((a + b) / 2, count);
  const double per_unit = count / (b - a);
  double from = a;
  for (size_t bucket = first; bucket <= last; ++bucket) {
    const double to = bucket == last ? b : begin_of(bucket + 1);
    counts_[bucket] += per_unit * (to - from);
    from = to;
  }
  count_ += count;
  sum_ += (a + b) / 2 * count;
}

double LogHistogram::quantile(double share) const {
  const double wanted = share * count_;
  double below = 0;
  for (size_t bucket = 0; bucket < kBuckets; ++bucket) {
    if (counts_[bucket] == 0) continue;
    if (below + counts_[bucket] < wanted) {
      below += counts_[bucket];
      continue;
    }
    const double begin = begin_of(bucket);
    const double end = std::min(bucket + 1 < kBuckets ? begin_of(bucket + 1) : max_, max_);
    const double part = std::max(wanted - below, 0.0) / counts_[bucket];
    return std::min(begin + std::max(end - begin, 0.0) * part, max_);
  }
  return max_;
}

}  // namespace lsmkit
