#include "lsmkit/layered/collector.h"

#include <algorithm>

#include "lsmkit/layered/image_skyline.h"

namespace lsmkit {

namespace {

std::vector<Lsn> with_horizon(std::span<const Lsn> pinned, Lsn horizon) {
  std::vector<Lsn> out(pinned.begin(), pinned.end());
  out.push_back(horizon);
  return out;
}

// Whether a read at that LSN may come to the layer.
bool is_met(const Layer& layer, Lsn lsn, const ImageSkyline& images) {
  if (layer.is_image()) return layer.lsns.end <= lsn && images.least(layer.pages) <= layer.lsns.end;
  return layer.lsns.begin < lsn && images.least(layer.pages) < layer.lsns.end;
}

}  // namespace

std::vector<LayerNumber> unneeded_layers(std::span<const Layer> layers, Lsn horizon,
                                         std::span<const Lsn> pinned) {
  const std::vector<Lsn> readable = with_horizon(pinned, horizon);
  std::vector<ImageSkyline> skylines;
  for (const Lsn lsn : readable) skylines.emplace_back(layers, lsn);
  std::vector<LayerNumber> out;
  for (const Layer& layer : layers) {
    bool needed = layer.lsns.end > horizon;
    for (size_t i = 0; i < readable.size() && !needed; ++i)
      needed = is_met(layer, readable[i], skylines[i]);
    if (!needed) out.push_back(layer.number);
  }
  return out;
}

std::vector<Lsn> image_lsns(std::span<const Layer> layers, Lsn horizon, std::span<const Lsn> pinned,
                            std::span<const uint64_t> image_bytes, uint32_t percent) {
  const std::vector<Lsn> readable = with_horizon(pinned, horizon);
  std::vector<Lsn> out;
  for (size_t i = 0; i < readable.size(); ++i) {
    const Lsn above = i == 0 ? 0 : readable[i - 1];
    const ImageSkyline images(layers, readable[i]);
    uint64_t bytes = 0;  // of deltas between this and the one below that images would make useless
    for (const Layer& layer : layers)
      if (layer.is_delta() && layer.lsns.begin >= above && layer.lsns.end <= readable[i] &&
          is_met(layer, readable[i], images))
        bytes += layer.bytes;
    if (bytes > 0 && bytes >= image_bytes[i] / 100 * percent) out.push_back(readable[i]);
  }
  return out;
}

}  // namespace lsmkit
