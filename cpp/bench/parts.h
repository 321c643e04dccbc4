// Timing of work that threads share, and what a machine that does nothing else reaches meanwhile.
#pragma once

#include <cstdint>
#include <functional>

namespace lsmkit::bench {

// What the threads did together. `found`: the sum of what their work returned.
struct Measured {
  uint64_t operations = 0;
  double seconds = 0;
  uint64_t found = 0;
};

// Cuts [0, count) into one part per thread and times from the first start to the last end. One
// thread is the calling one. The first error is thrown when all have ended.
Measured measure_parts(uint64_t count, unsigned threads,
                       const std::function<uint64_t(uint64_t begin, uint64_t end)>& work);

// The control: how much faster so many threads spin, each for itself, than one does right now.
double spin_scaling(unsigned threads);

}  // namespace lsmkit::bench
