#include "lsmkit/timing/device.h"

#include <algorithm>

#include "lsmkit/bytes/error.h"

namespace lsmkit {
namespace {

constexpr double kMiB = 1 << 20;
constexpr Resource kOfDevice[] = {Resource::kRead, Resource::kWrite, Resource::kTransfer,
                                  Resource::kRequests};

const std::vector<Device>& profiles() {
  static const std::vector<Device> all = {
      // AWS, "General Purpose SSD volumes": a gp3 volume as it comes, 3,000 requests and 125 MiB a
      // second, reads and writes together; latency in "single-digit milliseconds", 1 ms taken.
      {"gp3", 0, 0, 125 * kMiB, 3'000, 1'000, 256 << 10},
      // AWS, "Provisioned IOPS SSD volumes": an io2 Block Express volume at its most, 256,000
      // requests and 4,000 MiB a second; below 500 us on average for 16 KiB.
      {"io2", 0, 0, 4'000 * kMiB, 256'000, 500, 256 << 10},
      // As a Samsung 970 EVO Plus 1 TB is sold (not checked against its data sheet): 3,500 and
      // 3,300 MB/s in sequence, 600,000 random
      // reads a second. Its latency is not published; 100 us is typical of reads from flash.
      {"nvme", 3'500e6, 3'300e6, 0, 600'000, 100, 128 << 10},
      // As a Samsung 860 EVO is sold (not checked against its data sheet): 550 and 520 MB/s in
      // sequence, 98,000 random reads a second;
      // both share the one SATA link of 600 MB/s. Latency as typical of SATA flash.
      {"sata", 550e6, 520e6, 550e6, 98'000, 200, 128 << 10},
      // A disk of 7,200 turns a minute: half a turn (4.2 ms) and a seek (8.5 ms) make 12.7 ms, or
      // 79
      // requests a second; 160 MB/s in sequence, as RollingStone has it. Requests of 4 MiB stand
      // for
      // what elevator and readahead put together.
      {"hdd", 0, 0, 160e6, 79, 12'700, 4 << 20},
  };
  return all;
}

}  // namespace

Device device_profile(std::string_view name) {
  for (const Device& device : profiles())
    if (device.name == name) return device;
  std::string names;
  for (const Device& device : profiles()) names += (names.empty() ? "" : ", ") + device.name;
  throw InvalidArgument("there is no device profile '" + std::string(name.substr(0, 40)) +
                        "'; there are " + names + ", or give the figures of your own");
}

std::vector<std::string_view> device_profile_names() {
  std::vector<std::string_view> names;
  for (const Device& device : profiles()) names.push_back(device.name);
  return names;
}

void check(const Device& device) {
  const auto check_one = [&](const char* field, double value) {
    if (value >= 0 && value <= 1e18) return;
    throw InvalidArgument("device '" + device.name.substr(0, 40) + "': " + field +
                          " must be a number from 0 (no limit) to 1e18");
  };
  check_one("read_bytes_per_s", device.read_bytes_per_s);
  check_one("write_bytes_per_s", device.write_bytes_per_s);
  check_one("transfer_bytes_per_s", device.transfer_bytes_per_s);
  check_one("requests_per_s", device.requests_per_s);
  check_one("latency_us", device.latency_us);
  if (device.request_bytes < 512)
    throw InvalidArgument("device '" + device.name.substr(0, 40) +
                          "': request_bytes must be at least 512, a sector");
}

Amounts capacity_per_us(const Device& device) {
  const auto per_us = [](double per_s) { return per_s == 0 ? kInfinity : per_s / 1e6; };
  Amounts out;
  out[Resource::kRead] = per_us(device.read_bytes_per_s);
  out[Resource::kWrite] = per_us(device.write_bytes_per_s);
  out[Resource::kTransfer] = per_us(device.transfer_bytes_per_s);
  out[Resource::kRequests] = per_us(device.requests_per_s);
  out[Resource::kCpu] = out[Resource::kBudget] = kInfinity;
  return out;
}

Amounts sequential_transfer(const Device& device, double read_bytes, double written_bytes) {
  Amounts out;
  out[Resource::kRead] = read_bytes;
  out[Resource::kWrite] = written_bytes;
  out[Resource::kTransfer] = read_bytes + written_bytes;
  out[Resource::kRequests] =
      (read_bytes + written_bytes) / static_cast<double>(device.request_bytes);
  return out;
}

Amounts block_reads(double count, double block_bytes) {
  Amounts out;
  out[Resource::kRead] = out[Resource::kTransfer] = count * block_bytes;
  out[Resource::kRequests] = count;
  return out;
}

double utilisation(const Amounts& use_per_us, const Amounts& capacity_per_us) {
  double most = 0;
  for (const Resource r : kOfDevice) most = std::max(most, use_per_us[r] / capacity_per_us[r]);
  return most;
}

}  // namespace lsmkit
