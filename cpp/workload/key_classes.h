// What is expected of a workload's draws: classes of keys that are equally likely. The other form
// of key_chooser.h, for who cannot afford a draw per operation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "lsmkit/workload/workload_spec.h"

namespace lsmkit {

// Keys that are alike. Ids [begin, end) are where they lie: all of them if there are as many as
// ids, else evenly spread, in stretches of `stretch_keys` neighbours.
struct KeyClass {
  double key_count = 0;    // a mean where the chooser hashes, so no whole number
  double probability = 0;  // that a draw is of one given key of the class
  uint64_t begin = 0;
  uint64_t end = 0;
  uint64_t stretch_keys = 1;
  // Draws come by turns, not by chance: a key is not drawn twice before each was drawn once.
  bool by_turns = false;
};

// Some draws of one phase.
struct KeyWindow {
  uint64_t key_count;       // keys there are; the mean over the window where inserts add to them
  uint64_t first_draw = 0;  // of the phase, counting those that the chooser is asked for
  uint64_t draw_count = 1;
};

// The classes of a window, most_classes at the most where popularity is continuous (zipf and its
// kin), of which 16 to 32 do; ranges have up to 16 each, a hotspot on the move up to 8. Their
// probabilities sum up to 1. A queue has one class: the ids that so many puts add or so many
// deletes take; a window's are those of one from which nothing was taken. Requires: checked, 0 <
// most_classes.
std::vector<KeyClass> key_classes(const KeyChoice& choice, const KeyWindow& window,
                                  size_t most_classes = 24);

// Different keys among so many draws, on average.
double expected_distinct(const std::vector<KeyClass>& classes, double draws);

}  // namespace lsmkit
