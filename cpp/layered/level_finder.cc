#include "lsmkit/layered/level_finder.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "lsmkit/bytes/error.h"

namespace lsmkit {

namespace {

// At or below the LSN, highest end first; an image before the deltas that end where it is.
std::vector<Layer> from_the_top(std::span<const Layer> layers, Lsn end_lsn) {
  std::vector<Layer> out;
  for (const Layer& layer : layers) {
    if (layer.is_delta())
      ensure(layer.lsns.begin >= end_lsn || layer.lsns.end <= end_lsn,
             "a level must end at an LSN that no delta crosses");
    if (layer.lsns.end <= end_lsn) out.push_back(layer);
  }
  std::sort(out.begin(), out.end(), [](const Layer& a, const Layer& b) {
    return std::tie(a.lsns.end, a.kind, a.number) > std::tie(b.lsns.end, b.kind, b.number);
  });
  return out;
}

}  // namespace

std::optional<Level> find_level(std::span<const Layer> layers, Lsn end_lsn, uint64_t most_height) {
  std::vector<Layer> below = from_the_top(layers, end_lsn);
  Lsn begin = end_lsn;      // of the level, as far as it is certain
  size_t accepted = 0;      // layers that are in it
  Lsn candidate = end_lsn;  // where it might begin instead, if no delta that comes crosses
  bool at_the_bottom = true;
  size_t seen = 0;
  for (; seen < below.size(); ++seen) {
    const Layer& layer = below[seen];
    if (layer.is_image()) continue;  // whatever its LSN, a level may begin there
    if (layer.lsns.end <= candidate) {
      begin = layer.lsns.end;
      accepted = seen;
      candidate = layer.lsns.begin;
    }
    if (layer.lsns.height() > most_height) {
      at_the_bottom = false;
      break;
    }
    candidate = std::min(candidate, layer.lsns.begin);
  }
  if (at_the_bottom) {
    begin = candidate;
    accepted = seen;
  }
  if (begin == end_lsn) return std::nullopt;
  below.resize(accepted);
  return Level{{begin, end_lsn}, std::move(below)};
}

uint64_t depth_of(std::span<const Layer> layers) {
  // Ends come before beginnings at the same page.
  using Edge = std::tuple<PageNumber, bool, const Layer*>;
  std::vector<Edge> edges;
  for (const Layer& layer : layers) {
    if (layer.is_delta() && layer.pages.size() == 1) continue;
    edges.emplace_back(layer.pages.begin, true, &layer);
    edges.emplace_back(layer.pages.end, false, &layer);
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
