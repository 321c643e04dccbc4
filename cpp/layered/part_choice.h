// Images or new deltas for a part of a level that is decided by itself, or neither yet: a pure
// function of what stands open in it.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "lsmkit/layered/layer_planner.h"
#include "lsmkit/layered/level_parts.h"

namespace lsmkit {

struct PartBytes {
  uint64_t images = 0;  // that images of its pages in use would take
  uint64_t deltas = 0;
  bool level_would_have_images = false;  // all pages in use take less than all deltas of the level
};

struct PartChoice {
  std::optional<LayerKind> makes;  // none: it stays as it is
  // Before the level's end, another LSN for images. The first ones of a part come late, since it
  // has to prove that it goes on like that; those that it lacked half way spare reads of the past
  // as many deltas.
  std::optional<Lsn> images_half_way;
};

PartChoice choice_for(const PartState& part, const PartBytes& bytes, const LayeredOptions& options);

}  // namespace lsmkit
