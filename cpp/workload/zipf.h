// Zipf's distribution, k^-theta for ranks k = 1 .. n: exact draws without a table, and the sums
// that say how likely ranks are. And what YCSB draws in its place.
#pragma once

#include <cstdint>

#include "lsmkit/numbers/random.h"

namespace lsmkit {

// The sum of k^-theta for begin <= k < end, to 1e-13 of it; not a loop, however many. Requires:
// 1 <= begin <= end.
double zipf_sum(double begin, double end, double theta);

// Draws by rejection-inversion (Hoermann and Derflinger 1996): hardly ever more than one try.
class Zipf {
 public:
  Zipf() : Zipf(1, 0) {}
  // Requires: n > 0, 0 <= theta <= 5.
  Zipf(uint64_t n, double theta);
  uint64_t rank(Random& random) const;  // from 1

 private:
  double integral(double x) const;          // of x^-theta
  double inverse_integral(double y) const;  // its inverse
  double density(double x) const;           // x^-theta

  double n_;
  double theta_;
  double from_;    // the integral where the ranks begin, with all of rank 1 above it
  double to_;      // and where they end
  double always_;  // an x so little below its rank is taken unseen
};

// YCSB's zipfian: ranks among 10^16 items at theta .99 by Gray's formula (Gray et al., SIGMOD 1994;
// ZipfianGenerator.java), which is near Zipf's distribution, not it. And the sum that it is given
// is the one of 10^10 items; that of 10^16 would be 45.12. So the head is hotter than any zipf's.
class YcsbZipfian {
 public:
  static constexpr double kItems = 1e16;
  static constexpr double kTheta = 0.99;
  static constexpr double kZetaN = 26.46902820178302;  // ZETAN in ScrambledZipfianGenerator.java

  YcsbZipfian();
  uint64_t rank(Random& random) const;  // from 0
  // The share of draws whose rank is below `rank`.
  double share_below(double rank) const;

  // Where YCSB puts it: FNV-1a of the rank's eight bytes, without its sign (Utils.java).
  static uint64_t hash(uint64_t rank);

 private:
  double second_;  // 1 + 2^-theta
  double eta_;
};

}  // namespace lsmkit
