// Where new deltas begin and end, going through the pages of a level once: a delta is full when it
// has the target, and what is left at the end goes to the last one as long as that stays within
// five quarters of the target.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "lsmkit/layered/level_profile.h"

namespace lsmkit {

class DeltaCutter {
 public:
  explicit DeltaCutter(uint64_t target_bytes)
      : target_bytes_(target_bytes), most_bytes_(target_bytes + target_bytes / 4) {}

  // Requires: behind those before; a single page has no more than the target.
  void add(const PageStretch& stretch);
  // What is left is a delta, too; the next stretch begins a new one.
  void finish();

  // Complete deltas, tight around their pages, in order.
  const std::vector<PageStretch>& deltas() const { return deltas_; }

 private:
  // Until there is something to decide.
  uint64_t due_bytes() const;
  void add_piece(const PageStretch& piece);

  const uint64_t target_bytes_;
  const uint64_t most_bytes_;
  std::vector<PageStretch> deltas_;
  PageStretch open_;                 // what was added since the last delta
  std::optional<PageStretch> full_;  // its front, once that has the target
  PageNumber rest_begin_ = 0;        // the first page behind it
};

}  // namespace lsmkit
