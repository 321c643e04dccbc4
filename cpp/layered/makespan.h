// How long the jobs of a plan take on several workers that share a device: a free worker takes the
// next job in the plan's order, and those at work share the device as timing/fair_share.h has it.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "lsmkit/layered/layer_plan.h"

namespace lsmkit {

struct JobWork {
  uint64_t read_bytes = 0;
  uint64_t written_bytes = 0;
};

struct JobSpeeds {
  double worker_bytes_per_s = 250e6;  // that one worker reads or writes, whichever is more
  double device_bytes_per_s = 1e9;    // read and written, by all together; 0: no limit
};
// Throws InvalidArgument naming what cannot be.
void check(const JobSpeeds& speeds);

// In the plan's order. A new delta reads as much as it writes; images read the deltas of their
// part, each its share.
std::vector<JobWork> work_of(const LayerPlan& plan);

// Seconds until the last is done. Requires: workers > 0.
double makespan_s(std::span<const JobWork> jobs, uint32_t workers, const JobSpeeds& speeds);

inline constexpr std::array<uint32_t, 3> kWorkerCounts{1, 2, 4};

// With so many workers as in kWorkerCounts.
struct Makespans {
  std::array<double, kWorkerCounts.size()> sum_s{};
  std::array<double, kWorkerCounts.size()> longest_s{};  // of one level's plan

  void add(const LayerPlan& plan, const JobSpeeds& speeds);
};

}  // namespace lsmkit
