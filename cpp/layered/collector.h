// What may go of the past, and what is to be written for more to go: pure functions of the layers
// and of what must stay readable.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "lsmkit/layered/layer.h"

namespace lsmkit {

// Layers that no read at the horizon, above it or at a pinned LSN comes to: all below the horizon,
// and for each such LSN above a layer's begin, images at or below the LSN cover the layer's pages
// from its end on. Requires: `pinned` are below the horizon.
std::vector<LayerNumber> unneeded_layers(std::span<const Layer> layers, Lsn horizon,
                                         std::span<const Lsn> pinned);

// LSNs, the horizon or pinned, at which images of all pages would let deltas go that take at least
// `percent` of the images' bytes. `image_bytes`: of all pages in use at each of `pinned`, then at
// the horizon.
std::vector<Lsn> image_lsns(std::span<const Layer> layers, Lsn horizon, std::span<const Lsn> pinned,
                            std::span<const uint64_t> image_bytes, uint32_t percent);

}  // namespace lsmkit
