// How much work is offered when: rates integrated over any stretch of time, without an event per
// operation; and what a limit on them lets through.
//
// All work is whole units (operations or bytes). What comes until t is the integral rounded down,
// so the work of stretches side by side is the work of both together, however finely they are cut.
#pragma once

#include <cstdint>
#include <vector>

#include "lsmkit/numbers/random.h"
#include "lsmkit/workload/workload_spec.h"

namespace lsmkit {

class Arrivals {
 public:
  // Requires: checked, and no closed loop: there work comes when work is done.
  Arrivals(const RateChoice& rate, uint64_t seed, uint64_t phase);

  uint64_t now_us() const { return now_us_; }
  // At this moment.
  double rate_per_s() const;
  // The rate stays what it is before then; now, if it never stays.
  uint64_t steady_until_us() const;
  // Goes on to `to_us`, and returns the work offered from now to before then. Requires: not back.
  uint64_t advance(uint64_t to_us);

 private:
  struct Spike {
    uint64_t end_us;
    double per_s;
  };
  void turn();   // from on to off, or back
  void spike();  // one begins, and the time of the next is drawn
  uint64_t time_after(double duration_s) const;
  void advance_bursts(uint64_t to_us);

  RateChoice rate_;
  Random turns_;
  Random spikes_random_;
  uint64_t now_us_ = 0;
  double offered_ = 0;  // in all

  // Of bursts.
  bool on_ = false;
  double base_per_s_ = 0;
  uint64_t turn_at_us_ = 0;
  uint64_t spike_at_us_ = 0;
  std::vector<Spike> spikes_;  // that last
};

// What is offered per second in the long run.
double mean_rate_per_s(const RateChoice& rate);

// What a limit does to work: it passes, it waits, or it is dropped; nothing is lost count of.
struct Admitted {
  uint64_t passed = 0;
  uint64_t dropped = 0;
};
class CapacityGate {
 public:
  explicit CapacityGate(const CapacityLimit& limit) : limit_(limit) {}
  // Work offered evenly from the last call's end to `to_us`. Room that is not used is not saved up.
  Admitted admit(uint64_t offered, uint64_t to_us);
  uint64_t waiting() const { return waiting_; }

 private:
  CapacityLimit limit_;
  uint64_t room_until_now_ = 0;
  uint64_t waiting_ = 0;
};

// All work of an open-loop phase that ends after a time: what passes the limit or waits for it.
uint64_t work_of_timed_phase(const Phase& phase, uint64_t seed, uint64_t phase_number);

}  // namespace lsmkit
