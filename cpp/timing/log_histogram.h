// How often which duration came, in buckets a thirty-second of an octave wide: 3 % at most between
// a bucket's ends, from a sixteenth of a microsecond to half a century, in constant memory.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace lsmkit {

class LogHistogram {
 public:
  LogHistogram() : counts_(kBuckets, 0.0) {}

  // `count` need not be whole.
  void add(double value, double count);
  // Spread evenly over all values between the two.
  void add_spread(double a, double b, double count);

  double count() const { return count_; }
  double sum() const { return sum_; }
  double mean() const { return count_ > 0 ? sum_ / count_ : 0; }
  // The largest that came.
  double max() const { return max_; }
  // What a share of `share` lies at or below; 0 if nothing came.
  double quantile(double share) const;

  bool operator==(const LogHistogram&) const = default;

 private:
  static constexpr int kStepsBits = 5;  // 32 buckets an octave
  static constexpr int kLeastExponent = -4;
  static constexpr int kOctaves = 56;
  static constexpr size_t kBuckets = (size_t{kOctaves} << kStepsBits) + 1;  // the first: below all

  static size_t bucket_of(double value);
  static double begin_of(size_t bucket);

  std::vector<double> counts_;
  double count_ = 0;
  double sum_ = 0;
  double max_ = 0;
};

}  // namespace lsmkit
