#include "lsmkit/workload/zipf.h"

#include <algorithm>
#include <cmath>

#include "lsmkit/numbers/elementary.h"

namespace lsmkit {
namespace {

// From here on Euler and Maclaurin's formula is good to 1e-15 with three corrections.
constexpr double kSumOneByOne = 64;

// (e^x - 1) / x and ln(1 + x) / x, also where x is next to nothing.
double expm1_over(double x) {
  return std::fabs(x) > 1e-8 ? portable_expm1(x) / x : 1 + x / 2;
}
double log1p_over(double x) {
  return std::fabs(x) > 1e-8 ? portable_log1p(x) / x : 1 - x / 2;
}

// The integral of x^-theta from 1 to x; theta 1 needs no case of its own.
double power_integral(double x, double theta) {
  const double log = portable_log(x);
  return log * expm1_over((1 - theta) * log);
}

}  // namespace

double zipf_sum(double begin, double end, double theta) {
  double sum = 0;
  for (; begin < end && begin < kSumOneByOne; begin += 1) sum += portable_pow(begin, -theta);
  if (begin >= end) return sum;
  // The derivatives of f at x: the first is -theta f / x, and two more multiply it by
  // (theta + 1) (theta + 2) / x^2, and so on.
  const auto corrections = [theta](double x) {
    const double f = portable_pow(x, -theta), slope = -theta * f / x;
    const double third = slope * (theta + 1) * (theta + 2) / (x * x);
    const double fifth = third * (theta + 3) * (theta + 4) / (x * x);
    return -f / 2 + slope / 12 - third / 720 + fifth / 30240;
  };
  // From begin to end without taking a difference of two integrals from 1.
  const double log = portable_log(end / begin);
  const double area = portable_pow(begin, 1 - theta) * log * expm1_over((1 - theta) * log);
  return sum + area + corrections(end) - corrections(begin);
}

Zipf::Zipf(uint64_t n, double theta) : n_(static_cast<double>(n)), theta_(theta) {
  from_ = integral(1.5) - 1;
  to_ = integral(n_ + 0.5);
  always_ = 2 - inverse_integral(integral(2.5) - density(2));
}

double Zipf::integral(double x) const {
  return power_integral(x, theta_);
}

double Zipf::inverse_integral(double y) const {
  // Rounding may lead below where the integral begins.
  const double t = std::max(y * (1 - theta_), -1.0);
  return portable_exp(log1p_over(t) * y);
}

double Zipf::density(double x) const {
  return portable_exp(-theta_ * portable_log(x));
}

uint64_t Zipf::rank(Random& random) const {
  while (true) {
    const double y = to_ + random.unit() * (from_ - to_);
    const double x = inverse_integral(y);
    const double k = std::min(std::max(std::floor(x + 0.5), 1.0), n_);
    if (k - x <= always_ || y >= integral(k + 0.5) - density(k)) return static_cast<uint64_t>(k);
  }
}

YcsbZipfian::YcsbZipfian() {
  second_ = 1 + portable_pow(0.5, kTheta);
  eta_ = (1 - portable_pow(2 / kItems, 1 - kTheta)) / (1 - second_ / kZetaN);
}

uint64_t YcsbZipfian::rank(Random& random) const {
  const double u = random.unit(), of_sum = u * kZetaN;
  if (of_sum < 1) return 0;
  if (of_sum < second_) return 1;
  const double bent = portable_exp(portable_log(eta_ * u - eta_ + 1) / (1 - kTheta));
  return static_cast<uint64_t>(kItems * bent);
}

double YcsbZipfian::share_below(double rank) const {
  if (rank < 1) return 0;
  if (rank < 2) return 1 / kZetaN;
  if (rank >= kItems) return 1;
  return 1 - (1 - portable_pow(rank / kItems, 1 - kTheta)) / eta_;
}

uint64_t YcsbZipfian::hash(uint64_t rank) {
  uint64_t hash = 0xcbf29ce484222325;
  for (int i = 0; i < 8; ++i, rank >>= 8) hash = (hash ^ (rank & 0xff)) * 0x100000001b3;
  return static_cast<int64_t>(hash) < 0 ? 0 - hash : hash;
}

}  // namespace lsmkit
