// What reads cost on average and at worst: reads drawn at random, half of them of any page in use,
// half of pages as they were written.
#pragma once

#include <cstdint>
#include <span>

#include "lsmkit/layered/layered_run.h"
#include "lsmkit/layered/read_costs.h"
#include "lsmkit/numbers/random.h"

namespace lsmkit {

enum class ReadAt : uint8_t {
  kTip,      // all that is flushed
  kHistory,  // any LSN from the horizon up to that
};

// Reads from several moments of a run, or from one.
class ReadSampler {
 public:
  explicit ReadSampler(uint64_t seed) : random_(seed, "layered reads") {}

  // So many more, as the store is now; none while nothing is flushed. Changes nothing in the run.
  // `also`: takes these, too, if given.
  void sample(const LayeredRun& run, uint64_t reads, ReadAt at, ReadCosts* also = nullptr);
  // Each at any of these LSNs; none if there are none. Requires: they can be read.
  void sample_at(const LayeredRun& run, uint64_t reads, std::span<const Lsn> lsns);
  // One that was made elsewhere.
  void take(const LayerRead& read) { costs_.take(read); }
  uint64_t reads() const { return costs_.reads(); }
  ReadFigures figures() const { return costs_.figures(); }

 private:
  template <class DrawLsn>
  void sample(const LayeredRun& run, uint64_t reads, DrawLsn&& draw_lsn, ReadCosts* also);

  Random random_;
  ReadCosts costs_;
};

}  // namespace lsmkit
