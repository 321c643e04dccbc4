// The contents of layers as boxes of slices: what a delta holds is what the log has in its boxes.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "lsmkit/layered/expected_images.h"
#include "lsmkit/layered/layer_contents.h"
#include "lsmkit/layered/mass_boxes.h"
#include "lsmkit/layered/slice_mass.h"

namespace lsmkit {

class SliceStore final : public LayerContents {
 public:
  // Requires: what it is given outlives it. Pages with more than `most_page_bytes` in a level are
  // told one by one, so that a planner may cut them by LSN. `images`: null for none in deltas.
  SliceStore(const SliceMass& mass, uint64_t most_page_bytes,
             const ExpectedImages* images = nullptr)
      : mass_(mass), most_page_bytes_(most_page_bytes), images_(images) {}

  // All of the log that is in no layer yet.
  void flush(LayerNumber number);

  std::unique_ptr<LevelProfile> profile(std::span<const LayerNumber> deltas) const override;
  uint64_t make_delta(LayerNumber number, const LayerJob& job,
                      std::span<const LayerNumber> inputs) override;
  void drop(LayerNumber delta) override;
  // Throws BrokenInvariant (I10).
  void forget(LayerNumber delta) override;
  // I1 as far as sums can tell: layers hold as many bytes as the log, but for what was forgotten.
  void check() const override;

  // With checks: whether a read that must be possible comes to what is in the box.
  using IsNeeded = std::function<bool(const MassBox&)>;
  void set_needed(IsNeeded is_needed) { is_needed_ = std::move(is_needed); }

  // By pages, then by LSN. Requires: a delta that lives.
  const std::vector<MassBox>& boxes(LayerNumber delta) const {
    return contents_[static_cast<size_t>(delta)].boxes;
  }
  // Those that it got. Likewise.
  const PageImages& page_images(LayerNumber delta) const {
    return contents_[static_cast<size_t>(delta)].page_images;
  }
  uint64_t bytes(const std::vector<MassBox>& boxes) const;
  // The LSNs that layers hold something of.
  std::vector<LsnRange> held_lsns() const;
  const SliceMass& mass() const { return mass_; }
  uint64_t allocated_bytes() const;

 private:
  struct Contents {
    std::vector<MassBox> boxes;
    PageImages page_images{};
  };

  void put(LayerNumber number, Contents contents);

  const SliceMass& mass_;
  const uint64_t most_page_bytes_;
  const ExpectedImages* const images_;
  IsNeeded is_needed_;
  Lsn flushed_ = 0;
  uint64_t forgotten_bytes_ = 0;
  std::vector<Contents> contents_;  // by number
};

}  // namespace lsmkit
