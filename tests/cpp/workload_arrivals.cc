// Rates: what is offered is the rate times the time, however it is cut, and a limit loses count of
// nothing.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <vector>

#include "lsmkit/numbers/random.h"
#include "lsmkit/workload/arrivals.h"

using namespace lsmkit;

namespace {

constexpr uint64_t kSecond = 1'000'000;

uint64_t offered(const RateChoice& rate, uint64_t until_us, uint64_t seed = 1) {
  return Arrivals(rate, seed, 0).advance(until_us);
}

const std::vector<RateChoice> kRates = {ConstantRate{1234.5}, SineRate{1000, 1000, 60, 0.2},
                                        BurstRate{10'000, 500, 0.4, 2, 3, 5, 0.5, 1, 3000, 0.5}};

}  // namespace

TEST_CASE("offered is rate x time") {
  CHECK(offered(ConstantRate{1000}, 3600 * kSecond) == 3'600'000);
  CHECK(offered(ConstantRate{250e6}, 86'400 * kSecond) == uint64_t{250'000'000} * 86'400);
  CHECK(offered(ConstantRate{10}, kSecond / 10) == 1);
  CHECK(offered(ConstantRate{10}, kSecond / 10 - 1) == 0);
  // Whole periods: the wave takes away what it gave.
  CHECK(std::llabs(int64_t(offered(SineRate{1000, 800, 60, 0.3}, 600 * kSecond)) - 600'000) <= 1);
  // A quarter of a period up from the mean: amplitude x period / 2 pi more.
  CHECK(double(offered(SineRate{1000, 800, 60, 0}, 15 * kSecond)) ==
        doctest::Approx(15'000 + 800 * 60 / 6.283185307).epsilon(1e-4));
}

TEST_CASE("the work of stretches side by side is the work of all of them") {
  for (const RateChoice& rate : kRates) {
    const uint64_t whole = offered(rate, 500 * kSecond);
    for (const uint64_t step : {uint64_t{1'003}, uint64_t{999'983}, 40 * kSecond}) {
      Arrivals arrivals(rate, 1, 0);
      uint64_t sum = 0;
      while (arrivals.now_us() < 500 * kSecond)
        sum += arrivals.advance(std::min(arrivals.now_us() + step, 500 * kSecond));
      CHECK(std::llabs(int64_t(sum) - int64_t(whole)) <= 1);
    }
  }
}

TEST_CASE("bursts offer their mean in the long run, and nothing at all while they are off") {
  const BurstRate plain{10'000, 0, 0, 10, 4, 30, 0, 1, 0, 0};
  CHECK(mean_rate_per_s(plain) == doctest::Approx(2500));
  constexpr uint64_t kLong = 2'000'000;  // seconds, 50,000 bursts
  CHECK(double(offered(plain, kLong * kSecond)) / kLong == doctest::Approx(2500).epsilon(0.02));
  const BurstRate full{10'000, 1000, 0.5, 10, 4, 30, 0.2, 2, 5000, 1};
  CHECK(mean_rate_per_s(full) == doctest::Approx(3250 + 0.2 * 2 * 5000));
  CHECK(double(offered(full, kLong * kSecond)) / kLong ==
        doctest::Approx(mean_rate_per_s(full)).epsilon(0.02));

  Arrivals arrivals(plain, 1, 0);
  CHECK(arrivals.rate_per_s() == 10'000);
  const uint64_t on_until = arrivals.steady_until_us();
  CHECK(arrivals.advance(on_until) > 0);
  CHECK(arrivals.rate_per_s() == 0);
  CHECK(arrivals.advance(arrivals.steady_until_us()) == 0);
  CHECK(arrivals.rate_per_s() == 10'000);
}

TEST_CASE("until the rate changes it is what it is") {
  Arrivals arrivals(kRates[2], 5, 0);
  for (int i = 0; i < 2000; ++i) {
    const uint64_t from = arrivals.now_us(), until = arrivals.steady_until_us();
    REQUIRE(until > from);
    const double due = arrivals.rate_per_s() * double(until - from) / 1e6;
    CHECK(std::fabs(double(arrivals.advance(until)) - due) <= 1);
  }
  CHECK(Arrivals(ConstantRate{1}, 1, 0).steady_until_us() > uint64_t{1} << 60);
}

TEST_CASE("times on are Erlang, times off exponential, rates on lognormal") {
  const BurstRate rate{10'000, 1, 0.3, 10, 4, 30, 0, 1, 0, 0};
  Arrivals arrivals(rate, 3, 0);
  double on = 0, on_squares = 0, off = 0, off_squares = 0, rates = 0;
  constexpr int kTurns = 20'000;
  for (int i = 0; i < 2 * kTurns; ++i) {
    const double length = double(arrivals.steady_until_us() - arrivals.now_us()) / 1e6;
    if (i % 2 == 0) {
      rates += arrivals.rate_per_s();
      on += length;
      on_squares += length * length;
    } else {
      off += length;
      off_squares += length * length;
    }
    arrivals.advance(arrivals.steady_until_us());
  }
  on /= kTurns;
  off /= kTurns;
  CHECK(on == doctest::Approx(10).epsilon(0.02));
  CHECK(on_squares / kTurns - on * on == doctest::Approx(25).epsilon(0.06));
  CHECK(off == doctest::Approx(30).epsilon(0.03));
  CHECK(off_squares / kTurns - off * off == doctest::Approx(900).epsilon(0.08));
  CHECK(rates / kTurns == doctest::Approx(10'000).epsilon(0.01));
}

TEST_CASE("the seed and the phase decide, and nothing else") {
  CHECK(offered(kRates[2], 500 * kSecond, 1) == offered(kRates[2], 500 * kSecond, 1));
  CHECK(offered(kRates[2], 500 * kSecond, 1) != offered(kRates[2], 500 * kSecond, 2));
  CHECK(Arrivals(kRates[2], 1, 0).advance(500 * kSecond) !=
        Arrivals(kRates[2], 1, 1).advance(500 * kSecond));
  // Golden: the same on every machine.
  CHECK(offered(kRates[0], 500 * kSecond) == 617'250);
  CHECK(offered(kRates[1], 500 * kSecond) == 512'291);
  CHECK(offered(kRates[2], 500 * kSecond) == 2'276'203);
}

TEST_CASE("behind a limit work passes, waits or is dropped, and the sum is what was offered") {
  for (const RateChoice& rate : kRates)
    for (const bool queues : {false, true})
      for (const double limit : {100.0, 1500.0, 1e6}) {
        Arrivals arrivals(rate, 1, 0);
        CapacityGate gate({limit, queues});
        uint64_t in = 0, passed = 0, dropped = 0;
        for (uint64_t at = 0; at < 300 * kSecond;) {
          at += 10'007;
          const uint64_t now = arrivals.advance(at);
          const Admitted out = gate.admit(now, at);
          in += now;
          passed += out.passed;
          dropped += out.dropped;
          REQUIRE(in == passed + dropped + gate.waiting());
        }
        CHECK(double(passed) <= limit * 300.1);
        CHECK((queues ? dropped : gate.waiting()) == 0);
        if (limit == 1e6) CHECK(passed == in);
        if (limit == 100) CHECK(double(passed) > 0.95 * limit * 300 * (queues ? 1 : 0.5));
      }
}

TEST_CASE("a queue behind a limit drains when there is room, and room is not saved up") {
  CapacityGate gate({100, true});
  CHECK(gate.admit(0, 10 * kSecond).passed == 0);  // 1000 of room unused
  CHECK(gate.admit(500, 11 * kSecond).passed == 100);
  CHECK(gate.waiting() == 400);
  CHECK(gate.admit(0, 14 * kSecond).passed == 300);
  CHECK(gate.admit(0, 20 * kSecond).passed == 100);
  CHECK(gate.waiting() == 0);
  CapacityGate none({0, false});
  CHECK(none.admit(12345, 1).passed == 12345);
}

TEST_CASE("a timed phase has the work that passes its limit") {
  Phase phase;
  phase.end = {EndUnit::kSeconds, 600};
  phase.rate = SineRate{1000, 1000, 60, 0};
  CHECK(std::llabs(int64_t(work_of_timed_phase(phase, 1, 0)) - 600'000) <= 1);
  phase.capacity = {1000, true};
  CHECK(std::llabs(int64_t(work_of_timed_phase(phase, 1, 0)) - 600'000) <= 1);
  // Dropped: half of the time the rate is above the limit, by amplitude / pi on average over all.
  phase.capacity.queues = false;
  CHECK(double(work_of_timed_phase(phase, 1, 0)) ==
        doctest::Approx(600'000 * (1 - 1 / 3.14159265)).epsilon(2e-3));
  phase.rate = BurstRate{1000, 0, 0, 10, 4, 30, 0, 1, 0, 0};
  phase.capacity.per_s = 500;
  const uint64_t all = offered(phase.rate, 600 * kSecond);
  CHECK(double(work_of_timed_phase(phase, 1, 0)) == doctest::Approx(double(all) / 2).epsilon(1e-3));
}
