#include "lsmkit/timing/fair_share.h"

#include <algorithm>

namespace lsmkit {
namespace {

// The share of a resource that a unit per microsecond takes, of the resource where that is most.
double dominant_share(const Stream& stream, const Amounts& per_us) {
  double most = 0;
  for (size_t r = 0; r < kResourceCount; ++r)
    if (stream.per_unit[r] > 0) most = std::max(most, stream.per_unit[r] / per_us[r]);
  return most;
}

// How far the streams that still grow can, until resource `r` is used up.
double level_of_resource(size_t r, const Amounts& left, std::span<const Stream> streams,
                         std::span<const double> growth) {
  double use = 0;
  for (size_t i = 0; i < streams.size(); ++i) use += growth[i] * streams[i].per_unit[r];
  return use > 0 ? std::max(left[r], 0.0) / use : kInfinity;
}

}  // namespace

std::vector<double> fair_speeds(const Amounts& per_us, std::span<const Stream> streams) {
  // At level s a growing stream has the speed s growth[i]; one that no longer grows has growth 0.
  std::vector<double> speeds(streams.size(), 0.0), growth(streams.size(), 0.0);
  size_t growing = 0;
  for (size_t i = 0; i < streams.size(); ++i) {
    const double dominant = dominant_share(streams[i], per_us);
    if (streams[i].most_per_us <= 0) continue;
    if (dominant == 0) {
      speeds[i] = streams[i].most_per_us;
    } else if (dominant != kInfinity) {
      growth[i] = streams[i].shares / dominant;
      ++growing;
    }
  }
  Amounts left = per_us;  // beyond what streams that no longer grow take
  while (growing > 0) {
    double level = kInfinity;
    std::array<double, kResourceCount> of_resource{};
    for (size_t r = 0; r < kResourceCount; ++r)
      level = std::min(level, of_resource[r] = level_of_resource(r, left, streams, growth));
    for (size_t i = 0; i < streams.size(); ++i)
      if (growth[i] > 0) level = std::min(level, streams[i].most_per_us / growth[i]);
    if (level == kInfinity) break;  // no number is so large: rounding took the use of something

    for (size_t i = 0; i < streams.size(); ++i) {
      if (growth[i] == 0) continue;
      const bool at_most = streams[i].most_per_us / growth[i] <= level;
      bool held_up = at_most;
      for (size_t r = 0; r < kResourceCount; ++r)
        held_up = held_up || (streams[i].per_unit[r] > 0 && of_resource[r] <= level);
      if (!held_up) continue;
      speeds[i] = at_most ? streams[i].most_per_us : level * growth[i];
      for (size_t r = 0; r < kResourceCount; ++r)
        if (streams[i].per_unit[r] > 0) left[r] -= speeds[i] * streams[i].per_unit[r];
      growth[i] = 0;
      --growing;
    }
  }
  return speeds;
}

}  // namespace lsmkit
