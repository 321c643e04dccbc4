#include "lsmkit/layered/layer_levels.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "lsmkit/layered/level_finder.h"
#include "lsmkit/layered/level_parts.h"

namespace lsmkit {

namespace {

LayerLevelView view_of(uint32_t number, LayerLevel level) {
  LayerLevelView view;
  view.level = number;
  view.lsns = level.lsns;
  for (const Layer& layer : level.layers) {
    ++(layer.is_delta() ? view.deltas : view.images);
    view.bytes += layer.bytes;
  }
  view.depth = depth_of(level.layers);
  if (view.deltas > 0) view.partitions = partitions_of(level).size();
  return view;
}

}  // namespace

std::vector<LayerLevelView> levels_of(std::vector<Layer> layers, Lsn end_lsn,
                                      const LayeredOptions& options) {
  std::sort(layers.begin(), layers.end(), stands_below);
  std::vector<LayerLevelView> out;
  uint64_t height = options.target_bytes;
  Lsn begin = end_lsn;
  size_t above = 0;
  for (uint32_t number = 0; above < layers.size(); ++number) {
    std::optional<LayerLevel> level = find_level(layers, end_lsn, most_height(height));
    if (level && level->layers.size() > above) {
      const size_t all = level->layers.size();
      level->layers.erase(level->layers.begin(),
                          level->layers.begin() + static_cast<ptrdiff_t>(above));
      level->lsns.end = begin;
      begin = level->lsns.begin;
      above = all;
      out.push_back(view_of(number, std::move(*level)));
    }
    if (height == UINT64_MAX) break;
    height = height > UINT64_MAX / options.fanout ? UINT64_MAX : height * options.fanout;
  }
  return out;
}

}  // namespace lsmkit
