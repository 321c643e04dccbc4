#include "lsmkit/layered/makespan.h"

#include <algorithm>
#include <cmath>

#include "lsmkit/bytes/error.h"
#include "lsmkit/timing/device.h"

namespace lsmkit {

void check(const JobSpeeds& speeds) {
  ensure(std::isfinite(speeds.worker_bytes_per_s) && speeds.worker_bytes_per_s > 0,
         "worker_bytes_per_s of a layered store must be above 0");
  ensure(std::isfinite(speeds.device_bytes_per_s) && speeds.device_bytes_per_s >= 0,
         "device_bytes_per_s of a layered store must be 0 or more");
}

std::vector<JobWork> work_of(const LayerPlan& plan) {
  std::vector<JobWork> out;
  size_t part = 0;
  for (const LayerJob& job : plan.jobs) {
    while (part + 1 < plan.parts.size() && plan.parts[part].pages.end <= job.pages.begin) ++part;
    uint64_t read_bytes = job.bytes;
    if (job.makes == LayerKind::kImage && plan.parts[part].image_bytes > 0)
      read_bytes = static_cast<uint64_t>(static_cast<double>(plan.parts[part].delta_bytes) *
                                         static_cast<double>(job.bytes) /
                                         static_cast<double>(plan.parts[part].image_bytes));
    out.push_back({read_bytes, job.bytes});
  }
  return out;
}

namespace {

struct Running {
  Stream stream;  // whose unit is the whole job
  double left = 1;
};

Running started(const JobWork& job, const Device& device, const JobSpeeds& speeds) {
  const auto read = static_cast<double>(job.read_bytes);
  const auto written = static_cast<double>(job.written_bytes);
  Running out;
  out.stream.per_unit = sequential_transfer(device, read, written);
  out.stream.most_per_us = speeds.worker_bytes_per_s / 1e6 / std::max({read, written, 1.0});
  return out;
}

}  // namespace

double makespan_s(std::span<const JobWork> jobs, uint32_t workers, const JobSpeeds& speeds) {
  Device device;
  device.transfer_bytes_per_s = speeds.device_bytes_per_s;
  const Amounts capacity = capacity_per_us(device);
  std::vector<Running> running;
  double now_us = 0;
  for (size_t next = 0; next < jobs.size() || !running.empty();) {
    while (next < jobs.size() && running.size() < workers)
      running.push_back(started(jobs[next++], device, speeds));
    std::vector<Stream> streams;
    for (const Running& job : running) streams.push_back(job.stream);
    const std::vector<double> per_us = fair_speeds(capacity, streams);
    double step_us = kInfinity;
    for (size_t i = 0; i < running.size(); ++i)
      step_us = std::min(step_us, running[i].left / per_us[i]);
    now_us += step_us;
    for (size_t i = 0; i < running.size(); ++i) {
      const bool done = running[i].left / per_us[i] <= step_us;
      running[i].left = done ? 0 : running[i].left - per_us[i] * step_us;
    }
    std::erase_if(running, [](const Running& job) { return job.left <= 0; });
  }
  return now_us / 1e6;
}

void Makespans::add(const LayerPlan& plan, const JobSpeeds& speeds) {
  const std::vector<JobWork> jobs = work_of(plan);
  for (size_t i = 0; i < kWorkerCounts.size(); ++i) {
    const double seconds = makespan_s(jobs, kWorkerCounts[i], speeds);
    sum_s[i] += seconds;
    longest_s[i] = std::max(longest_s[i], seconds);
  }
}

}  // namespace lsmkit
