// What is in the layers, as far as a layered store needs to know of it; in one fidelity there are
// records behind it, in another shares of them.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "lsmkit/layered/layer_plan.h"
#include "lsmkit/layered/level_profile.h"

namespace lsmkit {

class LayerContents {
 public:
  virtual ~LayerContents() = default;

  // Of these deltas together. Valid until one of them is dropped.
  virtual std::unique_ptr<LevelProfile> profile(std::span<const LayerNumber> deltas) const = 0;
  // A new delta of all that the inputs hold in the job's box. Depends on nothing else, so jobs may
  // come in any order. Returns its bytes, page images included.
  virtual uint64_t make_delta(LayerNumber number, const LayerJob& job,
                              std::span<const LayerNumber> inputs) = 0;
  virtual void drop(LayerNumber delta) = 0;
  // Likewise, but what it holds need not be in another: no LSN that stays readable needs it.
  virtual void forget(LayerNumber delta) { drop(delta); }
  // Between compactions. Throws BrokenInvariant (I1, I6).
  virtual void check() const = 0;
};

}  // namespace lsmkit
