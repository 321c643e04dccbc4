// Which of the past must stay readable: all from the horizon on, and what branches and leases pin.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "lsmkit/layered/layer.h"

namespace lsmkit {

// 0 and 0: all of the past is kept. Otherwise whichever is the longer. Neon: gc_horizon,
// pitr_interval.
struct RetentionOptions {
  uint64_t history_bytes = 0;    // of log
  double history_s = 0;          // of time, which the log tells:
  double log_bytes_per_s = 1e6;  // so much of it is written in a second
  bool operator==(const RetentionOptions&) const = default;
};
// Throws InvalidArgument naming what cannot be.
void check(const RetentionOptions& options);

enum class PinNumber : uint64_t {};

class Retention {
 public:
  // Throws InvalidArgument.
  explicit Retention(const RetentionOptions& options);

  bool keeps_all() const { return options_.history_bytes == 0 && options_.history_s == 0; }
  // The log has come that far: the horizon follows, and never moves back (I10); leases end.
  void advance(Lsn tip);
  Lsn horizon() const { return horizon_; }

  // Keeps the LSN readable: a branch until it is unpinned, a lease for so many seconds at most.
  // Throws InvalidArgument: it is not readable now.
  PinNumber pin(Lsn lsn) { return pin_until(lsn, UINT64_MAX); }
  PinNumber lease(Lsn lsn, double seconds);
  // Throws InvalidArgument: no such pin, or its lease is over.
  void unpin(PinNumber number);
  bool is_readable(Lsn lsn) const;
  // Below the horizon, ascending, each once.
  std::vector<Lsn> pinned() const;

 private:
  struct Pin {
    Lsn lsn;
    Lsn until;
  };
  PinNumber pin_until(Lsn lsn, Lsn until);
  Lsn bytes_in(double seconds) const;

  const RetentionOptions options_;
  Lsn tip_ = 0;
  Lsn horizon_ = 0;
  uint64_t next_pin_ = 1;
  std::map<PinNumber, Pin> pins_;
};

}  // namespace lsmkit
