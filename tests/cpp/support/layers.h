// Layers by hand, for tests of the layered store.
#pragma once

#include <vector>

#include "lsmkit/layered/layer.h"

namespace lsmkit {

inline Layer delta(uint64_t number, PageRange pages, LsnRange lsns, uint64_t bytes = 1000) {
  Layer layer;
  layer.number = LayerNumber{number};
  layer.pages = pages;
  layer.lsns = lsns;
  layer.bytes = bytes;
  return layer;
}

inline Layer image(uint64_t number, PageRange pages, Lsn lsn, uint64_t bytes = 8192) {
  Layer layer = delta(number, pages, {lsn, lsn}, bytes);
  layer.kind = LayerKind::kImage;
  return layer;
}

inline constexpr PageRange kAllPages{};

}  // namespace lsmkit
