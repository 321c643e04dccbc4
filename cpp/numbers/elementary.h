// exp, log, pow and their kin from + - x / sqrt and bit operations alone, so that they give the
// same bits on every machine; a libm picks its code by the processor it finds.
//
// Errors against the true value, as tested: exp, log, expm1, log1p and pow at most 2 units in the
// last place over all finite results that are no subnormals (one subnormal step there). Beyond the
// range, and for what has no value, they answer as IEEE 754 has it: infinities, zeros, NaN.
#pragma once

namespace lsmkit {

double portable_exp(double x);
double portable_expm1(double x);
double portable_log(double x);
double portable_log1p(double x);

// x to the power y. Requires: x >= 0, for all else NaN; no distribution needs more.
double portable_pow(double x, double y);

// ln of the gamma function. Requires: x > 0. Error: 1e-14, or so much of the value if that is more.
double portable_lgamma(double x);

// The complementary error function. Error: 1e-14 of the value as long as that is above 1e-300.
double portable_erfc(double x);

// sin and cos of so many full turns, not radians: what periodic rates need, and the reduction to
// one turn is exact. Error: 1e-15.
double portable_sin_of_turns(double turns);
double portable_cos_of_turns(double turns);

}  // namespace lsmkit
