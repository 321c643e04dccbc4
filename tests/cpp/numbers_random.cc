// Random numbers: known answers, streams that stay apart, and distributions against their moments
// and their own probabilities.
#include <doctest/doctest.h>

#include <array>
#include <bit>
#include <cmath>
#include <functional>
#include <map>
#include <vector>

#include "lsmkit/numbers/distributions.h"
#include "lsmkit/numbers/elementary.h"
#include "lsmkit/numbers/random.h"

using namespace lsmkit;

namespace {

constexpr uint64_t kDraws = 200'000;

struct Moments {
  double mean, variance;
};
Moments moments(const std::function<double(Random&)>& draw, uint64_t seed = 5) {
  Random random(seed, "moments");
  double sum = 0, squares = 0;
  for (uint64_t i = 0; i < kDraws; ++i) {
    const double x = draw(random);
    sum += x;
    squares += x * x;
  }
  const double mean = sum / kDraws;
  return {mean, squares / kDraws - mean * mean};
}

// Whether a sample's mean and variance are where they are due: four deviations, or so much of the
// variance as its own spread allows.
void check_moments(const Moments& got, double mean, double variance, double variance_slack) {
  CHECK(std::fabs(got.mean - mean) < 4 * std::sqrt(variance / kDraws));
  CHECK(got.variance == doctest::Approx(variance).epsilon(variance_slack));
}

// Draws counted by value against probabilities by formula: chi square per degree of freedom.
double chi_square(const std::function<uint64_t(Random&)>& draw,
                  const std::function<double(uint64_t)>& probability) {
  Random random(6, "chi square");
  std::map<uint64_t, uint64_t> counts;
  for (uint64_t i = 0; i < kDraws; ++i) ++counts[draw(random)];
  double sum = 0, rest_due = kDraws, rest_got = kDraws;
  size_t cells = 0;
  for (const auto& [value, count] : counts) {
    const double due = probability(value) * kDraws;
    if (due < 10) continue;
    sum += (static_cast<double>(count) - due) * (static_cast<double>(count) - due) / due;
    rest_due -= due;
    rest_got -= static_cast<double>(count);
    ++cells;
  }
  if (rest_due > 10) sum += (rest_got - rest_due) * (rest_got - rest_due) / rest_due;
  REQUIRE(cells > 3);
  return sum / static_cast<double>(cells);
}

uint64_t hash_of_draws(const std::function<uint64_t(Random&)>& draw) {
  Random random(42, "golden");
  uint64_t hash = 0;
  for (int i = 0; i < 10'000; ++i) {
    hash ^= draw(random);
    hash = splitmix64(hash);
  }
  return hash;
}

}  // namespace

TEST_CASE("splitmix64 and xoshiro256++ give the numbers that their authors' programs give") {
  uint64_t state = 1234567;
  CHECK(splitmix64(state) == 6457827717110365317u);
  CHECK(splitmix64(state) == 3203168211198807973u);
  CHECK(splitmix64(state) == 9817491932198370423u);

  const auto plain_next = [](std::array<uint64_t, 4>& s) {
    const uint64_t out = std::rotl(s[0] + s[3], 23) + s[0], shifted = s[1] << 17;
    s = {s[0] ^ s[3] ^ s[1], s[1] ^ s[2] ^ s[0], s[2] ^ s[0] ^ shifted, std::rotl(s[3] ^ s[1], 45)};
    return out;
  };
  std::array<uint64_t, 4> known = {1, 2, 3, 4};
  CHECK(plain_next(known) == 41943041u);
  CHECK(plain_next(known) == 58720359u);
  CHECK(plain_next(known) == 3588806011781223u);

  uint64_t seed = 99;
  seed = splitmix64(seed) ^ 7;
  std::array<uint64_t, 4> plain{};
  for (uint64_t& word : plain) word = splitmix64(seed);
  Random random(99, 7);
  for (int i = 0; i < 1000; ++i) CHECK(random.next() == plain_next(plain));
}

TEST_CASE("streams of one seed are apart, and a stream is found by its name") {
  Random keys(1, "keys"), sizes(1, "sizes"), keys_again(1, stream_number("keys"));
  CHECK(keys == keys_again);
  CHECK(keys.next() != sizes.next());
  CHECK(Random(1, "keys").next() != Random(2, "keys").next());
  CHECK(drawn_at(1, 2, 3) == drawn_at(1, 2, 3));
  CHECK(drawn_at(1, 2, 3) != drawn_at(1, 3, 2));
  CHECK(drawn_at(1, 2, 3) != drawn_at(2, 1, 3));
}

TEST_CASE("below(n) reaches each number equally often, also where n divides nothing") {
  for (const uint64_t n : {4u, 5u, 10u, 1000u})
    CHECK(chi_square([n](Random& r) { return r.below(n); },
                     [n](uint64_t) { return 1.0 / static_cast<double>(n); }) < 1.6);
  // Of 3 x 2^62 a plain modulo would draw the lower third twice as often.
  const uint64_t large = uint64_t{3} << 62;
  CHECK(moments([large](Random& r) { return r.below(large) < large / 3; }).mean ==
        doctest::Approx(1.0 / 3).epsilon(0.02));
  Random random(1);
  CHECK(random.below(1) == 0);
  for (int i = 0; i < 1000; ++i) CHECK(random.unit_above_zero() > 0);
}

TEST_CASE("continuous distributions have the moments of their formulas") {
  check_moments(moments([](Random& r) { return r.unit(); }), 0.5, 1.0 / 12, 0.02);
  check_moments(moments([](Random& r) { return draw_exponential(r, 3); }), 3, 9, 0.04);
  check_moments(moments([](Random& r) { return draw_erlang(r, 4, 2); }), 2, 1, 0.03);
  check_moments(moments([](Random& r) { return 7 + draw_normal(r); }), 7, 1, 0.02);
  const double sigma = 0.5, square = sigma * sigma;
  check_moments(moments([=](Random& r) { return draw_lognormal(r, -square / 2, sigma); }), 1,
                std::exp(square) - 1, 0.05);
  // Mean location + scale / (1 - shape), variance scale^2 / ((1 - shape)^2 (1 - 2 shape)).
  check_moments(moments([](Random& r) { return draw_pareto(r, 5, 2, 0.1); }), 5 + 2 / 0.9,
                4 / (0.81 * 0.8), 0.06);
  check_moments(moments([](Random& r) { return draw_pareto(r, 0, 2, 0); }), 2, 4, 0.04);
}

TEST_CASE("a generalised Pareto's share above a value is the inverse of the value exceeded") {
  for (const double shape : {-0.5, 0.0, 0.2615, 2.517})
    for (const double above : {1.0, 0.9, 0.5, 0.01, 1e-6}) {
      const double value = pareto_exceeded_by(above, 3, 14.236, shape);
      CHECK(pareto_share_above(value, 3, 14.236, shape) == doctest::Approx(above).epsilon(1e-9));
    }
  CHECK(pareto_share_above(2, 3, 1, 0.1) == 1);
  CHECK(pareto_share_above(100, 3, 1, -0.5) == 0);
}

TEST_CASE("counts follow their probabilities, drawn one by one or by rejection") {
  for (const double mean : {0.3, 4.0, 9.99, 10.0, 35.0, 500.0})
    CHECK(chi_square([=](Random& r) { return draw_poisson(r, mean); },
                     [=](uint64_t k) {
                       const auto x = static_cast<double>(k);
                       return std::exp(x * std::log(mean) - mean - std::lgamma(x + 1));
                     }) < 1.7);
  for (const double p : {0.5, 0.1})
    CHECK(chi_square([=](Random& r) { return draw_geometric(r, p); },
                     [=](uint64_t k) { return p * std::pow(1 - p, static_cast<double>(k)); }) <
          1.7);
  struct Trials {
    uint64_t n;
    double p;
  };
  for (const Trials& t : {Trials{20, 0.3}, {100, 0.05}, {100, 0.4}, {1000, 0.7}, {100'000, 0.01}})
    CHECK(chi_square([=](Random& r) { return draw_binomial(r, t.n, t.p); },
                     [=](uint64_t k) {
                       const auto x = static_cast<double>(k), n = static_cast<double>(t.n);
                       return std::exp(std::lgamma(n + 1) - std::lgamma(x + 1) -
                                       std::lgamma(n - x + 1) + x * std::log(t.p) +
                                       (n - x) * std::log1p(-t.p));
                     }) < 1.7);
}

TEST_CASE("counts at their edges") {
  Random random(9);
  CHECK(draw_poisson(random, 0) == 0);
  CHECK(draw_geometric(random, 1) == 0);
  CHECK(draw_binomial(random, 10, 0) == 0);
  CHECK(draw_binomial(random, 10, 1) == 10);
  CHECK(draw_binomial(random, 0, 0.3) == 0);
  const auto many = static_cast<double>(draw_poisson(random, kMostPoissonMean));
  CHECK(std::fabs(many - kMostPoissonMean) < 6 * std::sqrt(kMostPoissonMean));
  CHECK(draw_geometric(random, 1e-300) == uint64_t{1} << 63);
}

TEST_CASE("the same bits on every machine") {
  const auto bits = [](double x) { return std::bit_cast<uint64_t>(x); };
  CHECK(hash_of_draws([](Random& r) { return r.next(); }) == 7652448609109090419u);
  CHECK(hash_of_draws([](Random& r) { return r.below(12'345); }) == 7785736148031726442u);
  CHECK(hash_of_draws([&](Random& r) { return bits(draw_exponential(r, 3)); }) ==
        13101109089670486591u);
  CHECK(hash_of_draws([&](Random& r) { return bits(draw_erlang(r, 4, 2)); }) ==
        2975969691931342311u);
  CHECK(hash_of_draws([&](Random& r) { return bits(draw_normal(r)); }) == 1436001208828381968u);
  CHECK(hash_of_draws([&](Random& r) { return bits(draw_lognormal(r, 1, 2)); }) ==
        2710178913138058893u);
  CHECK(hash_of_draws([&](Random& r) { return bits(draw_pareto(r, 0, 25.45, 0.2615)); }) ==
        4249633281538462485u);
  CHECK(hash_of_draws([](Random& r) { return draw_poisson(r, 3); }) == 12207776411608204271u);
  CHECK(hash_of_draws([](Random& r) { return draw_poisson(r, 300); }) == 5068514372132333577u);
  CHECK(hash_of_draws([](Random& r) { return draw_geometric(r, 0.01); }) == 5426948195558495958u);
  CHECK(hash_of_draws([](Random& r) { return draw_binomial(r, 1000, 0.3); }) ==
        3387210744773309371u);
  CHECK(hash_of_draws([&](Random& r) {
          const double u = r.unit(), v = r.unit();
          return bits(portable_pow(u, 20 * v)) ^ bits(portable_log1p(u)) ^ bits(portable_expm1(v)) ^
                 bits(portable_lgamma(1 + 9 * u)) ^ bits(portable_erfc(4 * v)) ^
                 bits(portable_sin_of_turns(u));
        }) == 919224869958643074u);
}
