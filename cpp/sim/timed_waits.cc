#include "lsmkit/sim/timed_waits.h"

#include <algorithm>

namespace lsmkit {

void WaitTimes::add(const Waited& waited, const ServiceTimes& times) {
  times.is_closed ? add_closed(waited, times) : add_open(waited, times);
  const double reads = waited.work * times.reads_per_work;
  const double own = times.is_closed ? 0 : times.read_us;
  if (reads > 0)
    reads_.add_spread(std::max(waited.first_us + own, times.read_us),
                      std::max(waited.last_us + own, times.read_us), reads);
}

void WaitTimes::add_write(double first_us, double last_us, double count,
                          const ServiceTimes& times) {
  if (count == 0) return;
  const double synced = count * times.synced_share;
  writes_.add_spread(first_us, last_us, count - synced);
  if (synced == 0) return;
  // For the sync that takes it along, and before that for the rest of one that does not.
  const double free = synced * (1 - times.sync_busy);
  writes_.add_spread(first_us + times.sync_us, last_us + times.sync_us, free);
  writes_.add_spread(first_us + times.sync_us, last_us + 2 * times.sync_us, synced - free);
}

void WaitTimes::add_open(const Waited& waited, const ServiceTimes& times) {
  add_write(waited.first_us + times.write_us, waited.last_us + times.write_us,
            waited.work * times.writes_per_work, times);
}

// The time in line is what all in it take on average; where pauses make it, few wait long.
void WaitTimes::add_closed(const Waited& waited, const ServiceTimes& times) {
  const double count = waited.work * times.writes_per_work;
  if (count == 0) return;
  const double in_line = (waited.first_us + waited.last_us) / 2;
  const double unpaused = std::min(times.clients * times.write_us, in_line);
  if (!times.is_delayed || in_line >= unpaused + times.pause_us) {
    const double least = times.write_us;
    // Syncs are in the time in line.
    writes_.add_spread(std::max(waited.first_us, least), std::max(waited.last_us, least), count);
    return;
  }
  const double pause = (times.pause_us + times.longest_pause_us) / 2;
  const double paused = count * (in_line - unpaused) / pause;
  writes_.add(std::max(unpaused, times.write_us), count - paused);
  writes_.add_spread(unpaused + times.pause_us, unpaused + times.longest_pause_us, paused);
}

}  // namespace lsmkit
