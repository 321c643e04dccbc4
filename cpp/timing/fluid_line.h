// A line of work in which nobody overtakes: work arrives and is served at rates that hold for a
// while, as a fluid. How long each bit of it waited is the time between the two curves, so a
// stretch of constant rates is a handful of even spreads of waiting times, however many operations
// it holds.
#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>

#include "lsmkit/numbers/double_parts.h"

namespace lsmkit {

// So much work waited evenly between `first_us` (the first of it) and `last_us`.
struct Waited {
  double work = 0;
  double first_us = 0;
  double last_us = 0;
};

class FluidLine {
 public:
  explicit FluidLine(double begin_us) { points_.push_back({begin_us, 0}); }

  // From `now_us` on work arrives at this rate. Requires: not back.
  void arrive_at(double per_us, double now_us);
  // So much more arrives at once.
  void arrive_now(double work, double now_us);
  // Serves from `from_us` to `to_us` at one speed, at most what has arrived by then; `f(Waited)` is
  // told of each stretch. Returns how much was served.
  template <class F>
  double serve(double per_us, double from_us, double to_us, F&& f) {
    const double end = std::min(served_ + per_us * (to_us - from_us), arrived(to_us));
    const double begin = served_;
    const double amount = std::max(end - begin, 0.0);
    if (amount == 0) return 0;
    // A line that keeps up with arrivals is served as they come.
    const double us_per_work = (to_us - from_us) / amount;
    while (served_ < end) {
      drop_served();
      const double part_end = std::min(end, front_end());
      const double part = part_end - served_;
      const double first = from_us + (served_ - begin) * us_per_work - arrival_us(served_, 0);
      const double last = from_us + (part_end - begin) * us_per_work - arrival_us(part_end, 0);
      f(Waited{part, std::max(first, 0.0), std::max(last, 0.0)});
      served_ = part_end;
    }
    thin();
    return amount;
  }

  double arrived(double now_us) const {
    const Point& last = points_.back();
    return last.work + per_us_ * (now_us - last.us);
  }
  double served() const { return served_; }
  double waiting(double now_us) const { return std::max(arrived(now_us) - served_, 0.0); }
  double arrival_per_us() const { return per_us_; }
  // When that work arrived, counted from the first; now, if it has not yet. Requires: it is not
  // served.
  double arrival_of(double work, double now_us) const;

 private:
  struct Point {
    double us;
    double work;  // that has arrived by then
  };
  static constexpr size_t kMostPoints = 4096;

  double front_end() const { return points_.size() > 1 ? points_[1].work : kInfinity; }
  // When this work arrived, which lies between that point and the next.
  double arrival_us(double work, size_t stretch) const;
  void drop_served();
  void add_point(double now_us);
  // So many changes of rate while nothing is served: every second one is forgotten.
  void thin();

  std::deque<Point> points_;  // of the arrivals; the front stretch is the one being served
  double per_us_ = 0;         // after the last point
  double served_ = 0;
};

}  // namespace lsmkit
