// What operations and jobs take of device and cores, and how all that goes on shares them.
#pragma once

#include <span>
#include <vector>

#include "lsmkit/sim/timed_options.h"
#include "lsmkit/sim/timed_subject.h"
#include "lsmkit/sim/timed_waits.h"
#include "lsmkit/timing/fair_share.h"

namespace lsmkit {

// A flush or a compaction. Its unit is all of it; then come syncs, one after the other.
struct JobLoad {
  Stream stream;
  bool transfers = true;  // false: nothing is read or written
  double sync_us = 0;
};
JobLoad load_of(const JobCost& cost, const TimedOptions& options);

// The operations of a chunk that counts as so much work, but for the log; its unit is one of that.
Stream stream_of(const OpChunk& ops, double work, const TimedOptions& options);
// What goes to the log. It is written behind the operations' backs, up to a bound.
double log_bytes_of(const OpChunk& ops, const TimedOptions& options);
Stream log_stream(const TimedOptions& options);  // its unit is a byte
double most_log_waiting_bytes(const TimedOptions& options);

// What each of them takes by itself, of a device that is so busy. Pauses are not known here.
ServiceTimes service_times_of(const OpChunk& ops, double work, const Phase& phase,
                              double utilisation, const TimedOptions& options);

// Streams and how fast they go; of each whether it is a flush. A rate limiter serves flushes first:
// compactions get what is left of its budget.
std::vector<double> speeds_of(std::vector<Stream> streams, const std::vector<bool>& is_flush,
                              const TimedOptions& options);

}  // namespace lsmkit
