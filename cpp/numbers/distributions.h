// Draws from distributions, the same on every machine. Each is a function of a Random alone:
// nothing is kept from one draw to the next.
#pragma once

#include <cstdint>

#include "lsmkit/numbers/random.h"

namespace lsmkit {

// `mean` > 0.
double draw_exponential(Random& random, double mean);

// The sum of `stages` exponentials, `mean` all in all; more stages vary less. Costs O(stages).
double draw_erlang(Random& random, uint32_t stages, double mean);

// Mean 0, variance 1.
double draw_normal(Random& random);

// e to the power of a normal with that mean and that deviation.
double draw_lognormal(Random& random, double mu, double sigma);

// The value that a share of `above` of a generalised Pareto's draws exceed:
// location + scale ((above^-shape) - 1) / shape; shape 0 is the exponential. 0 < above <= 1.
double pareto_exceeded_by(double above, double location, double scale, double shape);
// The share of draws above `value`.
double pareto_share_above(double value, double location, double scale, double shape);
double draw_pareto(Random& random, double location, double scale, double shape);

// Events where `mean` are due, mean >= 0. By products of draws below 10, by transformed rejection
// (Hoermann 1993, PTRS) above. Requires: mean <= kMostPoissonMean.
inline constexpr double kMostPoissonMean = 1e15;
uint64_t draw_poisson(Random& random, double mean);

// Failures before the first success, 0 < p <= 1; cut off at 2^63.
uint64_t draw_geometric(Random& random, double p);

// Successes of n trials, 0 <= p <= 1. Counts the gaps between successes while few are due, by
// transformed rejection (Hoermann 1993, BTRS) above. Requires: n <= 2^50.
uint64_t draw_binomial(Random& random, uint64_t n, double p);

}  // namespace lsmkit
