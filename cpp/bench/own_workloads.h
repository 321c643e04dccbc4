// What measures lsmkit's own parts, beside a control done at the same time.
//
//   wal        appends to the log alone, nothing is flushed: bytes and rate, as it is and with the
//              eight bytes of a time in each entry (W1.1); in more detail: log_bench
//   syncmodes  how long single puts take in every sync mode, beside the peers' modes and a bare
//              fdatasync of a preallocated file (W1.3)
//   open       opening a clean database of 1,000 tables, beside create, write, sync, rename and
//              sync of the directory
//   flushmany  a flush into a database of 5,000 tables, and of 995 sorted runs, beside one of 5
//              (W1.5), in memory
//   throttled  overwrites by one writer, as fast as it goes, of a settled store on a device of a
//              given speed (--throttle, --seconds): how long single puts wait by either rule of
//              ours (--flows), beside RocksDB on the same device with trees as small, and a thread
//              that does nothing but look at the clock
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "arguments.h"
#include "report.h"
#include "scratch.h"
#include "stores.h"

namespace lsmkit::bench {

// What a round of one has at hand.
struct OwnRound {
  int round;
  const Settings& settings;
  const Data& data;
  const std::vector<StoreKind>& kinds;  // that take part, in this round's order
  ScratchDirectory& scratch;
  std::function<void(Sample)> emit;
};

struct OwnWorkload {
  std::string name;
  bool peers_take_part;
  void (*run)(const OwnRound&);
};
const std::vector<OwnWorkload>& own_workloads();

void run_wal(const OwnRound& round);
void run_syncmodes(const OwnRound& round);
void run_open(const OwnRound& round);
void run_flushmany(const OwnRound& round);
void run_throttled(const OwnRound& round);  // throttled_workload.cc

// Microseconds of a write of `bytes` bytes and an fdatasync, each into a file that was allocated
// and written before: what a durable put cannot do without.
std::vector<uint32_t> preallocated_sync_ns(const std::string& path, uint64_t count, size_t bytes);

}  // namespace lsmkit::bench
