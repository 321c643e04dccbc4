// Where new deltas begin and end, going through the pages of a level once: a delta is full when it
// has the target, and what is left at the end goes to the last one as long as that stays within
// five quarters of the target. On a grid a delta may also be a quarter shorter or longer, to end at
// a multiple of so many pages: the deltas of different tiers then end at the same pages.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "lsmkit/layered/cut_points.h"
#include "lsmkit/layered/level_profile.h"

namespace lsmkit {

class DeltaCutter {
 public:
  // `grid_pages` 0: no grid. Requires: `points` outlive it and are in order.
  explicit DeltaCutter(uint64_t target_bytes, uint64_t grid_pages = 0,
                       std::span<const CutPoint> points = {})
      : target_bytes_(target_bytes),
        least_bytes_(target_bytes - target_bytes / 4),
        most_bytes_(target_bytes + target_bytes / 4),
        grid_pages_(grid_pages),
        points_(points) {}

  // Requires: behind those before; a single page has no more than the target.
  void add(const PageStretch& stretch);
  // What is left is a delta, too; the next stretch begins a new one.
  void finish();

  // Complete deltas, tight around their pages, in order.
  const std::vector<PageStretch>& deltas() const { return deltas_; }

 private:
  // A front of what is open that might be a delta.
  struct Cut {
    PageStretch front;
    PageNumber rest_begin;  // the first page behind it
    CutPoint why{};
  };

  // As much of it, from its front, as can be added without passing a place to decide.
  PageStretch piece_of(const PageStretch& stretch) const;
  void add_piece(const PageStretch& piece);
  // What is open might end here, before that page.
  void consider_cut(PageNumber next_page);
  // What speaks for ending before that page.
  CutPoint point_at(PageNumber next_page);
  bool is_better(const Cut& a, const Cut& b) const;
  // From the target.
  uint64_t distance(const Cut& cut) const;

  const uint64_t target_bytes_;
  const uint64_t least_bytes_;
  const uint64_t most_bytes_;
  const uint64_t grid_pages_;
  const std::span<const CutPoint> points_;
  size_t point_ = 0;  // the first at or above where the open one ends
  std::vector<PageStretch> deltas_;
  PageStretch open_;         // what was added since the last delta
  std::optional<Cut> full_;  // its shortest front that has the target
  std::optional<Cut> best_;  // its best that ends where it had better
};

}  // namespace lsmkit
