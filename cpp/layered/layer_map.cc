#include "lsmkit/layered/layer_map.h"

#include <algorithm>
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

namespace {

// Where the number is, or would be.
auto place_of(auto& layers, LayerNumber number) {
  return std::lower_bound(
      layers.begin(), layers.end(), number,
      [](const Layer& layer, LayerNumber sought) { return layer.number < sought; });
}

// Whether `a` stands above `b`: a read meets it first. At the same LSN an image is above the
// delta that ends there.
bool above(const Layer* a, const Layer* b) {
  if (a->lsns.end != b->lsns.end) return a->lsns.end > b->lsns.end;
  if (a->kind != b->kind) return a->is_image();
  return a->number > b->number;
}

}  // namespace

void LayerMap::add(const Layer& layer) {
  const auto place = place_of(live_, layer.number);
  ensure(place == live_.end() || place->number != layer.number, "a layer of that number lives");
  live_.insert(place, layer);
  created_.add(layer);
  peak_live_bytes_ = std::max(peak_live_bytes_, live_bytes());
}

Layer LayerMap::remove(LayerNumber number) {
  const auto place = place_of(live_, number);
  if (place == live_.end() || place->number != number)
    throw BrokenInvariant("I8: layer " + std::to_string(static_cast<uint64_t>(number)) +
                          " is deleted, but does not live");
  const Layer layer = *place;
  live_.erase(place);
  deleted_.add(layer);
  return layer;
}

const Layer* LayerMap::find(LayerNumber number) const {
  const auto place = place_of(live_, number);
  return place == live_.end() || place->number != number ? nullptr : &*place;
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

void LayerMap::over(PageNumber page, Lsn lsn, std::vector<const Layer*>& out) const {
  out.clear();
  for (const Layer& layer : live_)
    if (layer.pages.holds(page) &&
        (layer.is_delta() ? layer.lsns.begin < lsn : layer.lsns.end <= lsn))
      out.push_back(&layer);
  std::sort(out.begin(), out.end(), above);
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
    // Two bytes are what a delta without records has.
    if (layer.is_delta() && layer.bytes <= 2)
      throw BrokenInvariant("I5: " + text_of(layer) + " is empty");
    if (layer.bytes > 2 * target_bytes + 2)
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
