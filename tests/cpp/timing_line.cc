// Waiting times of a fluid line against hand-worked ones, and of what is in a histogram.
#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "lsmkit/numbers/random.h"
#include "lsmkit/timing/fluid_line.h"
#include "lsmkit/timing/log_histogram.h"

using namespace lsmkit;

namespace {

struct Told {
  std::vector<Waited> all;
  void operator()(const Waited& waited) { all.push_back(waited); }
};

}  // namespace

TEST_CASE("who comes while nothing is served waits for the end of that") {
  FluidLine line(0);
  line.arrive_at(2, 0);  // two a microsecond
  Told told;
  CHECK(line.serve(5, 0, 10, [&](const Waited& w) { told(w); }) == 20);  // as they come
  REQUIRE(told.all.size() == 1);
  CHECK(told.all[0].first_us == doctest::Approx(0));
  CHECK(told.all[0].last_us == doctest::Approx(0));
  // Nothing until 20, then 4 a microsecond: 20 wait, the line is empty at 30.
  CHECK(line.waiting(20) == doctest::Approx(20));
  CHECK(line.arrival_of(line.served(), 20) == doctest::Approx(10));
  told.all.clear();
  CHECK(line.serve(4, 20, 30, [&](const Waited& w) { told(w); }) == 40);
  REQUIRE(told.all.size() == 1);
  CHECK(told.all[0].work == 40);
  CHECK(told.all[0].first_us == doctest::Approx(10));
  CHECK(told.all[0].last_us == doctest::Approx(0));
  CHECK(line.waiting(30) == doctest::Approx(0));
  CHECK(line.arrival_of(60, 30) == 30);
}

TEST_CASE("rates that change while nobody is served are remembered") {
  FluidLine line(0);
  line.arrive_at(1, 0);
  line.arrive_at(3, 10);
  line.arrive_at(0, 20);
  line.arrive_now(5, 25);
  CHECK(line.waiting(30) == 45);
  Told told;
  line.serve(45, 30, 31, [&](const Waited& w) { told(w); });
  REQUIRE(told.all.size() >= 3);
  double work = 0, sum = 0;
  for (const Waited& w : told.all) {
    work += w.work;
    sum += w.work * (w.first_us + w.last_us) / 2;
  }
  CHECK(work == doctest::Approx(45));
  // Served at 30.5 on average; 10 came at 5 on average, 30 at 15, 5 at 25.
  CHECK(sum == doctest::Approx(45 * 30.5 - 10 * 5 - 30 * 15 - 5 * 25));
}

TEST_CASE("a line of many changes of rate keeps its work, in bounded memory") {
  FluidLine line(0);
  double arrived = 0;
  for (int i = 0; i < 100'000; ++i) {
    const double rate = 1 + i % 7;
    line.arrive_at(rate, i);
    arrived += rate;
  }
  CHECK(line.arrived(100'000) == doctest::Approx(arrived));
  double work = 0;
  size_t pieces = 0;
  line.serve(arrived, 100'000, 100'001, [&](const Waited& w) {
    work += w.work;
    ++pieces;
    CHECK(w.first_us >= w.last_us - 1.01);
  });
  CHECK(work == doctest::Approx(line.served()));
  CHECK(pieces < 5'000);
}

TEST_CASE("a histogram's quantiles are within its buckets' width") {
  Random random(3);
  LogHistogram histogram;
  std::vector<double> values;
  for (int i = 0; i < 100'000; ++i) {
    const double value = 1 / (1e-6 + random.unit());
    values.push_back(value);
    histogram.add(value, 1);
  }
  std::sort(values.begin(), values.end());
  for (const double share : {0.01, 0.5, 0.9, 0.99, 0.999})
    CHECK(histogram.quantile(share) ==
          doctest::Approx(values[size_t(share * double(values.size()))]).epsilon(0.03));
  CHECK(histogram.quantile(1) == values.back());
  CHECK(histogram.max() == values.back());
  CHECK(histogram.count() == 100'000);

  LogHistogram spread;
  spread.add_spread(900, 100, 800);
  CHECK(spread.count() == 800);
  CHECK(spread.mean() == doctest::Approx(500));
  CHECK(spread.quantile(0.5) == doctest::Approx(500).epsilon(0.01));
  CHECK(spread.max() == 900);
  spread.add(1e300, 1);  // beyond its range, and no harm
  spread.add(0, 1);
  CHECK(spread.quantile(1) == 1e300);
  CHECK(LogHistogram().quantile(0.5) == 0);
}
