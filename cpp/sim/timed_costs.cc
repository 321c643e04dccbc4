#include "lsmkit/sim/timed_costs.h"

#include <algorithm>
#include <utility>

namespace lsmkit {
namespace {

double blocks_of(const OpChunk& ops, const TimedOptions& options) {
  if (ops.blocks_read && !options.blocks_per_get) return static_cast<double>(*ops.blocks_read);
  return static_cast<double>(ops.gets) * options.blocks_per_get.value_or(1) +
         static_cast<double>(ops.scans) * options.blocks_per_scan;
}

// A block from a device that is so busy (M/D/1).
double block_read_us(double utilisation, const TimedOptions& options) {
  const double busy = std::min(utilisation, 0.98);
  return options.device.latency_us * (1 + busy / (2 * (1 - busy)));
}

// What the device takes for it by itself.
double alone_us(const Amounts& amounts, const TimedOptions& options) {
  const Amounts per_us = capacity_per_us(options.device);
  double most = 0;
  for (size_t r = 0; r < kResourceCount; ++r) most = std::max(most, amounts[r] / per_us[r]);
  return most;
}

}  // namespace

JobLoad load_of(const JobCost& cost, const TimedOptions& options) {
  const double written = static_cast<double>(cost.written_bytes);
  // What is built and compressed is what goes in, not what is left of it.
  const double weight = static_cast<double>(cost.written_weight);
  const CpuCosts& cpu = options.cpu;
  double core_us =
      static_cast<double>(cost.in_records) * cpu.record_us + weight * cpu.written_byte_us;
  if (cost.output_level >= cpu.first_compressed_level) core_us += weight * cpu.compressed_byte_us;

  JobLoad load;
  load.stream.per_unit =
      sequential_transfer(options.device, static_cast<double>(cost.read_bytes), written);
  load.stream.per_unit[Resource::kCpu] = core_us;
  load.stream.per_unit[Resource::kBudget] = written;
  // Each part is one thread. It merges while the device is busy for it, but reads and writes in
  // turn: a table is synced before the next one begins. While it does the one it is nobody's rival
  // in the other, so of what it takes most of it counts for as much of the time as it takes that.
  const double threads = static_cast<double>(std::clamp(cost.parts, 1u, options.slots));
  const double device_us =
      alone_us(sequential_transfer(options.device, static_cast<double>(cost.read_bytes), 0),
               options) +
      alone_us(sequential_transfer(options.device, 0, written), options);
  const double most_us = alone_us(load.stream.per_unit, options);
  load.stream.shares = most_us < device_us * (1 - 1e-9) ? threads * most_us / device_us : threads;
  const double least_us = std::max(core_us, device_us);
  if (least_us > 0) load.stream.most_per_us = threads / least_us;
  load.transfers = core_us > 0 || written > 0 || cost.read_bytes > 0;
  const double waits =
      options.waits_per_job + options.waits_per_table * static_cast<double>(cost.written_tables);
  load.sync_us = options.device.latency_us * (load.transfers ? waits : 1);
  return load;
}

double log_bytes_of(const OpChunk& ops, const TimedOptions& options) {
  if (!options.has_log) return 0;
  return static_cast<double>(ops.written_bytes) +
         static_cast<double>(ops.commits) * options.log_bytes_per_commit;
}

Stream log_stream(const TimedOptions& options) {
  Stream stream;
  stream.per_unit = sequential_transfer(options.device, 0, 1);
  return stream;
}

double most_log_waiting_bytes(const TimedOptions& options) {
  const Amounts device = capacity_per_us(options.device);
  return options.log_ahead_us * std::min(device[Resource::kWrite], device[Resource::kTransfer]);
}

Stream stream_of(const OpChunk& ops, double work, const TimedOptions& options) {
  const Amounts reads = block_reads(blocks_of(ops, options), options.block_bytes);
  Stream stream;
  for (size_t r = 0; r < kResourceCount; ++r) stream.per_unit[r] = reads[r] / work;
  stream.per_unit[Resource::kCpu] =
      (static_cast<double>(ops.writes) * options.cpu.put_us +
       static_cast<double>(ops.gets + ops.scans) * options.cpu.get_us +
       static_cast<double>(ops.scan_entries) * options.cpu.scan_entry_us) /
      work;
  return stream;
}

ServiceTimes service_times_of(const OpChunk& ops, double work, const Phase& phase,
                              double utilisation, const TimedOptions& options) {
  ServiceTimes times;
  const double reads = static_cast<double>(ops.gets + ops.scans);
  times.writes_per_work = static_cast<double>(ops.writes) / work;
  times.reads_per_work = reads / work;
  times.write_us = options.cpu.put_us;
  if (reads > 0)
    times.read_us = options.cpu.get_us +
                    blocks_of(ops, options) / reads * block_read_us(utilisation, options) +
                    static_cast<double>(ops.scan_entries) / reads * options.cpu.scan_entry_us;
  times.clients = static_cast<double>(phase.clients);
  times.synced_share =
      options.sync_every_commits > 0 ? 1.0 / options.sync_every_commits : phase.synced_share;
  if (!options.has_log) times.synced_share = 0;
  times.sync_us = options.device.latency_us;
  return times;
}

std::vector<double> speeds_of(std::vector<Stream> streams, const std::vector<bool>& is_flush,
                              const TimedOptions& options) {
  Amounts machine = capacity_per_us(options.device);
  machine[Resource::kCpu] = options.cores;
  if (options.background_bytes_per_s == 0) return fair_speeds(machine, streams);

  const double budget = static_cast<double>(options.background_bytes_per_s) / 1e6;
  machine[Resource::kBudget] = budget;
  std::vector<Stream> flushes_alone = streams;
  for (size_t i = 0; i < streams.size(); ++i)
    if (!is_flush[i]) flushes_alone[i].per_unit[Resource::kBudget] = 0;
  const std::vector<double> speeds = fair_speeds(machine, flushes_alone);
  for (size_t i = 0; i < streams.size(); ++i) {
    if (!is_flush[i]) continue;
    streams[i].most_per_us = speeds[i];
    machine[Resource::kBudget] -=
        speeds[i] * std::exchange(streams[i].per_unit[Resource::kBudget], 0);
  }
  // A flush that takes all of it leaves what rounding makes of nothing.
  machine[Resource::kBudget] = std::max(machine[Resource::kBudget], budget * 1e-9);
  return fair_speeds(machine, streams);
}

}  // namespace lsmkit
