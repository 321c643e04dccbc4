#include "lsmkit/layered/level_finder.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "lsmkit/bytes/error.h"

namespace lsmkit {

std::optional<LayerLevel> find_level(std::span<const Layer> layers, Lsn end_lsn,
                                     uint64_t most_height) {
  auto at = layers.rbegin();
  for (; at != layers.rend() && at->lsns.end > end_lsn; ++at)
    ensure(at->is_image() || at->lsns.begin >= end_lsn,
           "a level must end at an LSN that no delta crosses");
  std::vector<Layer> seen;
  size_t accepted = 0;      // of these
  Lsn begin = end_lsn;      // of what is accepted
  Lsn candidate = end_lsn;  // where the level might begin, if no delta to come crosses it
  for (; at != layers.rend(); ++at) {
    if (at->is_delta()) {  // whatever the LSN of an image, a level may begin there
      if (at->lsns.end <= candidate) {
        begin = at->lsns.end;
        accepted = seen.size();
        candidate = at->lsns.begin;
      }
      if (at->lsns.height() > most_height) break;
      candidate = std::min(candidate, at->lsns.begin);
    }
    seen.push_back(*at);
  }
  if (at == layers.rend()) {
    begin = candidate;
    accepted = seen.size();
  }
  if (begin == end_lsn) return std::nullopt;
  seen.resize(accepted);
  return LayerLevel{{begin, end_lsn}, std::move(seen)};
}

uint64_t depth_of(std::span<const Layer> layers, const PageRange& pages) {
  // Ends come before beginnings at the same page.
  using Edge = std::tuple<PageNumber, bool, const Layer*>;
  std::vector<Edge> edges;
  for (const Layer& layer : layers) {
    if (layer.is_delta() && layer.pages.size() == 1) continue;
    if (!layer.pages.overlaps(pages)) continue;
    edges.emplace_back(std::max(layer.pages.begin, pages.begin), true, &layer);
    edges.emplace_back(std::min(layer.pages.end, pages.end), false, &layer);
  }
  std::sort(edges.begin(), edges.end());
  // An image stands above the deltas that end where it is.
  using Standing = std::tuple<Lsn, bool, const Layer*>;
  std::set<Standing> standing;
  uint64_t most = 0;
  for (size_t i = 0; i < edges.size(); ++i) {
    const auto& [page, begins, layer] = edges[i];
    const Standing here{layer->lsns.end, layer->is_image(), layer};
    if (begins)
      standing.insert(here);
    else
      standing.erase(here);
    if (i + 1 < edges.size() && std::get<0>(edges[i + 1]) == page) continue;
    uint64_t depth = 0;
    for (auto at = standing.rbegin(); at != standing.rend() && !std::get<1>(*at); ++at) ++depth;
    most = std::max(most, depth);
  }
  return most;
}

}  // namespace lsmkit
