#include "lsmkit/workload/arrivals.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "lsmkit/numbers/distributions.h"
#include "lsmkit/numbers/elementary.h"

namespace lsmkit {
namespace {

constexpr uint64_t kNever = std::numeric_limits<uint64_t>::max();

double seconds(uint64_t us) {
  return static_cast<double>(us) / 1e6;
}

// From the beginning to before `us`.
double integral(const ConstantRate& rate, uint64_t us) {
  return rate.per_s * static_cast<double>(us) / 1e6;
}
double integral(const SineRate& rate, uint64_t us) {
  constexpr double kTwoPi = 6.2831853071795864769;
  const double turns = seconds(us) / rate.period_s;
  const double wave =
      portable_cos_of_turns(rate.phase_turns) - portable_cos_of_turns(turns + rate.phase_turns);
  return rate.mean_per_s * seconds(us) + rate.amplitude_per_s * rate.period_s / kTwoPi * wave;
}

// Beyond this work is not counted.
constexpr double kMostWork = 0x1p62;

// A factor that is 1 on average.
double draw_factor(Random& random, double sigma) {
  return sigma == 0 ? 1 : draw_lognormal(random, -sigma * sigma / 2, sigma);
}

}  // namespace

Arrivals::Arrivals(const RateChoice& rate, uint64_t seed, uint64_t phase)
    : rate_(rate),
      turns_(drawn_at(seed, stream_number("bursts"), phase)),
      spikes_random_(drawn_at(seed, stream_number("spikes"), phase)) {
  if (const auto* bursts = std::get_if<BurstRate>(&rate_)) {
    turn();
    spike_at_us_ = kNever;
    if (bursts->spikes_per_s > 0 && bursts->spike_per_s > 0)
      spike_at_us_ = time_after(draw_exponential(spikes_random_, 1 / bursts->spikes_per_s));
  }
}

uint64_t Arrivals::time_after(double duration_s) const {
  return now_us_ + std::max<uint64_t>(1, static_cast<uint64_t>(std::min(duration_s, 1e12) * 1e6));
}

void Arrivals::turn() {
  const auto& bursts = std::get<BurstRate>(rate_);
  on_ = !on_;
  base_per_s_ = on_ ? bursts.on_per_s * draw_factor(turns_, bursts.on_sigma) : bursts.off_per_s;
  turn_at_us_ = time_after(
      on_ ? draw_erlang(turns_, static_cast<uint32_t>(bursts.on_stages), bursts.on_mean_s)
          : draw_exponential(turns_, bursts.off_mean_s));
}

void Arrivals::spike() {
  const auto& bursts = std::get<BurstRate>(rate_);
  const double height = bursts.spike_per_s * draw_factor(spikes_random_, bursts.spike_sigma);
  spikes_.push_back({time_after(draw_exponential(spikes_random_, bursts.spike_mean_s)), height});
  spike_at_us_ = time_after(draw_exponential(spikes_random_, 1 / bursts.spikes_per_s));
}

double Arrivals::rate_per_s() const {
  if (const auto* constant = std::get_if<ConstantRate>(&rate_)) return constant->per_s;
  if (const auto* sine = std::get_if<SineRate>(&rate_))
    return sine->mean_per_s +
           sine->amplitude_per_s *
               portable_sin_of_turns(seconds(now_us_) / sine->period_s + sine->phase_turns);
  double sum = base_per_s_;
  for (const Spike& spike : spikes_) sum += spike.per_s;
  return sum;
}

uint64_t Arrivals::steady_until_us() const {
  if (std::holds_alternative<ConstantRate>(rate_)) return kNever;
  if (std::holds_alternative<SineRate>(rate_)) return now_us_;
  uint64_t until = std::min(turn_at_us_, spike_at_us_);
  for (const Spike& spike : spikes_) until = std::min(until, spike.end_us);
  return until;
}

uint64_t Arrivals::advance(uint64_t to_us) {
  const double before = std::floor(offered_);
  if (const auto* constant = std::get_if<ConstantRate>(&rate_)) {
    offered_ = integral(*constant, to_us);
  } else if (const auto* sine = std::get_if<SineRate>(&rate_)) {
    // Where the rate is next to nothing, rounding must not let the sum fall.
    offered_ = std::max(offered_, integral(*sine, to_us));
  } else {
    advance_bursts(to_us);
  }
  now_us_ = to_us;
  offered_ = std::min(offered_, kMostWork);
  return static_cast<uint64_t>(std::floor(offered_) - before);
}

void Arrivals::advance_bursts(uint64_t to_us) {
  while (now_us_ < to_us) {
    const uint64_t until = std::min(to_us, steady_until_us());
    offered_ += rate_per_s() * seconds(until - now_us_);
    now_us_ = until;
    std::erase_if(spikes_, [&](const Spike& spike) { return spike.end_us <= now_us_; });
    if (turn_at_us_ == now_us_) turn();
    if (spike_at_us_ == now_us_) spike();
  }
}

double mean_rate_per_s(const RateChoice& rate) {
  if (const auto* constant = std::get_if<ConstantRate>(&rate)) return constant->per_s;
  if (const auto* sine = std::get_if<SineRate>(&rate)) return sine->mean_per_s;
  if (const auto* bursts = std::get_if<BurstRate>(&rate)) {
    const double base =
        (bursts->on_per_s * bursts->on_mean_s + bursts->off_per_s * bursts->off_mean_s) /
        (bursts->on_mean_s + bursts->off_mean_s);
    return base + bursts->spikes_per_s * bursts->spike_mean_s * bursts->spike_per_s;
  }
  return 0;  // a closed loop offers what is taken
}

Admitted CapacityGate::admit(uint64_t offered, uint64_t to_us) {
  if (limit_.per_s == 0) return {offered, 0};
  const auto room_until =
      static_cast<uint64_t>(std::min(limit_.per_s * static_cast<double>(to_us) / 1e6, kMostWork));
  const uint64_t room = room_until - room_until_now_;
  room_until_now_ = room_until;
  const uint64_t here = offered + waiting_;
  Admitted out;
  out.passed = std::min(here, room);
  if (limit_.queues) {
    waiting_ = here - out.passed;
  } else {
    out.dropped = here - out.passed;
  }
  return out;
}

namespace {

// Of a sine what is below a limit: every period alike, so that only one is added up.
double sine_below(const SineRate& sine, double limit_per_s, double duration_s) {
  constexpr int kSteps = 1 << 14;
  const double step_s = sine.period_s / kSteps;
  const double periods = std::floor(duration_s / sine.period_s);
  const double last_s = duration_s - periods * sine.period_s;
  double whole = 0, last = 0;
  for (int i = 0; i < kSteps; ++i) {
    const double turns = (i + 0.5) / kSteps + sine.phase_turns;
    const double rate = sine.mean_per_s + sine.amplitude_per_s * portable_sin_of_turns(turns);
    const double work = std::min(rate, limit_per_s) * step_s;
    whole += work;
    last += work * std::clamp(last_s / step_s - i, 0.0, 1.0);
  }
  return periods * whole + last;
}

}  // namespace

uint64_t work_of_timed_phase(const Phase& phase, uint64_t seed, uint64_t phase_number) {
  Arrivals arrivals(phase.rate, seed, phase_number);
  const auto end_us = static_cast<uint64_t>(phase.end.after * 1e6);
  if (phase.capacity.per_s == 0 || phase.capacity.queues) return arrivals.advance(end_us);
  if (const auto* sine = std::get_if<SineRate>(&phase.rate))
    return static_cast<uint64_t>(
        std::min(sine_below(*sine, phase.capacity.per_s, phase.end.after), kMostWork));
  CapacityGate gate(phase.capacity);
  uint64_t passed = 0;
  while (arrivals.now_us() < end_us) {
    const uint64_t to = std::min(arrivals.steady_until_us(), end_us);
    passed += gate.admit(arrivals.advance(to), to).passed;
  }
  return passed;
}

}  // namespace lsmkit
