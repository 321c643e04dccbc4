// The contents of layers as boxes of slices: what a delta holds is what the log has in its box.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "lsmkit/layered/layer_contents.h"
#include "lsmkit/layered/slice_mass.h"

namespace lsmkit {

struct MassBox {
  PageRange pages;
  LsnRange lsns;
};

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
  // I1 as far as sums can tell: layers hold as many bytes as the log.
  void check() const override;

  // Requires: a delta that lives.
  const MassBox& box(LayerNumber delta) const { return boxes_[static_cast<size_t>(delta)]; }
  const SliceMass& mass() const { return mass_; }
  uint64_t allocated_bytes() const { return boxes_.capacity() * sizeof(MassBox); }

 private:
  void put(LayerNumber number, const MassBox& box);

  const SliceMass& mass_;
  const uint64_t most_page_bytes_;
  Lsn flushed_ = 0;
  std::vector<MassBox> boxes_;  // by number; empty: none
};

}  // namespace lsmkit
