#include "lsmkit/layered/level_parts.h"

#include <algorithm>
#include <map>

#include "lsmkit/layered/image_skyline.h"

namespace lsmkit {

std::vector<PageRange> partitions_of(const LayerLevel& level) {
  std::vector<PageRange> deltas;
  for (const Layer& layer : level.layers)
    if (layer.is_delta()) deltas.push_back(layer.pages);
  std::sort(deltas.begin(), deltas.end(),
            [](const PageRange& a, const PageRange& b) { return a.begin < b.begin; });
  std::vector<PageRange> out{PageRange{}};
  PageNumber end = deltas.empty() ? kEndOfPages : deltas[0].end;
  for (const PageRange& delta : deltas) {
    if (delta.begin >= end) {
      out.back().end = delta.begin;
      out.push_back({delta.begin, kEndOfPages});
    }
    end = std::max(end, delta.end);
  }
  return out;
}

namespace {

bool is_steady(const std::vector<Layer>& deltas) {
  std::map<Lsn, uint64_t> bytes;  // by where tiers end
  uint64_t sum = 0;
  for (const Layer& delta : deltas) bytes[delta.lsns.end] += delta.record_bytes();
  for (const auto& tier : bytes) sum += tier.second;
  return bytes.size() > 1 && bytes.rbegin()->second * bytes.size() >= sum - sum / 16;
}

}  // namespace

PartState state_of(const LayerLevel& level, const PageRange& pages) {
  std::vector<Layer> deltas, images;
  PageRange hull{kEndOfPages, 0};
  for (const Layer& layer : level.layers) {
    if (!layer.pages.overlaps(pages)) continue;
    (layer.is_delta() ? deltas : images).push_back(layer);
    if (layer.is_image()) continue;
    hull = {std::min(hull.begin, layer.pages.begin), std::max(hull.end, layer.pages.end)};
  }
  if (deltas.empty()) return {};
  std::erase_if(images, [&](const Layer& image) { return !image.pages.overlaps(hull); });
  const Lsn covered = ImageSkyline(images, level.lsns.end).least(hull);
  PartState out;
  out.had_images = covered > 0;
  std::erase_if(deltas, [&](const Layer& delta) { return delta.lsns.end <= covered; });
  std::reverse(deltas.begin(), deltas.end());
  for (const Layer& delta : deltas) {  // from the bottom up
    out.open_bytes += delta.record_bytes();
    if (out.open_tiers.empty() || out.open_tiers.back() != delta.lsns.end)
      out.open_tiers.push_back(delta.lsns.end);
  }
  std::erase_if(deltas, [&](const Layer& delta) {
    return delta.lsns.end > level.lower_begin && delta.lsns.begin >= level.lower_begin &&
           delta.lsns.height() < level.lsns.end - level.lower_begin;
  });
  if (hull.size() == 1) {
    out.depth = deltas.size();
    return out;
  }
  out.is_steady = is_steady(deltas);
  deltas.insert(deltas.end(), images.begin(), images.end());
  out.depth = depth_of(deltas, hull);
  return out;
}

}  // namespace lsmkit
