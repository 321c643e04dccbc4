// What streams of work still have to move through a device, and when it will be done if it is
// shared as the simulator shares it (timing/fair_share.h): arithmetic, with the time handed in.
//
// A stream is who waits for a device on its own: a log, a thread of flushes and compactions, a
// reader. What it owes, reads and writes alike, goes down at the rate that is its share.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "lsmkit/timing/device.h"

namespace lsmkit {

class DeviceLoad {
 public:
  using StreamId = uint64_t;

  // Throws InvalidArgument for what is no device.
  explicit DeviceLoad(const Device& device);

  // So much more is to be read and written in sequence, from now on. Requires, as all others: now
  // does not go back.
  void add(StreamId stream, double read_bytes, double written_bytes, double now_us);
  // A read by itself.
  void add_block(StreamId stream, double bytes, double now_us);
  // When the stream will owe no more than that, if nobody adds anything.
  double owes_at_most_from(StreamId stream, double bytes, double now_us);

  // Bytes that the stream owes now, and all of them.
  double owed_bytes(StreamId stream, double now_us);
  // That have passed so far.
  double passed_bytes() const { return passed_bytes_; }

 private:
  struct Owed {
    double bytes = 0;
    Amounts amounts;  // that those bytes take
  };
  using Streams = std::map<StreamId, Owed>;

  void add(StreamId stream, double bytes, const Amounts& amounts, double now_us);
  // Goes on to then; what has passed meanwhile.
  double advance(Streams& streams, double from_us, double to_us) const;
  // How fast each goes, in their order.
  std::vector<double> speeds(const Streams& streams) const;
  void advance(double now_us);

  const Device device_;
  const Amounts per_us_;
  Streams streams_;  // that owe something
  double at_us_ = 0;
  double passed_bytes_ = 0;
};

}  // namespace lsmkit
