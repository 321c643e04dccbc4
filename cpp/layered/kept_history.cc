#include "lsmkit/layered/kept_history.h"

#include <algorithm>
#include <utility>

#include "lsmkit/bytes/error.h"
#include "lsmkit/layered/collector.h"

namespace lsmkit {

KeptHistory::KeptHistory(LayeredTree& tree, KeyspaceAt keyspace_at)
    : tree_(tree),
      keyspace_at_(std::move(keyspace_at)),
      retention_({tree.options().history_bytes, tree.options().history_s,
                  tree.options().log_bytes_per_s}) {}

void KeptHistory::collect() {
  if (tree_.options().bottom_image_percent > 0) add_bottom_images();
  tree_.collect(retention_.horizon(), retention_.pinned());
}

void KeptHistory::add_bottom_images() {
  if (horizon() == 0) return;
  const std::vector<Lsn> lsns = readable();
  std::vector<Keyspace> keyspaces;
  std::vector<uint64_t> image_bytes;
  for (const Lsn lsn : lsns) {
    keyspaces.push_back(keyspace_at_(lsn));
    image_bytes.push_back(keyspaces.back().bytes({}));
  }
  for (const Lsn lsn : image_lsns(tree_.map().layers(), horizon(), retention_.pinned(), image_bytes,
                                  tree_.options().bottom_image_percent)) {
    const auto at = std::find(lsns.begin(), lsns.end(), lsn) - lsns.begin();
    tree_.add_images(lsn, keyspaces[static_cast<size_t>(at)]);
  }
}

Lsn KeptHistory::least_lsn() const {
  Lsn least = readable().front();
  for (const Layer& layer : tree_.map().layers())
    if (layer.is_delta()) least = std::min(least, layer.lsns.begin);
  return least;
}

PinNumber KeptHistory::pin(Lsn lsn) {
  ensure(lsn <= tree_.flushed_lsn(), "a layered store pins up to what it has flushed");
  return retention_.pin(lsn);
}

PinNumber KeptHistory::lease(Lsn lsn, double seconds) {
  ensure(lsn <= tree_.flushed_lsn(), "a layered store pins up to what it has flushed");
  advance();
  return retention_.lease(lsn, seconds);
}

std::vector<Lsn> KeptHistory::readable() const {
  std::vector<Lsn> out = retention_.pinned();
  out.push_back(horizon());
  return out;
}

bool KeptHistory::is_needed(PageNumber page, Lsn lsn) const {
  const std::vector<Lsn> reads = readable();
  const std::vector<Layer>& layers = tree_.map().layers();
  return std::any_of(reads.begin(), reads.end(), [&](Lsn read) {
    return read > lsn && std::none_of(layers.begin(), layers.end(), [&](const Layer& layer) {
             return layer.is_image() && layer.pages.holds(page) && layer.lsns.end > lsn &&
                    layer.lsns.end <= read;
           });
  });
}

bool KeptHistory::is_needed(const PageRange& pages, const LsnRange& lsns) const {
  if (lsns.end > horizon()) return true;
  std::vector<PageNumber> edges{pages.begin};  // between two of them all pages have the same images
  for (const Layer& layer : tree_.map().layers())
    if (layer.is_image())
      for (const PageNumber edge : {layer.pages.begin, layer.pages.end})
        if (pages.holds(edge)) edges.push_back(edge);
  std::vector<Lsn> last{lsns.end - 1};  // that each read comes to, were there no image
  for (const Lsn pinned : retention_.pinned())
    if (lsns.begin < pinned && pinned < lsns.end) last.push_back(pinned - 1);
  return std::any_of(edges.begin(), edges.end(), [&](PageNumber page) {
    return std::any_of(last.begin(), last.end(), [&](Lsn lsn) { return is_needed(page, lsn); });
  });
}

}  // namespace lsmkit
