// The contents of layers as boxes of slices: what a delta holds is what the log has in its boxes.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "lsmkit/layered/layer_contents.h"
#include "lsmkit/layered/mass_boxes.h"
#include "lsmkit/layered/slice_mass.h"

namespace lsmkit {

class SliceStore final : public LayerContents {
 public:
  // Requires: `mass` outlives it. Pages with more than `most_page_bytes` in a level are told one by
  // one, so that a planner may cut them by LSN.
  SliceStore(const SliceMass& mass, uint64_t most_page_bytes)
      : mass_(mass), most_page_bytes_(most_page_bytes) {}

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
    return boxes_[static_cast<size_t>(delta)];
  }
  uint64_t bytes(const std::vector<MassBox>& boxes) const;
  // The LSNs that layers hold something of.
  std::vector<LsnRange> held_lsns() const;
  const SliceMass& mass() const { return mass_; }
  uint64_t allocated_bytes() const;

 private:
  void put(LayerNumber number, std::vector<MassBox> boxes);

  const SliceMass& mass_;
  const uint64_t most_page_bytes_;
  IsNeeded is_needed_;
  Lsn flushed_ = 0;
  uint64_t forgotten_bytes_ = 0;
  std::vector<std::vector<MassBox>> boxes_;  // by number
};

}  // namespace lsmkit
