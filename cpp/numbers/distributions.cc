#include "lsmkit/numbers/distributions.h"

#include <cmath>

#include "lsmkit/numbers/elementary.h"

namespace lsmkit {
namespace {

// Up to here draws are counted one by one, beyond they are rejected into shape.
constexpr double kFewDue = 10;

uint64_t poisson_of_few(Random& random, double mean) {
  const double least = portable_exp(-mean);
  uint64_t count = 0;
  for (double product = random.unit(); product > least; product *= random.unit()) ++count;
  return count;
}

// Hoermann's PTRS: a uniform u bent by a hat that fits the bell, accepted at once in its middle.
uint64_t poisson_of_many(Random& random, double mean) {
  const double log_mean = portable_log(mean);
  const double b = 0.931 + 2.53 * std::sqrt(mean);
  const double a = -0.059 + 0.02483 * b;
  const double inverse_alpha = 1.1239 + 1.1328 / (b - 3.4);
  const double squeeze = 0.9277 - 3.6224 / (b - 2);
  while (true) {
    const double u = random.unit() - 0.5;
    const double v = random.unit_above_zero();
    const double from_edge = 0.5 - std::fabs(u);
    const double k = std::floor((2 * a / from_edge + b) * u + mean + 0.43);
    if (from_edge >= 0.07 && v <= squeeze) return static_cast<uint64_t>(k);
    if (k < 0 || (from_edge < 0.013 && v > from_edge)) continue;
    const double of_hat = portable_log(v * inverse_alpha / (a / (from_edge * from_edge) + b));
    if (of_hat <= k * log_mean - mean - portable_lgamma(k + 1)) return static_cast<uint64_t>(k);
  }
}

uint64_t binomial_of_few(Random& random, uint64_t n, double p) {
  uint64_t successes = 0, tried = 0;
  while (true) {
    const uint64_t gap = draw_geometric(random, p);
    if (gap >= n - tried) return successes;
    tried += gap + 1;
    ++successes;
  }
}

// Hoermann's BTRS, for p <= 1/2.
uint64_t binomial_of_many(Random& random, uint64_t n, double p) {
  const auto trials = static_cast<double>(n);
  const double deviation = std::sqrt(trials * p * (1 - p));
  const double b = 1.15 + 2.53 * deviation;
  const double a = -0.0873 + 0.0248 * b + 0.01 * p;
  const double center = trials * p + 0.5;
  const double squeeze = 0.92 - 4.2 / b;
  const double alpha = (2.83 + 5.1 / b) * deviation;
  const double log_odds = portable_log(p / (1 - p));
  const double mode = std::floor((trials + 1) * p);
  const double height = portable_lgamma(mode + 1) + portable_lgamma(trials - mode + 1);
  while (true) {
    const double u = random.unit() - 0.5;
    const double v = random.unit_above_zero();
    const double from_edge = 0.5 - std::fabs(u);
    const double k = std::floor((2 * a / from_edge + b) * u + center);
    if (k < 0 || k > trials) continue;
    if (from_edge >= 0.07 && v <= squeeze) return static_cast<uint64_t>(k);
    const double of_hat = portable_log(v * alpha / (a / (from_edge * from_edge) + b));
    if (of_hat <=
        height - portable_lgamma(k + 1) - portable_lgamma(trials - k + 1) + (k - mode) * log_odds)
      return static_cast<uint64_t>(k);
  }
}

}  // namespace

double draw_exponential(Random& random, double mean) {
  return -mean * portable_log(random.unit_above_zero());
}

double draw_erlang(Random& random, uint32_t stages, double mean) {
  double sum = 0;
  for (uint32_t i = 0; i < stages; ++i) sum += draw_exponential(random, mean / stages);
  return sum;
}

// Marsaglia's polar method. The second normal that it has to offer is left: state would be needed.
double draw_normal(Random& random) {
  while (true) {
    const double x = 2 * random.unit() - 1, y = 2 * random.unit() - 1;
    const double square = x * x + y * y;
    if (square < 1 && square > 0) return x * std::sqrt(-2 * portable_log(square) / square);
  }
}

double draw_lognormal(Random& random, double mu, double sigma) {
  return portable_exp(mu + sigma * draw_normal(random));
}

double pareto_exceeded_by(double above, double location, double scale, double shape) {
  const double log = portable_log(above);
  if (shape == 0) return location - scale * log;
  return location + scale * portable_expm1(-shape * log) / shape;
}

double pareto_share_above(double value, double location, double scale, double shape) {
  const double x = (value - location) / scale;
  if (x <= 0) return 1;
  if (shape == 0) return portable_exp(-x);
  if (1 + shape * x <= 0) return 0;  // a negative shape ends
  return portable_exp(-portable_log1p(shape * x) / shape);
}

double draw_pareto(Random& random, double location, double scale, double shape) {
  return pareto_exceeded_by(random.unit_above_zero(), location, scale, shape);
}

uint64_t draw_poisson(Random& random, double mean) {
  return mean < kFewDue ? poisson_of_few(random, mean) : poisson_of_many(random, mean);
}

uint64_t draw_geometric(Random& random, double p) {
  if (p >= 1) return 0;
  const double failures = portable_log(random.unit_above_zero()) / portable_log1p(-p);
  return failures < 0x1p63 ? static_cast<uint64_t>(failures) : uint64_t{1} << 63;
}

uint64_t draw_binomial(Random& random, uint64_t n, double p) {
  if (p > 0.5) return n - draw_binomial(random, n, 1 - p);
  if (p <= 0) return 0;
  if (static_cast<double>(n) * p < kFewDue) return binomial_of_few(random, n, p);
  return binomial_of_many(random, n, p);
}

}  // namespace lsmkit
