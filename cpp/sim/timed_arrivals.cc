#include "lsmkit/sim/timed_arrivals.h"

#include <algorithm>

#include "lsmkit/bytes/error.h"

namespace lsmkit {
namespace {

// A sine is taken as so many steps a period, of the work that it offers in each.
constexpr double kSineSteps = 256;
constexpr double kLeastSineStepUs = 1'000;

bool counts_rate_unit(const Phase& phase) {
  return phase.end.unit == (phase.rate_unit == WorkUnit::kOps ? EndUnit::kOps : EndUnit::kBytes);
}

}  // namespace

PhaseLine::PhaseLine(const Phase& phase, uint64_t seed, uint32_t number, double now_us)
    : phase_(phase), number_(number), line_(now_us), arrivals_begin_us_(now_us) {
  if (ends_by_time()) end_us_ = now_us + phase.end.after * 1e6;
  if (std::holds_alternative<ClosedLoop>(phase.rate)) {
    line_.arrive_now(static_cast<double>(phase.clients), now_us);
    return;
  }
  if (counts_rate_unit(phase)) end_work_ = phase.end.after;
  arrivals_.emplace(phase.rate, seed, number);
  begin_stretch(now_us);
}

void PhaseLine::begin_stretch(double now_us) {
  const uint64_t begin = stretch_end_us_;
  double per_s = 0;
  if (const auto* sine = std::get_if<SineRate>(&phase_.rate)) {
    const double step = std::max(sine->period_s * 1e6 / kSineSteps, kLeastSineStepUs);
    stretch_end_us_ = begin + static_cast<uint64_t>(std::min(step, 1e15));
    per_s = static_cast<double>(arrivals_->advance(stretch_end_us_)) * 1e6 /
            static_cast<double>(stretch_end_us_ - begin);
  } else {
    arrivals_->advance(begin);
    per_s = arrivals_->rate_per_s();
    stretch_end_us_ = arrivals_->steady_until_us();
  }
  offered_per_us_ = per_s / 1e6;
  const bool drops = phase_.capacity.per_s > 0 && !phase_.capacity.queues;
  line_.arrive_at(drops ? std::min(per_s, phase_.capacity.per_s) / 1e6 : offered_per_us_, now_us);
}

double PhaseLine::next_change_us(double now_us) const {
  if (is_over_) return kInfinity;
  double next = end_us_;
  if (arrivals_ && stretch_end_us_ != UINT64_MAX) next = std::min(next, stretch_end_at_us());
  const double per_us = line_.arrival_per_us();
  if (end_work_ < kInfinity && per_us > 0)
    next = std::min(next, now_us + std::max(end_work_ - line_.arrived(now_us), 0.0) / per_us);
  return next;
}

void PhaseLine::change(double now_us) {
  // What is left of the work after rounding is less than anything that is counted.
  if (now_us >= end_us_ || line_.arrived(now_us) >= end_work_ * (1 - 1e-12)) {
    end_arrivals(now_us);
  } else if (stretch_end_us_ != UINT64_MAX && now_us >= stretch_end_at_us()) {
    begin_stretch(now_us);
  }
}

void PhaseLine::end_arrivals(double now_us) {
  is_over_ = true;
  offered_per_us_ = 0;
  line_.arrive_at(0, now_us);
}

void PhaseLine::set_rate(const RateChoice& rate, uint64_t seed, double now_us) {
  if (is_closed() || std::holds_alternative<ClosedLoop>(rate))
    throw InvalidArgument("a closed loop has no rate to set; begin with a constant one");
  phase_.rate = rate;
  arrivals_.emplace(rate, seed, number_);
  arrivals_begin_us_ = now_us;
  stretch_end_us_ = 0;
  begin_stretch(now_us);
}

}  // namespace lsmkit
