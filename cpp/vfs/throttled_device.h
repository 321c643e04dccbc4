// A device of a given speed, as arithmetic and as something to wait at: for tests and benchmarks
// that need the same slow disk every time, below whatever store.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <mutex>
#include <optional>
#include <string_view>

namespace lsmkit {

// Bytes pass one after the other, in the order in which they came. Pure: time is handed in.
class DeviceQueue {
 public:
  // Requires: bytes_per_s > 0.
  explicit DeviceQueue(uint64_t bytes_per_s) : bytes_per_s_(static_cast<double>(bytes_per_s)) {}

  // When the last of these bytes has passed. Time in which nothing passed is lost.
  double enter(uint64_t bytes, double now_us) {
    free_at_us_ = std::max(free_at_us_, now_us) + static_cast<double>(bytes) * 1e6 / bytes_per_s_;
    return free_at_us_;
  }

 private:
  double bytes_per_s_;
  double free_at_us_ = 0;
};

// The devices that have a name: all bytes a second, read or written. `gp3`: AWS's default volume.
// nullopt for other names.
std::optional<uint64_t> named_device_bytes_per_s(std::string_view name);

// One device that several threads, and several stores in turn, read from and write to.
//
// What is appended to a log is on its way at once and waited for by a sync alone, as in the
// system's page cache; but no more than kMostLogBacklogUs ahead of the device. Tables are written
// and read at the pace of the device.
class ThrottledDevice {
 public:
  static constexpr double kMostLogBacklogUs = 250'000;

  // It starts switched off: everything passes at once.
  explicit ThrottledDevice(uint64_t bytes_per_s) : bytes_per_s_(bytes_per_s), queue_(bytes_per_s) {}

  // With an empty queue; and off.
  void switch_on();
  void switch_off();

  void append_to_log(uint64_t bytes);
  void write_table(uint64_t bytes) { pass(bytes); }
  void read_table(uint64_t bytes) { pass(bytes); }
  // Everything that came before.
  void sync();

  uint64_t bytes_per_s() const { return bytes_per_s_; }
  uint64_t passed_bytes() const;

 private:
  // Shorter waits are left to add up: the queue does not forget them, and a sleep takes longer.
  static constexpr double kShortestWaitUs = 1'000;

  struct Turn {
    double now_us;
    double passed_us;  // when it has passed
    double wait_us() const { return passed_us - now_us; }
  };
  Turn enter(uint64_t bytes);
  void pass(uint64_t bytes);

  const uint64_t bytes_per_s_;
  mutable std::mutex mutex_;
  bool on_ = false;            // mutex_
  DeviceQueue queue_;          // mutex_
  uint64_t passed_bytes_ = 0;  // mutex_
};

}  // namespace lsmkit
