#include "lsmkit/layered/layer_paths.h"

#include <algorithm>

namespace lsmkit {

LayerPaths::LayerPaths(const LayerMap& map) {
  const auto alike = [](const Layer* a, const Layer* b) {
    return a->lsns.end == b->lsns.end && a->kind == b->kind;
  };
  for (const Layer& layer : map.layers()) layers_.push_back(&layer);
  for (auto begin = layers_.begin(); begin != layers_.end();) {
    const auto end = std::find_if(begin, layers_.end(),
                                  [&](const Layer* layer) { return !alike(layer, *begin); });
    std::sort(begin, end, [](const Layer* a, const Layer* b) {
      return a->pages.begin != b->pages.begin ? a->pages.begin < b->pages.begin
                                              : a->number < b->number;
    });
    for (; begin != end;) {
      const auto row = static_cast<size_t>(begin - layers_.begin());
      // Were two of them to have a page, they would be in rows of their own.
      do ++begin;
      while (begin != end && (*(begin - 1))->pages.end <= (*begin)->pages.begin);
      rows_.push_back({row, static_cast<size_t>(begin - layers_.begin())});
    }
  }
}

const Layer* LayerPaths::layer_of(const Row& row, PageNumber page) const {
  const auto begin = layers_.begin() + static_cast<ptrdiff_t>(row.begin);
  const auto end = layers_.begin() + static_cast<ptrdiff_t>(row.end);
  const auto at = std::partition_point(
      begin, end, [page](const Layer* before) { return before->pages.end <= page; });
  return at != end && (*at)->pages.begin <= page ? *at : nullptr;
}

void LayerPaths::path(PageNumber page, Lsn lsn, ReadPath& out) const {
  out.deltas.clear();
  out.image = nullptr;
  out.since = 0;
  for (auto row = rows_.rbegin(); row != rows_.rend() && out.image == nullptr; ++row) {
    const Layer* layer = layer_of(*row, page);
    if (layer == nullptr) continue;
    if (layer->is_delta() && layer->lsns.begin < lsn) out.deltas.push_back(layer);
    if (layer->is_image() && layer->lsns.end <= lsn) out.image = layer;
  }
}

}  // namespace lsmkit
