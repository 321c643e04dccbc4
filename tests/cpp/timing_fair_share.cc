// Processor sharing against figures worked out by hand.
#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "lsmkit/bytes/error.h"
#include "lsmkit/numbers/random.h"
#include "lsmkit/timing/device.h"
#include "lsmkit/timing/fair_share.h"

using namespace lsmkit;

namespace {

Amounts nothing_limited() {
  Amounts out;
  for (size_t r = 0; r < kResourceCount; ++r) out[r] = kInfinity;
  return out;
}

// A stream whose unit is a byte written.
Stream writer(double most = kInfinity, double shares = 1) {
  Stream out;
  out.per_unit[Resource::kWrite] = out.per_unit[Resource::kTransfer] = 1;
  out.most_per_us = most;
  out.shares = shares;
  return out;
}

Stream merge(double read, double write, double cpu_us, double shares = 1) {
  Stream out;
  out.per_unit[Resource::kRead] = read;
  out.per_unit[Resource::kWrite] = write;
  out.per_unit[Resource::kTransfer] = read + write;
  out.per_unit[Resource::kCpu] = cpu_us;
  out.shares = shares;
  return out;
}

}  // namespace

TEST_CASE("equal streams are equally fast, and who wants less leaves the rest to the others") {
  Amounts disk = nothing_limited();
  disk[Resource::kWrite] = 100;
  const Stream two[] = {writer(), writer()};
  CHECK(fair_speeds(disk, two) == std::vector<double>{50, 50});
  const Stream modest[] = {writer(10), writer(), writer()};
  CHECK(fair_speeds(disk, modest) == std::vector<double>{10, 45, 45});
  const Stream weighted[] = {writer(), writer(kInfinity, 3)};
  CHECK(fair_speeds(disk, weighted) == std::vector<double>{25, 75});
  const Stream all_modest[] = {writer(10), writer(20)};
  CHECK(fair_speeds(disk, all_modest) == std::vector<double>{10, 20});
  const Stream stopped[] = {writer(0), writer()};
  CHECK(fair_speeds(disk, stopped) == std::vector<double>{0, 100});
  CHECK(fair_speeds(disk, {}).empty());
}

TEST_CASE("a pipelined job goes at the pace of its slowest stage") {
  Amounts machine = nothing_limited();
  machine[Resource::kRead] = 200;
  machine[Resource::kWrite] = 100;
  machine[Resource::kCpu] = 1;
  // Of 1000 bytes read and 900 written: read 5 us, written 9 us, merged in 4 us or in 20.
  const Stream by_writing[] = {merge(1000, 900, 4)};
  CHECK(fair_speeds(machine, by_writing)[0] == doctest::Approx(1.0 / 9));
  const Stream by_merging[] = {merge(1000, 900, 20)};
  CHECK(fair_speeds(machine, by_merging)[0] == doctest::Approx(1.0 / 20));
}

TEST_CASE("who is not held up by what is used up grows on") {
  Amounts machine = nothing_limited();
  machine[Resource::kWrite] = 100;
  machine[Resource::kCpu] = 2;
  // Two cores: the two that need them get one each, and the device what is left after their output.
  Stream slow = merge(0, 10, 1);  // 10 bytes a microsecond of a core
  slow.most_per_us = 1;           // one thread
  const Stream streams[] = {slow, slow, writer()};
  const std::vector<double> speeds = fair_speeds(machine, streams);
  CHECK(speeds[0] == doctest::Approx(1));
  CHECK(speeds[1] == doctest::Approx(1));
  CHECK(speeds[2] == doctest::Approx(80));
}

TEST_CASE("reads and writes share a device's transfer") {
  const Amounts gp3 = capacity_per_us(device_profile("gp3"));  // 131.072 bytes per us in all
  const Stream streams[] = {merge(1, 0, 0), merge(0, 1, 0)};
  const std::vector<double> speeds = fair_speeds(gp3, streams);
  CHECK(speeds[0] == doctest::Approx(65.536));
  CHECK(speeds[1] == doctest::Approx(65.536));
  Amounts use;
  use[Resource::kTransfer] = 65.536;
  CHECK(utilisation(use, gp3) == doctest::Approx(0.5));
}

TEST_CASE("nothing that somebody could use is left, and nothing is used twice") {
  Random random(1);
  for (int round = 0; round < 2'000; ++round) {
    Amounts machine = nothing_limited();
    for (const Resource r : {Resource::kRead, Resource::kWrite, Resource::kCpu})
      if (random.below(4) > 0) machine[r] = 1 + random.unit() * 100;
    std::vector<Stream> streams;
    for (uint64_t n = random.below(7); n > 0; --n) {
      Stream stream = merge(random.unit() * 10, random.below(2) == 0 ? 0 : random.unit() * 10,
                            random.unit(), 1 + static_cast<double>(random.below(3)));
      if (random.below(2) == 0) stream.most_per_us = random.unit() * 20;
      streams.push_back(stream);
    }
    const bool all_limited = machine[Resource::kRead] < kInfinity;  // every stream reads
    const std::vector<double> speeds = fair_speeds(machine, streams);
    Amounts use;
    for (size_t i = 0; i < streams.size(); ++i)
      for (size_t r = 0; r < kResourceCount; ++r) use[r] += speeds[i] * streams[i].per_unit[r];
    if (!all_limited) continue;
    for (size_t i = 0; i < streams.size(); ++i) {
      bool held_up = speeds[i] >= streams[i].most_per_us;
      for (size_t r = 0; r < kResourceCount; ++r)
        held_up = held_up || (streams[i].per_unit[r] > 0 && use[r] >= machine[r] * (1 - 1e-9));
      CHECK(held_up);
    }
    for (size_t r = 0; r < kResourceCount; ++r) CHECK(use[r] <= machine[r] * (1 + 1e-9));
  }
}

TEST_CASE("devices: each profile stands, others are refused by name") {
  CHECK(device_profile_names().size() == 5);
  for (const std::string_view name : device_profile_names()) {
    const Device device = device_profile(name);
    CHECK_NOTHROW(check(device));
    CHECK(device.name == name);
    const Amounts can = capacity_per_us(device);
    CHECK(std::min(can[Resource::kTransfer], can[Resource::kWrite]) < kInfinity);
  }
  CHECK_THROWS_WITH_AS(device_profile("floppy"),
                       "there is no device profile 'floppy'; there are gp3, io2, nvme, sata, hdd, "
                       "or give the figures of your own",
                       InvalidArgument);
  Device device;
  device.write_bytes_per_s = -1;
  CHECK_THROWS_AS(check(device), InvalidArgument);
  device.write_bytes_per_s = kNotANumber;
  CHECK_THROWS_AS(check(device), InvalidArgument);
}
