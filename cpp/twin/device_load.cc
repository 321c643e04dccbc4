#include "lsmkit/twin/device_load.h"

#include <algorithm>

namespace lsmkit {
namespace {

constexpr double kNothing = 1e-3;  // bytes: less than rounding leaves

Device checked(Device device) {
  check(device);
  return device;
}

}  // namespace

DeviceLoad::DeviceLoad(const Device& device)
    : device_(checked(device)), per_us_(capacity_per_us(device)) {}

void DeviceLoad::add(StreamId stream, double read_bytes, double written_bytes, double now_us) {
  add(stream, read_bytes + written_bytes, sequential_transfer(device_, read_bytes, written_bytes),
      now_us);
}

void DeviceLoad::add_block(StreamId stream, double bytes, double now_us) {
  add(stream, bytes, block_reads(1, bytes), now_us);
}

void DeviceLoad::add(StreamId stream, double bytes, const Amounts& amounts, double now_us) {
  advance(now_us);
  if (bytes <= 0) return;
  Owed& owed = streams_[stream];
  owed.bytes += bytes;
  for (size_t r = 0; r < kResourceCount; ++r) owed.amounts[r] += amounts[r];
}

std::vector<double> DeviceLoad::speeds(const Streams& streams) const {
  std::vector<Stream> shared;
  for (const auto& [id, owed] : streams) {
    Stream& stream = shared.emplace_back();
    for (size_t r = 0; r < kResourceCount; ++r) stream.per_unit[r] = owed.amounts[r] / owed.bytes;
  }
  return fair_speeds(per_us_, shared);
}

double DeviceLoad::advance(Streams& streams, double from_us, double to_us) const {
  double passed = 0;
  while (!streams.empty() && from_us < to_us) {
    const std::vector<double> speed = speeds(streams);
    double us = to_us - from_us;
    size_t i = 0;
    for (const auto& [id, owed] : streams) us = std::min(us, owed.bytes / speed[i++]);
    i = 0;
    for (auto at = streams.begin(); at != streams.end();) {
      Owed& owed = at->second;
      const double done = speed[i] == kInfinity ? owed.bytes : std::min(us * speed[i], owed.bytes);
      ++i;
      passed += done;
      const double left = owed.bytes - done;
      for (size_t r = 0; r < kResourceCount; ++r) owed.amounts[r] *= left / owed.bytes;
      owed.bytes = left;
      at = left > kNothing ? std::next(at) : streams.erase(at);
    }
    from_us += us;
  }
  return passed;
}

void DeviceLoad::advance(double now_us) {
  if (now_us <= at_us_) return;
  passed_bytes_ += advance(streams_, at_us_, now_us);
  at_us_ = now_us;
}

double DeviceLoad::owed_bytes(StreamId stream, double now_us) {
  advance(now_us);
  const auto at = streams_.find(stream);
  return at == streams_.end() ? 0 : at->second.bytes;
}

// Those that are done before make it faster, so the future is gone through on a copy.
double DeviceLoad::owes_at_most_from(StreamId stream, double bytes, double now_us) {
  advance(now_us);
  Streams ahead = streams_;
  double at_us = at_us_;
  for (;;) {
    const auto own = ahead.find(stream);
    if (own == ahead.end() || own->second.bytes <= bytes + kNothing) return at_us;
    const std::vector<double> speed = speeds(ahead);
    double us = kInfinity;
    size_t i = 0;
    for (const auto& [id, owed] : ahead) {
      const double left = id == stream ? owed.bytes - bytes : owed.bytes;
      us = std::min(us, left / speed[i++]);
    }
    advance(ahead, at_us, at_us + us);
    at_us += us;
    // Time that is too short to be told from none.
    if (us < 1e-6) return at_us;
  }
}

}  // namespace lsmkit
