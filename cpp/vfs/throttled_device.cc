#include "lsmkit/vfs/throttled_device.h"

#include <chrono>
#include <thread>

namespace lsmkit {
namespace {

using Clock = std::chrono::steady_clock;
using Microseconds = std::chrono::duration<double, std::micro>;

double now_us() {
  return Microseconds(Clock::now().time_since_epoch()).count();
}

void sleep_until(double us) {
  const auto since_start = std::chrono::duration_cast<Clock::duration>(Microseconds(us));
  std::this_thread::sleep_until(Clock::time_point(since_start));
}

}  // namespace

std::optional<uint64_t> named_device_bytes_per_s(std::string_view name) {
  constexpr uint64_t kMiB = 1 << 20;
  if (name == "gp3") return 125 * kMiB;
  if (name == "slow") return 30 * kMiB;
  if (name == "narrow") return 10 * kMiB;
  return std::nullopt;
}

void ThrottledDevice::switch_on() {
  const std::lock_guard lock(mutex_);
  on_ = true;
  queue_ = DeviceQueue(bytes_per_s_);
  passed_bytes_ = 0;
}

void ThrottledDevice::switch_off() {
  const std::lock_guard lock(mutex_);
  on_ = false;
}

uint64_t ThrottledDevice::passed_bytes() const {
  const std::lock_guard lock(mutex_);
  return passed_bytes_;
}

ThrottledDevice::Turn ThrottledDevice::enter(uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  if (!on_) return {0, 0};
  const double now = now_us();
  passed_bytes_ += bytes;
  return {now, queue_.enter(bytes, now)};
}

void ThrottledDevice::append_to_log(uint64_t bytes) {
  const Turn turn = enter(bytes);
  if (turn.wait_us() > kMostLogBacklogUs) sleep_until(turn.passed_us - kMostLogBacklogUs);
}

void ThrottledDevice::pass(uint64_t bytes) {
  const Turn turn = enter(bytes);
  if (turn.wait_us() > kShortestWaitUs) sleep_until(turn.passed_us);
}

void ThrottledDevice::sync() {
  const Turn turn = enter(0);
  if (turn.wait_us() > 0) sleep_until(turn.passed_us);
}

}  // namespace lsmkit
