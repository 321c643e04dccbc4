// A slow device is as slow as it says and no slower; what is appended to a log does not wait for
// it.
#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <thread>

#include "lsmkit/vfs/memory_file_system.h"
#include "lsmkit/vfs/throttled_file_system.h"

using namespace lsmkit;

namespace {

double ms_of(auto&& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin)
      .count();
}

constexpr uint64_t kMiB = 1 << 20;

}  // namespace

TEST_CASE("bytes pass a device one after the other, and idle time is lost") {
  DeviceQueue queue(1'000'000);
  CHECK(queue.enter(100, 0) == 100);
  CHECK(queue.enter(50, 20) == 150);
  CHECK(queue.enter(0, 130) == 150);
  CHECK(queue.enter(10, 1'000) == 1'010);
}

TEST_CASE("devices have names") {
  CHECK(named_device_bytes_per_s("gp3") == 125 * kMiB);
  CHECK(named_device_bytes_per_s("slow") == 30 * kMiB);
  CHECK(named_device_bytes_per_s("narrow") == 10 * kMiB);
  CHECK_FALSE(named_device_bytes_per_s("fast").has_value());
}

TEST_CASE("tables are written and read at the device's pace, once it is switched on") {
  MemoryFileSystem memory;
  ThrottledDevice device(20 * kMiB);
  ThrottledFileSystem files(memory, device);
  files.make_dir("/d");
  const std::string data(kMiB, 'x');
  const auto write = [&](const std::string& path) {
    const auto file = files.create(path, AppendMode::kTable, 0);
    file->append(data);
    file->sync();
    file->close();
  };
  write("/d/off");
  CHECK(device.passed_bytes() == 0);
  device.switch_on();
  CHECK(ms_of([&] { write("/d/on"); }) >= 49);
  CHECK(device.passed_bytes() == kMiB);
  std::string read(kMiB, '\0');
  const auto file = files.open("/d/on");
  CHECK(ms_of([&] { CHECK(file->read(0, kMiB, read.data()) == kMiB); }) >= 49);
  CHECK(read == data);
  CHECK(device.passed_bytes() == 2 * kMiB);
}

TEST_CASE("a log is on its way at once; a sync waits for it, and so does what is too much") {
  MemoryFileSystem memory;
  ThrottledDevice device(2 * kMiB);  // a quarter of a second: 512 KiB
  ThrottledFileSystem files(memory, device);
  files.make_dir("/d");
  device.switch_on();
  const auto log = files.create("/d/log", AppendMode::kLog, 0);
  const double ahead_ms = ms_of([&] { log->append(std::string(256 << 10, 'x')); });
  CHECK(device.passed_bytes() == 256 << 10);
  const double synced_ms = ahead_ms + ms_of([&] { log->sync(); });
  CHECK(synced_ms >= 124);
  const double too_much_ms = ms_of([&] {
    for (int i = 0; i < 192; ++i) log->append(std::string(4096, 'x'));  // 768 KiB
  });
  CHECK(too_much_ms >= 120);
  CHECK(device.passed_bytes() == kMiB);
}

TEST_CASE("appends of a few bytes are paid for by the page") {
  MemoryFileSystem memory;
  ThrottledDevice device(100 * kMiB);
  ThrottledFileSystem files(memory, device);
  files.make_dir("/d");
  device.switch_on();
  const auto log = files.create("/d/log", AppendMode::kLog, 0);
  for (int i = 0; i < 39; ++i) log->append(std::string(100, 'x'));
  CHECK(device.passed_bytes() == 0);
  for (int i = 0; i < 2; ++i) log->append(std::string(100, 'x'));
  CHECK(device.passed_bytes() == 4'100);
}
