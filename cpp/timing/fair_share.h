// Who gets how much of what all of them use: streams of work that go on at the same time, each with
// what it takes of every resource per unit of its work, share them as processor sharing has it.
//
// All streams grow alike, each measured by the resource of which it takes the largest share, until
// a resource is used up or a stream is as fast as it can be. Who is held up then stays as fast as
// that, and the others grow on. So nothing that somebody could use is left, equal streams are
// equally fast, a stream that wants less than its part gets what it wants, and a job whose stages
// (read, merge, write) are pipelined goes at the pace of the slowest of them.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include "lsmkit/numbers/double_parts.h"

namespace lsmkit {

enum class Resource : size_t {
  kRead,      // bytes from the device
  kWrite,     // bytes to it
  kTransfer,  // both together
  kRequests,  // to the device
  kCpu,       // microseconds of a core
  kBudget,    // bytes that a rate limiter lets through
};
inline constexpr size_t kResourceCount = 6;

class Amounts {
 public:
  double& operator[](Resource r) { return of_[static_cast<size_t>(r)]; }
  double operator[](Resource r) const { return of_[static_cast<size_t>(r)]; }
  double& operator[](size_t i) { return of_[i]; }
  double operator[](size_t i) const { return of_[i]; }
  bool operator==(const Amounts&) const = default;

 private:
  std::array<double, kResourceCount> of_{};
};

struct Stream {
  Amounts per_unit;                // what a unit of its work takes
  double shares = 1;               // it counts as so many streams
  double most_per_us = kInfinity;  // as fast as it can be, whatever is free
};

// Each stream's units per microsecond. `per_us`: what there is of each resource; infinite: as much
// as anybody wants. A stream that takes nothing of anything is as fast as it can be.
std::vector<double> fair_speeds(const Amounts& per_us, std::span<const Stream> streams);

}  // namespace lsmkit
