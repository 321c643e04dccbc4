#include "lsmkit/layered/kept_history.h"

#include <algorithm>

#include "lsmkit/bytes/error.h"
#include "lsmkit/layered/collector.h"

namespace lsmkit {

KeptHistory::KeptHistory(LayeredTree& tree)
    : tree_(tree),
      retention_({tree.options().history_bytes, tree.options().history_s,
                  tree.options().log_bytes_per_s}) {}

void KeptHistory::flushed(const Keyspace& keyspace) {
  if (tree_.options().bottom_image_percent == 0 || keeps_all()) return;
  const bool same = !keyspaces_.empty() &&
                    std::ranges::equal(keyspaces_.rbegin()->second->ranges(), keyspace.ranges());
  keyspaces_[tree_.flushed_lsn()] =
      same ? keyspaces_.rbegin()->second : std::make_shared<const Keyspace>(keyspace);
}

void KeptHistory::collect(const Keyspace& keyspace) {
  if (tree_.options().bottom_image_percent > 0) add_bottom_images(keyspace);
  tree_.collect(retention_.horizon(), retention_.pinned());
}

void KeptHistory::add_bottom_images(const Keyspace& keyspace) {
  if (horizon() == 0) return;
  const std::vector<Lsn> pinned = retention_.pinned();
  std::vector<uint64_t> image_bytes;
  for (const Lsn lsn : readable()) image_bytes.push_back(keyspace_at(lsn, keyspace).bytes({}));
  for (const Lsn lsn : image_lsns(tree_.map().layers(), horizon(), pinned, image_bytes,
                                  tree_.options().bottom_image_percent))
    tree_.add_images(lsn, keyspace_at(lsn, keyspace));
  const Lsn least = pinned.empty() ? horizon() : pinned.front();
  keyspaces_.erase(keyspaces_.begin(), keyspaces_.lower_bound(least));
}

const Keyspace& KeptHistory::keyspace_at(Lsn lsn, const Keyspace& at_end) const {
  const auto at = keyspaces_.lower_bound(lsn);
  return at == keyspaces_.end() ? at_end : *at->second;
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
