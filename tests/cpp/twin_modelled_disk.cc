// A disk that is waited at as the simulator reckons: who owes what, when it is done, and that real
// files on it take as long.
#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <thread>

#include "lsmkit/bytes/error.h"
#include "lsmkit/twin/modelled_disk.h"
#include "lsmkit/vfs/memory_file_system.h"

using namespace lsmkit;

namespace {

// A byte takes a microsecond, both ways together.
Device slow() {
  Device device;
  device.transfer_bytes_per_s = 1e6;
  return device;
}

double ms_of(auto&& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin)
      .count();
}

constexpr uint64_t kMiB = 1 << 20;

}  // namespace

TEST_CASE("streams share a device, and who is alone has all of it") {
  DeviceLoad load(slow());
  load.add(1, 0, 1'000, 0);
  CHECK(load.owes_at_most_from(1, 0, 0) == doctest::Approx(1'000));
  load.add(2, 400, 0, 0);
  // Both go at half the speed until the second is done at 800; the first has 600 left then.
  CHECK(load.owes_at_most_from(2, 0, 0) == doctest::Approx(800));
  CHECK(load.owes_at_most_from(1, 0, 0) == doctest::Approx(1'400));
  CHECK(load.owes_at_most_from(1, 500, 0) == doctest::Approx(900));
  CHECK(load.owed_bytes(1, 400) == doctest::Approx(800));
  // Looking into the future has not changed it.
  CHECK(load.owes_at_most_from(2, 0, 400) == doctest::Approx(800));
  CHECK(load.owed_bytes(1, 2'000) == 0);
  CHECK(load.passed_bytes() == doctest::Approx(1'400));
  // Time in which nothing passed is lost.
  load.add(1, 0, 100, 5'000);
  CHECK(load.owes_at_most_from(1, 0, 5'000) == doctest::Approx(5'100));
}

TEST_CASE("reads and writes of one stream go on together where the device has a limit for each") {
  Device device;
  device.read_bytes_per_s = 1e6;
  device.write_bytes_per_s = 2e6;
  DeviceLoad load(device);
  load.add(1, 1'000, 2'000, 0);
  CHECK(load.owes_at_most_from(1, 0, 0) == doctest::Approx(1'000));
}

TEST_CASE("requests count, and without a limit nothing takes time") {
  Device device;
  device.requests_per_s = 1'000;
  device.request_bytes = 1 << 20;
  DeviceLoad load(device);
  load.add_block(7, 4'096, 0);
  load.add_block(7, 4'096, 0);
  CHECK(load.owes_at_most_from(7, 0, 0) == doctest::Approx(2'000));
  DeviceLoad none{Device{}};
  none.add(1, 1e12, 1e12, 10);
  CHECK(none.owes_at_most_from(1, 0, 10) == 10);
  CHECK(none.owed_bytes(1, 11) == 0);
  device.latency_us = -1;
  CHECK_THROWS_AS(DeviceLoad{device}, InvalidArgument);
}

// Of one thread's waits the sum is what is due: a sleep that took too long makes the next shorter.
TEST_CASE("a table's bytes are waited for by its sync, a log's beyond what may be ahead") {
  MemoryFileSystem memory;
  Device device;
  device.transfer_bytes_per_s = 20.0 * kMiB;
  device.latency_us = 5'000;
  ModelledDisk disk(memory, device, 25'000);  // half a MiB
  disk.make_dir("/d");
  const auto begin = std::chrono::steady_clock::now();
  const auto ms = [&] {
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin)
        .count();
  };
  const auto table = disk.create("/d/0000000001.table", AppendMode::kTable, 0);
  table->append(std::string(kMiB, 'x'));
  table->sync();
  table->close();
  CHECK(ms() >= 54.9);  // and a request for the sync
  const auto log = disk.create("/d/000001.log", AppendMode::kLog, 0);
  log->append(std::string(400 << 10, 'x'));
  CHECK(disk.device().passed_bytes() < kMiB + (400 << 10));
  log->sync();
  CHECK(ms() >= 54.9 + 19.5 + 5);
  log->append(std::string(kMiB, 'x'));
  CHECK(ms() >= 79.4 + 25);
  // Another log's sync does not wait for what this one owes.
  const auto next = disk.create("/d/000002.log", AppendMode::kLog, 0);
  next->append("header");
  next->sync();
  CHECK(ms() >= 104.4 + 5);
  log->sync();
  CHECK(ms() >= 79.4 + 50 + 5);
  std::string read(kMiB, ' ');
  const auto file = disk.open("/d/0000000001.table");
  CHECK(file->read(0, 100, read.data()) == 100);
  CHECK(ms() >= 134.4 + 5);
  CHECK(read.substr(0, 100) == std::string(100, 'x'));
  CHECK(file->read(100, kMiB - 100, read.data()) == kMiB - 100);
  CHECK(ms() >= 139.4 + 49);
}

TEST_CASE("two threads each get half of a device") {
  MemoryFileSystem memory;
  Device device;
  device.transfer_bytes_per_s = 20.0 * kMiB;
  ModelledDisk disk(memory, device, 25'000);
  disk.make_dir("/d");
  const auto write = [&](const std::string& path) {
    const auto file = disk.create(path, AppendMode::kTable, 0);
    file->append(std::string(kMiB, 'x'));
    file->sync();
  };
  const double ms = ms_of([&] {
    std::thread other([&] { write("/d/0000000001.table"); });
    write("/d/0000000002.table");
    other.join();
  });
  CHECK(ms >= 99);
  CHECK(disk.device().passed_bytes() == doctest::Approx(2.0 * kMiB));
}
