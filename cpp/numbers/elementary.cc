#include "lsmkit/numbers/elementary.h"

#include <array>
#include <cmath>
#include <cstdint>

#include "lsmkit/numbers/double_parts.h"

namespace lsmkit {
namespace {

constexpr int kFactorials = 18;
constexpr std::array<double, kFactorials> kInverseFactorial = [] {
  std::array<double, kFactorials> out{};
  double factorial = 1;
  for (int n = 0; n < kFactorials; ++n) {
    if (n > 0) factorial *= n;
    out[static_cast<size_t>(n)] = 1 / factorial;
  }
  return out;
}();

// The whole number nearest to x, for |x| < 2^51; away from the ties it matters nowhere.
double nearest(double x) {
  constexpr double kShift = 0x1.8p52;
  return (x + kShift) - kShift;
}

// x = exponent ln 2 + high - low, where |high| <= ln 2 / 2.
struct Reduced {
  int exponent;
  double high;
  double low;
};
Reduced reduced(double x) {
  constexpr double kInverseLn2 = 1.4426950408889634;
  const double n = nearest(x * kInverseLn2);
  return {static_cast<int>(n), x - n * kLn2High, n * kLn2Low};
}

// (e^r - 1 - r) by its series. Requires: |r| <= 0.36, where the first term left out is below 2^-60.
double exp_tail(double r) {
  double tail = kInverseFactorial[13];
  for (size_t n = 12; n >= 2; --n) tail = tail * r + kInverseFactorial[n];
  return tail * r * r;
}

// e^r - 1 for r = high - low.
double expm1_of_small(double high, double low) {
  return high - (low - exp_tail(high - low));
}

// 2 (z / 3 + z^2 / 5 + ...), for z <= 0.0296: ln((1 + s) / (1 - s)) = s (2 + this), z = s^2.
double log_series(double z) {
  double out = 2.0 / 25;
  for (int n = 23; n >= 3; n -= 2) out = out * z + 2.0 / n;
  return out * z;
}

// ln(1 + f) - f, for sqrt(1/2) <= 1 + f <= sqrt(2).
double log1p_less_f(double f) {
  const double s = f / (2 + f);
  return -s * (f - log_series(s * s));
}

// ln x to about 2^-65 of its value. Requires: x > 0 and finite.
Twofold twofold_log(double x) {
  const auto [fraction, exponent] = split(x);
  const double f = fraction - 1;
  const Twofold two_more = exact_sum(2, f);
  // s = f / (2 + f), and what its rounding left.
  const double s_high = f / two_more.high;
  const Twofold back = exact_product(s_high, two_more.high);
  const double s_low = (((f - back.high) - back.low) - s_high * two_more.low) / two_more.high;
  const Twofold s = {s_high, s_low};
  const Twofold z = product(s, s);
  // s (2 + 2/3 z + rest), of which only the rest may be a plain double.
  constexpr Twofold kTwoThirds = {2.0 / 3, 0x1.5555555555555p-55};
  double rest = 2.0 / 27;
  for (int n = 25; n >= 5; n -= 2) rest = rest * z.high + 2.0 / n;
  const Twofold third = product(z, kTwoThirds);
  const Twofold bracket = sum({2, 0}, exact_sum(third.high, third.low + rest * z.high * z.high));
  const double n = exponent;
  const Twofold of_exponent = exact_sum(n * kLn2High, n * kLn2Low);
  return sum(of_exponent, product(s, bracket));
}

// e^(high - low) for what reduced() gave.
double exp_of(const Reduced& x) {
  return scaled(1 + expm1_of_small(x.high, x.low), x.exponent);
}

constexpr double kExpOverflows = 709.782712893384;
constexpr double kExpVanishes = -745.1332191019412;

}  // namespace

double portable_exp(double x) {
  if (x != x) return x;
  if (x > kExpOverflows) return kInfinity;
  if (x < kExpVanishes) return 0;
  return exp_of(reduced(x));
}

double portable_expm1(double x) {
  if (x != x || x == 0) return x;
  if (x > kExpOverflows) return kInfinity;
  if (x < -40) return -1;
  const Reduced r = reduced(x);
  const double small = expm1_of_small(r.high, r.low);
  if (r.exponent == 0) return small;
  // 2^k (small + 1) - 1 = 2^k (small + (1 - 2^-k)); far up the 1 that is taken away is nothing.
  if (r.exponent > 60) return scaled(1 + small, r.exponent);
  const double less = power_of_two(-r.exponent);
  if (r.exponent > 0) return scaled((1 - less) + small, r.exponent);
  return scaled(1 + small, r.exponent) - 1;
}

double portable_log(double x) {
  if (x != x || x < 0) return kNotANumber;
  if (x == 0) return -kInfinity;
  if (x == kInfinity) return x;
  const auto [fraction, exponent] = split(x);
  const double f = fraction - 1, n = exponent;
  return n * kLn2High + (f + (log1p_less_f(f) + n * kLn2Low));
}

double portable_log1p(double x) {
  if (x != x || x < -1) return kNotANumber;
  if (x == -1) return -kInfinity;
  if (x == kInfinity) return x;
  if (x > -0.29 && x < 0.41) return x + log1p_less_f(x);
  const Twofold whole = exact_sum(1, x);
  const auto [fraction, exponent] = split(whole.high);
  const double f = fraction - 1, n = exponent;
  return n * kLn2High + (f + (log1p_less_f(f) + (n * kLn2Low + whole.low / whole.high)));
}

double portable_pow(double x, double y) {
  if (y == 0 || x == 1) return 1;
  if (x != x || y != y || x < 0) return kNotANumber;
  if (x == 0) return y < 0 ? kInfinity : 0;
  if (x == kInfinity) return y < 0 ? 0 : kInfinity;
  if (y == kInfinity || y == -kInfinity) return (x > 1) == (y > 0) ? kInfinity : 0;
  const Twofold log = twofold_log(x);
  const double about = log.high * y;
  if (about > kExpOverflows + 1) return kInfinity;
  if (about < kExpVanishes - 1) return 0;
  // Beyond 2^60 only an x that is next to 1 has not been answered yet, and no double is so near.
  const Twofold exponent = product(log, {y, 0});
  Reduced r = reduced(exponent.high);
  r.low -= exponent.low;
  return exp_of(r);
}

double portable_lgamma(double x) {
  if (x != x || x <= 0) return kNotANumber;
  if (x == kInfinity) return x;
  // Upwards by G(x + 1) = x G(x) to where Stirling's series is good.
  double product = 1;
  while (x < 10) {
    product *= x;
    x += 1;
  }
  constexpr double kHalfLogOfTwoPi = 0.91893853320467274178;
  const double z = 1 / (x * x);
  const double series =
      (1.0 / 12 -
       z * (1.0 / 360 -
            z * (1.0 / 1260 -
                 z * (1.0 / 1680 - z * (1.0 / 1188 - z * (691.0 / 360360 - z * (1.0 / 156)))))));
  return (x - 0.5) * portable_log(x) - x + kHalfLogOfTwoPi + series / x - portable_log(product);
}

double portable_erfc(double x) {
  if (x != x) return x;
  if (x < 0) return 2 - portable_erfc(-x);
  if (x > 27) return 0;
  constexpr double kRootOfPi = 1.7724538509055160273;
  // x^2 with what its rounding loses: the exponential multiplies an error in it by x^2.
  const Twofold square = exact_product(x, x);
  const double bell = portable_exp(-square.high) * (1 - square.low);
  if (x < 0.5) {
    double term = x, sum = x;
    for (int n = 1; n < 40; ++n) {
      term *= 2 * square.high / (2 * n + 1);
      sum += term;
    }
    return 1 - 2 / kRootOfPi * bell * sum;
  }
  // The continued fraction x + (1/2)/(x + 1/(x + (3/2)/(x + ...))), from far enough inside.
  const int depth = static_cast<int>(200 / (x * x)) + 40;
  double fraction = x;
  for (int n = depth; n >= 1; --n) fraction = x + 0.5 * n / fraction;
  return bell / (kRootOfPi * fraction);
}

double portable_cos_of_turns(double turns) {
  return portable_sin_of_turns((turns - std::floor(turns)) + 0.25);
}

double portable_sin_of_turns(double turns) {
  if (!(turns - turns == 0)) return kNotANumber;
  // To an eighth of a turn on either side of a multiple of a quarter.
  const double part = turns - std::floor(turns);
  const double quarter = std::floor(part * 4 + 0.5);
  constexpr double kTwoPi = 6.2831853071795864769;
  const double x = (part - quarter * 0.25) * kTwoPi;
  const double z = -x * x;
  const bool cosine = static_cast<int>(quarter) % 2 == 1;
  double series = 0;
  for (size_t n = cosine ? 16 : 17; n >= 2; n -= 2) series = (series + kInverseFactorial[n]) * z;
  const double value = cosine ? 1 + series : x + x * series;
  return static_cast<int>(quarter) % 4 >= 2 ? -value : value;
}

}  // namespace lsmkit
