#include "lsmkit/layered/image_skyline.h"

#include <algorithm>
#include <iterator>
#include <vector>

namespace lsmkit {

ImageSkyline::ImageSkyline(std::span<const Layer> layers, Lsn lsn) : heights_{{0, 0}} {
  std::vector<const Layer*> images;
  for (const Layer& layer : layers)
    if (layer.is_image() && layer.lsns.end <= lsn) images.push_back(&layer);
  std::stable_sort(images.begin(), images.end(),
                   [](const Layer* a, const Layer* b) { return a->lsns.end < b->lsns.end; });
  for (const Layer* image : images) {  // each over those below it
    const auto end = heights_
                         .try_emplace(image->pages.end,
                                      std::prev(heights_.upper_bound(image->pages.end))->second)
                         .first;
    heights_.erase(heights_.lower_bound(image->pages.begin), end);
    heights_.emplace_hint(end, image->pages.begin, image->lsns.end);
  }
}

Lsn ImageSkyline::least(const PageRange& pages) const {
  auto at = std::prev(heights_.upper_bound(pages.begin));
  Lsn least = at->second;
  for (++at; at != heights_.end() && at->first < pages.end; ++at)
    least = std::min(least, at->second);
  return least;
}

}  // namespace lsmkit
