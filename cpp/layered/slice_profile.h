// A level's profile from its deltas' boxes: a stretch of pages is a slice, or what edges of deltas
// leave of one.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "lsmkit/layered/level_profile.h"
#include "lsmkit/layered/slice_store.h"

namespace lsmkit {

class SliceProfile final : public LevelProfile {
 public:
  // Requires: `mass` outlives it; boxes do not overlap.
  SliceProfile(const SliceMass& mass, std::vector<MassBox> boxes, uint64_t most_page_bytes);

  void begin(const PageRange& pages) override;
  std::span<const PageStretch> next() override;
  std::vector<LsnPart> parts_by_lsn(PageNumber page, uint64_t most_bytes) override;

 private:
  size_t part_of(PageNumber page) const;

  const SliceMass& mass_;
  std::vector<MassBox> boxes_;  // by LSN
  const uint64_t most_page_bytes_;
  std::vector<PageNumber> bounds_;    // of slices and of boxes
  std::vector<uint64_t> page_bytes_;  // of each page from a bound to the next
  PageRange pages_{0, 0};             // that are still to come
  std::array<PageStretch, 1024> stretches_;
};

}  // namespace lsmkit
