#include "lsmkit/twin/modelled_disk.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <optional>
#include <thread>
#include <utility>

#include "lsmkit/vfs/passing_file.h"

namespace lsmkit {
namespace {

using Clock = std::chrono::steady_clock;
using Microseconds = std::chrono::duration<double, std::micro>;

constexpr DeviceLoad::StreamId kLog = 0;
constexpr uint64_t kPageBytes = 4096;

double now_us() {
  return Microseconds(Clock::now().time_since_epoch()).count();
}

DeviceLoad::StreamId own_stream() {
  return std::hash<std::thread::id>()(std::this_thread::get_id()) | 1;  // not the log's
}

double bytes_in(const Device& device, double us) {
  const Amounts per_us = capacity_per_us(device);
  return us * std::min(per_us[Resource::kWrite], per_us[Resource::kTransfer]);
}

// A log, or anything else that is appended to bit by bit.
class LogFile final : public PassingAppendFile {
 public:
  LogFile(std::unique_ptr<AppendFile> below, DeviceAtWork& device)
      : PassingAppendFile(std::move(below)), device_(device) {}

  void commit(size_t bytes) override {
    below_->commit(bytes);
    unpaid_bytes_ += bytes;
    if (unpaid_bytes_ >= kPageBytes) end_ = device_.append_to_log(std::exchange(unpaid_bytes_, 0));
  }
  // What is unpaid is less than a page.
  void sync() override { device_.sync_log(end_); }

 private:
  DeviceAtWork& device_;
  uint64_t unpaid_bytes_ = 0;    // appending thread
  std::atomic<double> end_ = 0;  // of what was paid, in the device's log
};

// A table, or a MANIFEST: written by a job.
class JobFile final : public PassingAppendFile {
 public:
  JobFile(std::unique_ptr<AppendFile> below, DeviceAtWork& device)
      : PassingAppendFile(std::move(below)), device_(device) {}

  void commit(size_t bytes) override {
    below_->commit(bytes);
    device_.write_table(bytes);
  }
  void sync() override { device_.sync_table(); }

 private:
  DeviceAtWork& device_;
};

class ReadOnDevice final : public PassingReadFile {
 public:
  ReadOnDevice(std::unique_ptr<ReadFile> below, DeviceAtWork& device)
      : PassingReadFile(std::move(below)), device_(device) {}

  size_t read(uint64_t offset, size_t bytes, char* to) const override {
    const size_t got = below_->read(offset, bytes, to);
    const bool goes_on = last_end_.exchange(offset + got, std::memory_order_relaxed) == offset;
    if (goes_on || got >= kLeastSequential) {
      device_.read_table(got);
    } else {
      device_.read_block(got);
    }
    return got;
  }

 private:
  static constexpr uint64_t kLeastSequential = 32 << 10;  // a shorter read may be one by itself

  DeviceAtWork& device_;
  mutable std::atomic<uint64_t> last_end_ = UINT64_MAX;  // of the read before
};

}  // namespace

DeviceAtWork::DeviceAtWork(const Device& device, double log_ahead_us)
    : device_(device), most_log_bytes_(bytes_in(device, log_ahead_us)), load_(device) {}

uint64_t DeviceAtWork::passed_bytes() const {
  const std::lock_guard lock(mutex_);
  return static_cast<uint64_t>(load_.passed_bytes());
}

double DeviceAtWork::append_to_log(uint64_t bytes) {
  double end;
  {
    const std::lock_guard lock(mutex_);
    load_.add(kLog, 0, static_cast<double>(bytes), now_us());
    end = log_end_ += static_cast<double>(bytes);
  }
  wait_for_log(end - most_log_bytes_);
  return end;
}

void DeviceAtWork::sync_log(double end) {
  wait_for_log(end);
  request();
}

void DeviceAtWork::read_block(uint64_t bytes) {
  {
    const std::lock_guard lock(mutex_);
    load_.add_block(own_stream(), static_cast<double>(bytes), now_us());
  }
  wait_for_own(0);
  request();
}

void DeviceAtWork::sync_table() {
  wait_for_own(0);
  request();
}

void DeviceAtWork::request() {
  if (device_.latency_us == 0) return;
  const double due_us = now_us() + device_.latency_us;
  wait([&](double) { return due_us; }, true);
}

void DeviceAtWork::write_table(uint64_t bytes) {
  {
    const std::lock_guard lock(mutex_);
    load_.add(own_stream(), 0, static_cast<double>(bytes), now_us());
  }
  wait_for_own(kBehindBytes);
}

void DeviceAtWork::read_table(uint64_t bytes) {
  {
    const std::lock_guard lock(mutex_);
    load_.add(own_stream(), static_cast<double>(bytes), 0, now_us());
  }
  wait_for_own(0);
}

void DeviceAtWork::wait_for_log(double end) {
  wait([&](double now) { return load_.owes_at_most_from(kLog, log_end_ - end, now); }, false);
}

void DeviceAtWork::wait_for_own(double until_bytes) {
  wait([&](double now) { return load_.owes_at_most_from(own_stream(), until_bytes, now); },
       until_bytes == 0);
}

// Others that come meanwhile make it later, so it is asked again. While a thread that owes nothing
// sleeps too long, its share of the device goes unused; so it sleeps less the next time, and the
// device is as fast as it says on a busy machine, too.
template <class DueAt>
void DeviceAtWork::wait(DueAt&& due_at, bool owes_nothing_then) {
  std::unique_lock lock(mutex_);
  double& late_us = late_us_[own_stream()];
  const double credit_us = owes_nothing_then ? late_us : 0;
  std::optional<double> wake_us;
  for (;;) {
    const double now = now_us();
    const double due = due_at(now);
    if (due > now) wake_us = due - credit_us;
    if (due - credit_us <= now) {
      if (wake_us && owes_nothing_then) late_us = std::clamp(now - *wake_us, 0.0, kMostLateUs);
      return;
    }
    lock.unlock();
    std::this_thread::sleep_until(
        Clock::time_point(std::chrono::ceil<Clock::duration>(Microseconds(*wake_us))));
    lock.lock();
  }
}

std::unique_ptr<AppendFile> ModelledDisk::create(const std::string& path, AppendMode mode,
                                                 uint64_t expected_bytes) {
  auto below = below_.create(path, mode, expected_bytes);
  if (path.ends_with(".log")) return std::make_unique<LogFile>(std::move(below), device_);
  return std::make_unique<JobFile>(std::move(below), device_);
}

std::unique_ptr<ReadFile> ModelledDisk::open(const std::string& path) {
  return std::make_unique<ReadOnDevice>(below_.open(path), device_);
}

void ModelledDisk::sync_dir(const std::string&) {
  device_.request();
}

}  // namespace lsmkit
