// One phase's operations on their way into a timed run: those that have come wait in a line, and
// how fast they come holds until the next change. Work is operations, or bytes where the phase's
// rate is in bytes.
#pragma once

#include <cstdint>
#include <optional>

#include "lsmkit/timing/fluid_line.h"
#include "lsmkit/workload/arrivals.h"
#include "lsmkit/workload/workload_spec.h"

namespace lsmkit {

class PhaseLine {
 public:
  PhaseLine(const Phase& phase, uint64_t seed, uint32_t number, double now_us);

  uint32_t number() const { return number_; }
  const Phase& phase() const { return phase_; }
  FluidLine& line() { return line_; }
  const FluidLine& line() const { return line_; }
  bool is_closed() const { return !arrivals_; }
  bool ends_by_time() const { return phase_.end.unit == EndUnit::kSeconds; }
  // Nobody comes any more.
  bool is_over() const { return is_over_; }

  // When the rate changes or ends next; infinite: never by itself.
  double next_change_us(double now_us) const;
  // Goes on at that time.
  void change(double now_us);
  // Clients of a closed loop come as others are served.
  void follow_service(double per_us, double now_us) { line_.arrive_at(per_us, now_us); }
  // From now on. Throws InvalidArgument for a closed loop, or in place of one.
  void set_rate(const RateChoice& rate, uint64_t seed, double now_us);
  // Of what is offered, and of that what a limit drops.
  double offered_per_us() const { return offered_per_us_; }
  double dropped_per_us() const { return offered_per_us_ - line_.arrival_per_us(); }

 private:
  double stretch_end_at_us() const {
    return arrivals_begin_us_ + static_cast<double>(stretch_end_us_);
  }
  void begin_stretch(double now_us);
  void end_arrivals(double now_us);

  Phase phase_;
  uint32_t number_;
  FluidLine line_;
  double end_us_ = kInfinity;    // of a phase by time
  double end_work_ = kInfinity;  // of one that ends after so much of the unit of its rate
  bool is_over_ = false;

  // Open loop.
  std::optional<Arrivals> arrivals_;
  double arrivals_begin_us_;
  uint64_t stretch_end_us_ = 0;  // since then; UINT64_MAX: never
  double offered_per_us_ = 0;
};

}  // namespace lsmkit
