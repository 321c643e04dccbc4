// How many of the records that were the newest of their keys still are, so many writes later: keys
// that are drawn often are overwritten soon, and what was left alone for long is of keys that are
// drawn seldom, so it stays.
#pragma once

#include <cstdint>
#include <vector>

#include "lsmkit/sim/phase_contents.h"

namespace lsmkit {

class KeySurvival {
 public:
  // Nothing is ever overwritten.
  KeySurvival() = default;
  // Under the draws of that phase, all in all; so many of them write, per seqno.
  KeySurvival(const PhaseContents& contents, size_t phase, double draws_per_seqno);

  // Of the writes `age` seqnos ago, what share is still the newest of its key.
  double share_left(double age) const;

 private:
  std::vector<double> left_;  // at ages from 1 on, less 1, four to an octave
};

}  // namespace lsmkit
