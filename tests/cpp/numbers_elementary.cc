// exp, log, pow and their kin against the C library's long double versions, in units in the last
// place.
#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "lsmkit/numbers/elementary.h"
#include "lsmkit/numbers/random.h"

using namespace lsmkit;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr uint64_t kPoints = 200'000;

// Units in the last place between what came and the true value.
double ulps(double got, long double due) {
  const auto rounded = static_cast<double>(due);
  if (got == rounded) return 0;
  const double step = std::fabs(std::nextafter(rounded, kInfinity) - rounded);
  return static_cast<double>(std::fabs(static_cast<long double>(got) - due) / step);
}

double between(Random& random, double least, double most) {
  return least + (most - least) * random.unit();
}

// Any positive finite double, all magnitudes alike.
double any_magnitude(Random& random) {
  return std::bit_cast<double>(random.below(0x7ff0000000000000 - 1) + 1);
}

template <class Got, class Due, class Draw>
double worst(Got&& got, Due&& due, Draw&& draw) {
  Random random(1, "elementary");
  double worst_ulps = 0;
  for (uint64_t i = 0; i < kPoints; ++i) {
    const double x = draw(random);
    worst_ulps = std::max(worst_ulps, ulps(got(x), due(static_cast<long double>(x))));
  }
  return worst_ulps;
}

template <class Draw>
double worst_pow(Draw&& draw) {
  Random random(2, "pow");
  double worst_ulps = 0;
  for (uint64_t i = 0; i < kPoints; ++i) {
    const auto [x, y] = draw(random);
    const long double due = std::pow(static_cast<long double>(x), static_cast<long double>(y));
    if (due > std::numeric_limits<double>::max() || due < std::numeric_limits<double>::min())
      continue;
    worst_ulps = std::max(worst_ulps, ulps(portable_pow(x, y), due));
  }
  return worst_ulps;
}

}  // namespace

TEST_CASE("exp is right to a unit in the last place") {
  const auto due = [](long double x) { return std::exp(x); };
  CHECK(worst(portable_exp, due, [](Random& r) { return between(r, -708, 709.78); }) < 1);
  CHECK(worst(portable_exp, due, [](Random& r) { return between(r, -1, 1); }) < 1);
  CHECK(worst(portable_exp, due, [](Random& r) { return between(r, -745, -708); }) <= 1);
}

TEST_CASE("log is right to a unit in the last place") {
  const auto due = [](long double x) { return std::log(x); };
  CHECK(worst(portable_log, due, any_magnitude) < 1);
  CHECK(worst(portable_log, due, [](Random& r) { return between(r, 0.5, 2); }) < 1);
  CHECK(worst(portable_log, due, [](Random& r) { return between(r, 0.9999, 1.0001); }) < 1);
}

TEST_CASE("expm1 and log1p are right to two units, where exp - 1 and log(1 + x) are not") {
  const auto expm1_due = [](long double x) { return std::expm1(x); };
  const auto log1p_due = [](long double x) { return std::log1p(x); };
  const auto small = [](Random& r) {
    const double magnitude = std::pow(2.0, between(r, -60, 0));
    return r.next() % 2 == 0 ? magnitude : -magnitude;
  };
  CHECK(worst(portable_expm1, expm1_due, small) < 2);
  CHECK(worst(portable_expm1, expm1_due, [](Random& r) { return between(r, -40, 709.78); }) < 2);
  CHECK(worst(portable_expm1, expm1_due, [](Random& r) { return between(r, -3, 3); }) < 2);
  CHECK(worst(portable_log1p, log1p_due, small) < 2);
  CHECK(worst(portable_log1p, log1p_due, [](Random& r) { return between(r, -0.99999, 4); }) < 2);
  CHECK(worst(portable_log1p, log1p_due, any_magnitude) < 2);
}

TEST_CASE("pow is right to a unit or so even where the exponent multiplies the logarithm's error") {
  struct Pair {
    double x, y;
  };
  CHECK(worst_pow([](Random& r) {
          const double x = any_magnitude(r);
          return Pair{x, between(r, -1, 1) * 745 / std::max(std::fabs(std::log(x)), 1e-9)};
        }) < 2);
  CHECK(worst_pow([](Random& r) {
          const double x = 1 + between(r, -1e-6, 1e-6);
          return Pair{x, between(r, -1, 1) * 700 / std::max(std::fabs(x - 1), 1e-12)};
        }) < 2);
  CHECK(worst_pow([](Random& r) { return Pair{between(r, 0, 1), between(r, 0, 100)}; }) < 2);
  CHECK(worst_pow([](Random& r) { return Pair{double(r.below(1'000'000) + 1), -0.99}; }) < 2);
}

TEST_CASE("lgamma, erfc and the circle's functions keep the errors that they name") {
  Random random(3, "others");
  double lgamma_error = 0, erfc_error = 0, circle_error = 0;
  for (uint64_t i = 0; i < kPoints; ++i) {
    const double x = std::pow(10.0, between(random, -10, 15));
    const long double due = std::lgamma(static_cast<long double>(x));
    lgamma_error = std::max(lgamma_error, static_cast<double>(std::fabs(portable_lgamma(x) - due) /
                                                              std::max(std::fabs(due), 1.0L)));
    const double e = between(random, -6, 26);
    const long double erfc_due = std::erfc(static_cast<long double>(e));
    erfc_error = std::max(erfc_error,
                          static_cast<double>(std::fabs(portable_erfc(e) - erfc_due) / erfc_due));
    const double turns = between(random, -3, 3);
    const long double angle = static_cast<long double>(turns) * 6.283185307179586476925287L;
    circle_error =
        std::max({circle_error,
                  static_cast<double>(std::fabs(portable_sin_of_turns(turns) - std::sin(angle))),
                  static_cast<double>(std::fabs(portable_cos_of_turns(turns) - std::cos(angle)))});
  }
  CHECK(lgamma_error < 1e-14);
  CHECK(erfc_error < 1e-14);
  CHECK(circle_error < 1e-15);
  CHECK(portable_sin_of_turns(1e15 + 0.25) == 1);
  CHECK(portable_cos_of_turns(0.25) == 0);
}

TEST_CASE("what has no value, and what is beyond all doubles, is answered as IEEE 754 has it") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK(portable_exp(0) == 1);
  CHECK(portable_exp(710) == kInfinity);
  CHECK(portable_exp(-746) == 0);
  CHECK(portable_exp(-kInfinity) == 0);
  CHECK(portable_expm1(-100) == -1);
  CHECK(portable_expm1(kInfinity) == kInfinity);
  CHECK(std::signbit(portable_expm1(-0.0)));
  CHECK(portable_log(0) == -kInfinity);
  CHECK(portable_log(1) == 0);
  CHECK(portable_log(kInfinity) == kInfinity);
  CHECK(portable_log1p(-1) == -kInfinity);
  CHECK(portable_pow(2, 10) == 1024);
  CHECK(portable_pow(0, 3) == 0);
  CHECK(portable_pow(0, -3) == kInfinity);
  CHECK(portable_pow(0.5, kInfinity) == 0);
  CHECK(portable_pow(0.5, 1e300) == 0);
  CHECK(portable_pow(kInfinity, -1) == 0);
  CHECK(portable_pow(nan, 0) == 1);
  for (const double none :
       {portable_exp(nan), portable_log(-1), portable_log1p(-2), portable_pow(-1, 0.5),
        portable_expm1(nan), portable_lgamma(0), portable_sin_of_turns(kInfinity)})
    CHECK(std::isnan(none));
}
