#include "lsmkit/sim/timed_options.h"

#include <string>

#include "lsmkit/bytes/error.h"

namespace lsmkit {
namespace {

void check_between(const char* name, double value, double least, double most) {
  if (value >= least && value <= most) return;
  const auto text = [](double v) {
    return v == static_cast<double>(static_cast<int64_t>(v))
               ? std::to_string(static_cast<int64_t>(v))
               : std::to_string(v);
  };
  throw InvalidArgument(std::string(name) + " must be between " + text(least) + " and " +
                        text(most));
}

}  // namespace

void check(const TimedOptions& options, const CompactionOptions& compaction) {
  check(options.device);
  check_between("cores", options.cores, 0.01, 1e6);
  check_between("slots", options.slots, 1, 1024);
  check_between("put_us", options.cpu.put_us, 0.001, 1e9);
  check_between("get_us", options.cpu.get_us, 0.001, 1e9);
  check_between("scan_entry_us", options.cpu.scan_entry_us, 0, 1e9);
  check_between("record_us", options.cpu.record_us, 0, 1e9);
  check_between("written_byte_us", options.cpu.written_byte_us, 0, 1e9);
  check_between("compressed_byte_us", options.cpu.compressed_byte_us, 0, 1e9);
  check_between("memtable_bytes_per_weight", options.memtable_bytes_per_weight, 0.1, 100);
  check_between("log_bytes_per_commit", options.log_bytes_per_commit, 0, 1e6);
  check_between("log_ahead_us", options.log_ahead_us, 1, 1e12);
  check_between("blocks_per_get", options.blocks_per_get.value_or(1), 0, 1e6);
  check_between("blocks_per_scan", options.blocks_per_scan, 0, 1e6);
  check_between("block_bytes", options.block_bytes, 1, 1e9);
  check_between("waits_per_job", options.waits_per_job, 0, 1e3);
  check_between("waits_per_table", options.waits_per_table, 0, 1e3);
  check_between("longest_wait_us", options.longest_wait_us, 1, 1e15);
  check_between("sample_every_us", options.sample_every_us, 1, 1e15);
  const double least =
      2 * options.memtable_bytes_per_weight * static_cast<double>(compaction.memtable_weight);
  if (static_cast<double>(options.memtable_room_bytes) < least)
    throw InvalidArgument(
        "memtable_room_bytes must hold two memtables, one that is written and one that is "
        "flushed: at least " +
        std::to_string(static_cast<uint64_t>(least)));
}

}  // namespace lsmkit
