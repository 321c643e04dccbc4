// The next key: draws of a workload's chooser, one id after the other.
#pragma once

#include <cstdint>
#include <variant>
#include <vector>

#include "lsmkit/numbers/random.h"
#include "lsmkit/workload/hot_ranges.h"
#include "lsmkit/workload/scatter.h"
#include "lsmkit/workload/workload_spec.h"
#include "lsmkit/workload/zipf.h"

namespace lsmkit {

// What scatters ranks over ids: one order per workload, not per phase, so that what is hot in one
// phase is hot in the next.
Scatter scattered_order(uint64_t key_count, uint64_t seed);
// The order of the `round`-th time that all keys are gone through.
Scatter permuted_order(uint64_t key_count, uint64_t seed, uint64_t round);

// How many keys of so many a hotspot makes hot.
uint64_t hot_key_count(const HotspotKeys& keys, uint64_t key_count);
// Ages are exponential with this mean, in keys.
double mean_age(const ExponentialKeys& keys, uint64_t key_count);

// The ways to draw. Each has `next(Random&)`; the fields are what it keeps.
struct SequentialDraws {
  uint64_t key_count;
  uint64_t at = 0;
  uint64_t next(Random&);
};
struct UniformDraws {
  uint64_t key_count;
  uint64_t next(Random& random) { return random.below(key_count); }
};
struct PermutedDraws {
  uint64_t key_count;
  uint64_t seed;
  uint64_t at = 0;
  Scatter order;
  uint64_t next(Random&);
};
struct ZipfDraws {
  Zipf zipf;
  bool scattered;
  Scatter order;
  uint64_t next(Random& random);
};
struct YcsbZipfianDraws {
  uint64_t key_count;
  YcsbZipfian zipfian;
  uint64_t next(Random& random);
};
struct LatestDraws {
  double theta;
  uint64_t key_count;
  Zipf zipf;
  uint64_t next(Random& random) { return key_count - zipf.rank(random); }
};
struct HotspotDraws {
  HotspotKeys keys;
  uint64_t key_count;
  uint64_t hot_count;
  Scatter order;
  uint64_t draws = 0;
  uint64_t hot_begin = 0;
  uint64_t next(Random& random);
};
struct ClusteredDraws {
  uint64_t key_count;
  uint64_t cluster_keys;
  Zipf zipf;
  Scatter order;
  uint64_t next(Random& random);
};
struct ExponentialDraws {
  uint64_t key_count;
  double mean;
  double share_within;  // of the untruncated distribution, at ages that there are
  uint64_t next(Random& random);
};
struct LogUniformDraws {
  uint64_t key_count;
  double range;
  Scatter order;
  uint64_t next(Random& random);
};
struct RangeDraws {
  HotRanges ranges;
  uint64_t next(Random& random) { return ranges.draw(random); }
};
struct WindowDraws {
  uint64_t key_count;
  uint64_t oldest = 0;
  uint64_t next(Random& random) { return oldest + random.below(key_count - oldest); }
};
struct TraceDraws {
  const std::vector<uint64_t>* ids;
  size_t at = 0;
  uint64_t next(Random&);
};

// A queue draws nothing: the stream counts its ends.
class KeyChooser {
 public:
  // Requires: `choice` has been checked, is no queue, and outlives the chooser (a trace is not
  // copied). `random` is the chooser's own stream; `seed` the workload's, for what all phases
  // share.
  KeyChooser(const KeyChoice& choice, uint64_t key_count, uint64_t seed, const Random& random);

  uint64_t next() {
    return std::visit([this](auto& draws) { return draws.next(random_); }, draws_);
  }

  // There are so many keys now, after an insert.
  void grow(uint64_t key_count);
  // Keys before were taken. Of a window only, which must not be empty when it is drawn from.
  void keep_from(uint64_t oldest);

 private:
  using Draws =
      std::variant<UniformDraws, SequentialDraws, PermutedDraws, ZipfDraws, YcsbZipfianDraws,
                   LatestDraws, HotspotDraws, ClusteredDraws, ExponentialDraws, LogUniformDraws,
                   RangeDraws, WindowDraws, TraceDraws>;
  static Draws draws_of(const KeyChoice& choice, uint64_t key_count, uint64_t seed);

  Random random_;
  Draws draws_;
};

}  // namespace lsmkit
