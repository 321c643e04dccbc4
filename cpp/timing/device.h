// A storage device as published figures describe it: how many bytes and requests a second, and how
// long one request takes by itself.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lsmkit/timing/fair_share.h"

namespace lsmkit {

struct Device {
  std::string name = "custom";
  double read_bytes_per_s = 0;      // 0, here and below: no limit
  double write_bytes_per_s = 0;     //
  double transfer_bytes_per_s = 0;  // both together
  double requests_per_s = 0;
  double latency_us = 0;  // of a small read, and of a sync
  // A request of a sequential stream is so large; a longer one counts as several.
  uint64_t request_bytes = 256 << 10;
};

// gp3, io2, nvme, sata, hdd; device.cc says whose figures they are. Throws InvalidArgument for
// another name.
Device device_profile(std::string_view name);
std::vector<std::string_view> device_profile_names();

// Throws InvalidArgument naming the field and what would do.
void check(const Device& device);

// What the device can do in a microsecond; kCpu and kBudget: no limit.
Amounts capacity_per_us(const Device& device);

// What it takes to read and write so much in sequence.
Amounts sequential_transfer(const Device& device, double read_bytes, double written_bytes);
// What so many reads of a block take.
Amounts block_reads(double count, double block_bytes);

// The part of the device that is in use, 0..1: of what is nearest to being used up. Other
// resources are not looked at.
double utilisation(const Amounts& use_per_us, const Amounts& capacity_per_us);

}  // namespace lsmkit
