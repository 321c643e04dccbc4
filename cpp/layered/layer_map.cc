#include "lsmkit/layered/layer_map.h"

#include <algorithm>
#include <iterator>
#include <string>

#include "lsmkit/layered/layer_checks.h"

namespace lsmkit {

std::string text_of(const Layer& layer) {
  std::string out = layer.is_delta() ? "delta " : "image ";
  out += std::to_string(static_cast<uint64_t>(layer.number)) + ", pages " +
         std::to_string(layer.pages.begin) + " to " + std::to_string(layer.pages.end) + ", LSN " +
         std::to_string(layer.lsns.begin);
  if (layer.is_delta()) out += " to " + std::to_string(layer.lsns.end);
  return out;
}

void ReadPath::end_at(Lsn begin) {
  since = begin;
  std::erase_if(deltas, [begin](const Layer* delta) { return delta->lsns.end <= begin; });
  if (image != nullptr && image->lsns.end <= begin) image = nullptr;
}

void LayerMap::add(const Layer& layer) {
  ensure(layer.is_delta() ? layer.lsns.begin < layer.lsns.end : layer.lsns.begin == layer.lsns.end,
         "a delta begins below where it ends, and an image is of one LSN");
  live_.insert(std::upper_bound(live_.begin(), live_.end(), layer, stands_below), layer);
  created_.add(layer);
  peak_live_bytes_ = std::max(peak_live_bytes_, live_bytes());
}

Layer LayerMap::remove(LayerNumber number) {
  const auto place = place_of(number);
  if (place == live_.end())
    throw BrokenInvariant("I8: layer " + std::to_string(static_cast<uint64_t>(number)) +
                          " is deleted, but does not live");
  const Layer layer = *place;
  live_.erase(place);
  deleted_.add(layer);
  return layer;
}

std::vector<Layer>::const_iterator LayerMap::place_of(LayerNumber number) const {
  const auto found = std::find_if(live_.rbegin(), live_.rend(),
                                  [number](const Layer& layer) { return layer.number == number; });
  return found == live_.rend() ? live_.end() : std::prev(found.base());
}

const Layer* LayerMap::find(LayerNumber number) const {
  const auto place = place_of(number);
  return place == live_.end() ? nullptr : &*place;
}

std::vector<Layer> LayerMap::in_box(const PageRange& pages, const LsnRange& lsns) const {
  std::vector<Layer> out;
  for (const Layer& layer : live_) {
    const bool meets = layer.is_delta()
                           ? layer.lsns.overlaps(lsns)
                           : lsns.begin <= layer.lsns.end && layer.lsns.end <= lsns.end;
    if (meets && layer.pages.overlaps(pages)) out.push_back(layer);
  }
  return out;
}

void LayerMap::path(PageNumber page, Lsn lsn, ReadPath& out) const {
  out.deltas.clear();
  out.image = nullptr;
  out.since = 0;
  for (auto layer = live_.rbegin(); layer != live_.rend() && out.image == nullptr; ++layer) {
    if (!layer->pages.holds(page)) continue;
    if (layer->is_delta() && layer->lsns.begin < lsn) out.deltas.push_back(&*layer);
    if (layer->is_image() && layer->lsns.end <= lsn) out.image = &*layer;
  }
}

void LayerMap::check_disjoint() const {
  std::vector<const Layer*> deltas;
  for (const Layer& layer : live_)
    if (layer.is_delta()) deltas.push_back(&layer);
  std::sort(deltas.begin(), deltas.end(),
            [](const Layer* a, const Layer* b) { return a->lsns.begin < b->lsns.begin; });
  for (size_t i = 0; i < deltas.size(); ++i)
    for (size_t j = i + 1; j < deltas.size(); ++j) {
      if (deltas[j]->lsns.begin >= deltas[i]->lsns.end) break;
      if (deltas[i]->pages.overlaps(deltas[j]->pages))
        throw BrokenInvariant("I3: " + text_of(*deltas[i]) + " overlaps " + text_of(*deltas[j]));
    }
}

void LayerMap::check_crossed_by_none(Lsn lsn) const {
  for (const Layer& layer : live_)
    if (layer.is_delta() && layer.lsns.begin < lsn && lsn < layer.lsns.end)
      throw BrokenInvariant("I4: " + text_of(layer) + " lies on both sides of LSN " +
                            std::to_string(lsn));
}

void LayerMap::check_sizes(uint64_t target_bytes) const {
  for (const Layer& layer : live_) {
    if (layer.is_delta() && layer.bytes <= kDeltaBytes)
      throw BrokenInvariant("I5: " + text_of(layer) + " is empty");
    if (layer.record_bytes() > 2 * target_bytes + kDeltaBytes)
      throw BrokenInvariant("I5: " + text_of(layer) + " has " + std::to_string(layer.bytes) +
                            " bytes, more than twice the target of " +
                            std::to_string(target_bytes));
  }
}

void LayerMap::check_sums() const {
  LayerCounts live;
  for (const Layer& layer : live_) live.add(layer);
  require_invariant(live.bytes == live_bytes(),
                    "I7: bytes created less bytes deleted are not the bytes of what lives");
  require_invariant(live.layers == created_.layers - deleted_.layers,
                    "I7: layers created less layers deleted are not those that live");
}

}  // namespace lsmkit
