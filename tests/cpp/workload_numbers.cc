// The parts that choosers are made of: zipf's sums and draws, YCSB's ranks, scattering.
#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "lsmkit/workload/scatter.h"
#include "lsmkit/workload/zipf.h"

using namespace lsmkit;

TEST_CASE("zipf's sums are those of the loop") {
  for (const double theta : {0.0, 0.5, 0.99, 1.0, 1.2, 3.0})
    for (const uint64_t begin : {1u, 2u, 50u, 64u, 65u, 1000u}) {
      long double due = 0;
      for (uint64_t k = begin; k < 20'000; ++k)
        due += std::pow(static_cast<long double>(k), -static_cast<long double>(theta));
      CHECK(std::fabs(zipf_sum(double(begin), 20'000, theta) - double(due)) < 1e-13 * double(due));
    }
  CHECK(zipf_sum(5, 5, 0.99) == 0);
}

TEST_CASE("the sum that YCSB has as a constant is that of 10^10 ranks, not of its 10^16") {
  CHECK(zipf_sum(1, 1e10 + 1, YcsbZipfian::kTheta) ==
        doctest::Approx(YcsbZipfian::kZetaN).epsilon(1e-9));
  CHECK(zipf_sum(1, 1e16 + 1, YcsbZipfian::kTheta) == doctest::Approx(45.12).epsilon(1e-4));
}

TEST_CASE("zipf draws each rank as often as its probability says") {
  constexpr uint64_t kDraws = 400'000;
  for (const double theta : {0.0, 0.6, 0.99, 1.0, 1.2, 2.5})
    for (const uint64_t n : {1u, 2u, 10u, 1000u}) {
      const Zipf zipf(n, theta);
      Random random(11, "zipf");
      std::vector<double> counts(n + 1);
      for (uint64_t i = 0; i < kDraws; ++i) {
        const uint64_t rank = zipf.rank(random);
        REQUIRE(rank >= 1);
        REQUIRE(rank <= n);
        ++counts[rank];
      }
      const double total = zipf_sum(1, double(n) + 1, theta);
      double chi_square = 0, degrees = 0, rest_due = 0, rest = 0;
      for (uint64_t rank = 1; rank <= n; ++rank) {
        const double due = kDraws * std::pow(double(rank), -theta) / total;
        if (due < 10) {
          rest_due += due;
          rest += counts[rank];
          continue;
        }
        chi_square += (counts[rank] - due) * (counts[rank] - due) / due;
        ++degrees;
      }
      if (rest_due > 10) chi_square += (rest - rest_due) * (rest - rest_due) / rest_due;
      // Four deviations.
      CHECK(chi_square <= degrees + 4 * std::sqrt(2 * degrees));
    }
}

TEST_CASE("zipf reaches to the last of very many ranks") {
  const Zipf zipf(uint64_t{1} << 48, 0.5);
  Random random(12);
  uint64_t most = 0;
  for (int i = 0; i < 1000; ++i) most = std::max(most, zipf.rank(random));
  CHECK(most > uint64_t{1} << 47);
  CHECK(most <= uint64_t{1} << 48);
}

TEST_CASE("YCSB's ranks are drawn as its formula's shares say, and hashed as it hashes") {
  const YcsbZipfian zipfian;
  Random random(13, "ycsb");
  constexpr uint64_t kDraws = 400'000;
  const std::vector<double> bounds = {1, 2, 3, 4, 6, 10, 100, 1e4, 1e6, 1e9, 1e12, 1e15, 1e16};
  std::vector<double> below(bounds.size());
  for (uint64_t i = 0; i < kDraws; ++i) {
    const auto rank = double(zipfian.rank(random));
    for (size_t b = 0; b < bounds.size(); ++b) below[b] += rank < bounds[b];
  }
  for (size_t b = 0; b < bounds.size(); ++b) {
    const double due = zipfian.share_below(bounds[b]);
    CHECK(std::fabs(below[b] / kDraws - due) <= 4 * std::sqrt(due * (1 - due) / kDraws) + 1e-12);
  }
  CHECK(zipfian.share_below(1) == doctest::Approx(0.03778).epsilon(1e-3));
  // The hashes of 0 and 1, which FNV-1a over eight bytes gives, their sign taken off.
  CHECK(YcsbZipfian::hash(0) == 6284781860667377211u);
  CHECK(YcsbZipfian::hash(1) == 8517097267634966620u);
}

TEST_CASE("scattering is an order of its own, back and forth, with no memory") {
  for (const uint64_t n : {1u, 2u, 3u, 5u, 16u, 17u, 1000u, 4097u}) {
    const Scatter scatter(n, 3);
    std::vector<bool> seen(n);
    for (uint64_t i = 0; i < n; ++i) {
      const uint64_t to = scatter(i);
      REQUIRE(to < n);
      CHECK(!seen[to]);
      seen[to] = true;
      CHECK(scatter.inverse(to) == i);
    }
  }
  const uint64_t large = (uint64_t{1} << 48) - 5;
  const Scatter scatter(large, 4), other(large, 5);
  int alike = 0;
  for (uint64_t i = 0; i < 1000; ++i) {
    CHECK(scatter.inverse(scatter(i)) == i);
    alike += scatter(i) == other(i);
  }
  CHECK(alike == 0);
}

TEST_CASE("a scattered stretch lies evenly, in each tenth of the ids and in each parity") {
  constexpr uint64_t kKeys = 1'000'000, kStretch = 20'000;
  const Scatter scatter(kKeys, 7);
  std::vector<double> tenths(10);
  double odd = 0, neighbours = 0;
  for (uint64_t i = 0; i < kStretch; ++i) {
    const uint64_t to = scatter(500'000 + i);
    ++tenths[to / (kKeys / 10)];
    odd += to % 2;
    neighbours += scatter(500'001 + i) == to + 1;
  }
  double chi_square = 0;
  for (const double count : tenths)
    chi_square += (count - kStretch / 10.0) * (count - kStretch / 10.0) / (kStretch / 10.0);
  CHECK(chi_square < 28);
  CHECK(std::fabs(odd - kStretch / 2.0) < 4 * std::sqrt(kStretch) / 2);
  CHECK(neighbours < 5);
}
