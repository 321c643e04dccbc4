// What reads cost on average and at worst: reads drawn at random, half of them of any page in use,
// half of pages as they were written.
#pragma once

#include <cstdint>
#include <vector>

#include "lsmkit/layered/layered_run.h"
#include "lsmkit/numbers/random.h"

namespace lsmkit {

struct ReadFigure {
  double mean = 0;
  uint64_t p99 = 0;
  uint64_t most = 0;
  bool operator==(const ReadFigure&) const = default;
};

struct ReadFigures {
  uint64_t reads = 0;
  ReadFigure layers_opened;
  ReadFigure layers_holding;
  ReadFigure records;
  ReadFigure bytes;
  bool operator==(const ReadFigures&) const = default;
};

enum class ReadAt : uint8_t {
  kTip,      // all that is flushed
  kHistory,  // any LSN from the horizon up to that
};

// Reads from several moments of a run, or from one. Keeps 32 B per read.
class ReadSampler {
 public:
  explicit ReadSampler(uint64_t seed) : random_(seed, "layered reads") {}

  // So many more, as the store is now; none while nothing is flushed. Changes nothing in the run.
  void sample(const LayeredRun& run, uint64_t reads, ReadAt at);
  // One that was made elsewhere.
  void take(const LayerRead& read);
  uint64_t reads() const { return bytes_.size(); }
  // Of the reads from that one on.
  ReadFigures figures(uint64_t first = 0) const;

 private:
  Random random_;
  std::vector<uint64_t> layers_opened_;
  std::vector<uint64_t> layers_holding_;
  std::vector<uint64_t> records_;
  std::vector<uint64_t> bytes_;
};

}  // namespace lsmkit
