// A double taken apart and put together: exponents by bits, and sums and products with the part
// that rounding loses (Knuth, Dekker). For the elementary functions.
#pragma once

#include <bit>
#include <cstdint>
#include <limits>

namespace lsmkit {

inline constexpr double kInfinity = std::numeric_limits<double>::infinity();
inline constexpr double kNotANumber = std::numeric_limits<double>::quiet_NaN();

// ln 2 in two parts; the first has 21 zero bits at its end, so that a multiple by any exponent is
// exact.
inline constexpr double kLn2High = 0x1.62e42feep-1;
inline constexpr double kLn2Low = 0x1.a39ef35793c76p-33;

// 2^n. Requires: -1022 <= n <= 1023.
constexpr double power_of_two(int n) {
  return std::bit_cast<double>(static_cast<uint64_t>(n + 1023) << 52);
}

// x 2^n for every n; rounds once, unless x is not near 1.
constexpr double scaled(double x, int n) {
  if (n > 1023) return x * 0x1p1023 * power_of_two(n - 1023 > 1023 ? 1023 : n - 1023);
  // In the subnormals: one exact step, then the one that rounds.
  if (n < -1022) return x * power_of_two(n + 200 < -1022 ? -1022 : n + 200) * 0x1p-200;
  return x * power_of_two(n);
}

// x = fraction 2^exponent, the fraction between sqrt(1/2) and sqrt(2).
struct Split {
  double fraction;
  int exponent;
};
// Requires: x > 0 and finite.
constexpr Split split(double x) {
  int exponent = 0;
  if (x < 0x1p-1022) {
    x *= 0x1p54;
    exponent = -54;
  }
  const uint64_t bits = std::bit_cast<uint64_t>(x);
  // The fraction of the square root of a half, so that the borrow decides for either half.
  constexpr uint64_t kHalfRoot = std::bit_cast<uint64_t>(0x1.6a09e667f3bcdp-1);
  const auto offset = static_cast<int64_t>(bits - kHalfRoot);
  const auto n = static_cast<int>(offset >> 52);
  return {std::bit_cast<double>(bits - (static_cast<uint64_t>(offset >> 52) << 52)), exponent + n};
}

// A number as a sum; `low` is below half a unit in the last place of `high`.
struct Twofold {
  double high;
  double low;
};

constexpr Twofold exact_sum(double a, double b) {
  const double sum = a + b;
  const double of_b = sum - a;
  return {sum, (a - (sum - of_b)) + (b - of_b)};
}

// Requires: |a| >= |b|.
constexpr Twofold exact_sum_ordered(double a, double b) {
  const double sum = a + b;
  return {sum, b - (sum - a)};
}

// Requires: no overflow, |a| and |b| below 2^990.
constexpr Twofold exact_product(double a, double b) {
  constexpr double kSplitter = 0x1p27 + 1;
  const double a_big = a * kSplitter, b_big = b * kSplitter;
  const double a_high = a_big - (a_big - a), b_high = b_big - (b_big - b);
  const double a_low = a - a_high, b_low = b - b_high;
  const double product = a * b;
  return {product, ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low};
}

constexpr Twofold product(const Twofold& a, const Twofold& b) {
  const Twofold high = exact_product(a.high, b.high);
  return exact_sum_ordered(high.high, high.low + (a.high * b.low + a.low * b.high));
}

constexpr Twofold sum(const Twofold& a, const Twofold& b) {
  const Twofold high = exact_sum(a.high, b.high);
  return exact_sum_ordered(high.high, high.low + (a.low + b.low));
}

}  // namespace lsmkit
