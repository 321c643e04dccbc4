#include "lsmkit/layered/level_parts.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace lsmkit {

std::vector<PageRange> partitions_of(const Level& level) {
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

// The highest LSN up to which images cover all of these pages.
Lsn covered_up_to(const std::vector<Layer>& images, const PageRange& pages) {
  using Edge = std::tuple<PageNumber, bool, Lsn>;
  std::vector<Edge> edges{{pages.begin, true, 0}};
  for (const Layer& image : images) {
    edges.emplace_back(std::max(image.pages.begin, pages.begin), true, image.lsns.end);
    edges.emplace_back(std::min(image.pages.end, pages.end), false, image.lsns.end);
  }
  std::sort(edges.begin(), edges.end());
  std::multiset<Lsn> covering;
  Lsn least = UINT64_MAX;
  for (size_t i = 0; i < edges.size(); ++i) {
    const auto& [page, begins, lsn] = edges[i];
    if (begins)
      covering.insert(lsn);
    else
      covering.erase(covering.find(lsn));
    const PageNumber next = i + 1 < edges.size() ? std::get<0>(edges[i + 1]) : pages.end;
    if (next > page) least = std::min(least, *covering.rbegin());
  }
  return least;
}

bool is_steady(const std::vector<Layer>& deltas) {
  std::map<Lsn, uint64_t> bytes;  // by where tiers end
  uint64_t sum = 0;
  for (const Layer& delta : deltas) bytes[delta.lsns.end] += delta.bytes;
  for (const auto& tier : bytes) sum += tier.second;
  return bytes.size() > 1 && bytes.rbegin()->second * bytes.size() >= sum - sum / 16;
}

}  // namespace

PartState state_of(const Level& level, const PageRange& pages) {
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
  const Lsn covered = covered_up_to(images, hull);
  PartState out;
  std::erase_if(deltas, [&](const Layer& delta) { return delta.lsns.end <= covered; });
  for (const Layer& delta : deltas) out.open_bytes += delta.bytes;
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
