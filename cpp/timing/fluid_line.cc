#include "lsmkit/timing/fluid_line.h"

#include <algorithm>

namespace lsmkit {

void FluidLine::add_point(double now_us) {
  const double work = arrived(now_us);
  if (points_.back().us == now_us && points_.back().work == work) return;
  points_.push_back({now_us, work});
  thin();
}

void FluidLine::arrive_at(double per_us, double now_us) {
  if (per_us == per_us_) return;
  add_point(now_us);
  per_us_ = per_us;
}

void FluidLine::arrive_now(double work, double now_us) {
  add_point(now_us);
  points_.push_back({now_us, points_.back().work + work});
}

double FluidLine::arrival_us(double work, size_t stretch) const {
  const Point& first = points_[stretch];
  if (stretch + 1 == points_.size())
    return per_us_ > 0 ? first.us + (work - first.work) / per_us_ : first.us;
  const Point& next = points_[stretch + 1];
  if (next.work <= first.work) return next.us;
  return first.us + (next.us - first.us) * ((work - first.work) / (next.work - first.work));
}

void FluidLine::drop_served() {
  while (points_.size() > 1 && points_[1].work <= served_) points_.pop_front();
}

double FluidLine::arrival_of(double work, double now_us) const {
  if (work >= arrived(now_us)) return now_us;
  size_t stretch = 0;
  while (stretch + 1 < points_.size() && points_[stretch + 1].work <= work) ++stretch;
  return std::min(arrival_us(work, stretch), now_us);
}

void FluidLine::thin() {
  if (points_.size() <= kMostPoints) return;
  std::deque<Point> kept;
  for (size_t i = 0; i < points_.size(); ++i)
    if (i % 2 == 0 || i + 1 == points_.size()) kept.push_back(points_[i]);
  points_ = std::move(kept);
}

}  // namespace lsmkit
