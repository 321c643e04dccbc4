// How long operations take in a timed run: the time in line, and what each takes when its turn has
// come. Kept as histograms, a stretch of constant rates at a time.
#pragma once

#include "lsmkit/timing/fluid_line.h"
#include "lsmkit/timing/log_histogram.h"

namespace lsmkit {

// What holds during a stretch.
struct ServiceTimes {
  double writes_per_work = 0;
  double reads_per_work = 0;
  double write_us = 0;  // by itself
  double read_us = 0;
  bool is_closed = false;  // the time in line has the service in it
  double clients = 1;      // closed: as many as are in line
  // Delayed writes wait in pieces, evenly between these two. A delay is a rate: who comes slower
  // than that never waits for it.
  bool is_delayed = false;
  double pause_us = 0;
  double longest_pause_us = 0;
  // Commits that wait for a sync, what it takes, and how likely another one runs when they come.
  double synced_share = 0;
  double sync_us = 0;
  double sync_busy = 0;
};

class WaitTimes {
 public:
  void add(const Waited& waited, const ServiceTimes& times);
  const LogHistogram& writes() const { return writes_; }
  const LogHistogram& reads() const { return reads_; }

 private:
  void add_write(double first_us, double last_us, double count, const ServiceTimes& times);
  void add_open(const Waited& waited, const ServiceTimes& times);
  void add_closed(const Waited& waited, const ServiceTimes& times);

  LogHistogram writes_;
  LogHistogram reads_;
};

}  // namespace lsmkit
