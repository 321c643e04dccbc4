#include "lsmkit/layered/layered_run.h"

#include <algorithm>

#include "lsmkit/layered/collector.h"

namespace lsmkit {

namespace {

double ratio(uint64_t a, uint64_t b) {
  return b == 0 ? 0 : static_cast<double>(a) / static_cast<double>(b);
}

// Neighbours joined.
std::vector<PageRange> pages_of(PackedSpan sorted) {
  std::vector<PageRange> out;
  for (const PackedRecord record : sorted) {
    const PageNumber page = page_of(record);
    if (!out.empty() && page <= out.back().end)
      out.back().end = page + 1;
    else
      out.push_back({page, page + 1});
  }
  return out;
}

}  // namespace

LayeredRun::LayeredRun(const LayeredRunOptions& options)
    : target_bytes_(options.layered.target_bytes),
      most_record_bytes_(std::min<uint64_t>(target_bytes_, UINT32_MAX)),
      most_events_(options.most_events),
      store_(options.checks),
      retention_({options.layered.history_bytes, options.layered.history_s,
                  options.layered.log_bytes_per_s}),
      tree_(options.layered, store_, options.checks),
      reader_(tree_.map(), store_) {
  tree_.observe([this](const LayerEvent& event) {
    if (events_.size() < most_events_) events_.push_back(event);
  });
  if (options.checks)
    store_.set_needed([this](PageNumber page, Lsn lsn) { return is_needed(page, lsn); });
}

void LayeredRun::flush() {
  if (store_.buffered_bytes() == 0) return;
  const LsnRange lsns{store_.buffer_begin(), store_.log().end()};
  const LayerNumber number = tree_.next_number();
  store_.flush(number);
  keyspace_.add(used_since_.ranges());
  used_since_ = {};
  const PackedSpan records = store_.records(number);
  if (!keyspace_.covers({page_of(records.front()), page_of(records.back()) + 1}))
    keyspace_.add(pages_of(records));
  tree_.flushed(lsns, lsns.height());
  if (tree_.options().bottom_image_percent == 0 || retention_.keeps_all()) return;
  const bool same =
      !keyspaces_.empty() && keyspaces_.rbegin()->second->page_count() == keyspace_.page_count();
  keyspaces_[lsns.end] =
      same ? keyspaces_.rbegin()->second : std::make_shared<const Keyspace>(keyspace_);
}

void LayeredRun::flush_and_compact() {
  flush();
  if (!tree_.compaction_due()) return;
  compact();
  if (!retention_.keeps_all()) collect();
}

void LayeredRun::collect() {
  retention_.advance(flushed_lsn());
  store_.set_horizon(retention_.horizon());
  if (tree_.options().bottom_image_percent > 0) add_bottom_images();
  tree_.collect(retention_.horizon(), retention_.pinned());
}

void LayeredRun::add_bottom_images() {
  const Lsn horizon = retention_.horizon();
  const std::vector<Lsn> pinned = retention_.pinned();
  if (horizon == 0) return;
  std::vector<uint64_t> image_bytes;
  for (const Lsn lsn : pinned) image_bytes.push_back(keyspace_at(lsn).bytes({}));
  image_bytes.push_back(keyspace_at(horizon).bytes({}));
  for (const Lsn lsn : image_lsns(map().layers(), horizon, pinned, image_bytes,
                                  tree_.options().bottom_image_percent))
    tree_.add_images(lsn, keyspace_at(lsn));
  const Lsn least = pinned.empty() ? horizon : pinned.front();
  keyspaces_.erase(keyspaces_.begin(), keyspaces_.lower_bound(least));
}

const Keyspace& LayeredRun::keyspace_at(Lsn lsn) const {
  const auto at = keyspaces_.lower_bound(lsn);
  return at == keyspaces_.end() ? keyspace_ : *at->second;
}

PinNumber LayeredRun::pin(Lsn lsn) {
  ensure(lsn <= flushed_lsn(), "a layered store pins up to what it has flushed");
  return retention_.pin(lsn);
}

PinNumber LayeredRun::lease(Lsn lsn, double seconds) {
  ensure(lsn <= flushed_lsn(), "a layered store pins up to what it has flushed");
  retention_.advance(flushed_lsn());
  return retention_.lease(lsn, seconds);
}

// Looks at each image by itself, as a check of what was concluded from all of them.
bool LayeredRun::is_needed(PageNumber page, Lsn lsn) const {
  std::vector<Lsn> readable = retention_.pinned();
  readable.push_back(retention_.horizon());
  return std::any_of(readable.begin(), readable.end(), [&](Lsn read) {
    return read > lsn &&
           std::none_of(map().layers().begin(), map().layers().end(), [&](const Layer& layer) {
             return layer.is_image() && layer.pages.holds(page) && layer.lsns.end > lsn &&
                    layer.lsns.end <= read;
           });
  });
}

LayerRead LayeredRun::read(PageNumber page, Lsn lsn, std::vector<PackedRecord>* replayed) {
  ensure(lsn <= flushed_lsn(), "a layered store reads up to what it has flushed");
  ensure(retention_.is_readable(lsn),
         "a layered store reads from its horizon on, and below it what is pinned");
  return reader_.read(page, lsn, replayed);
}

double LayeredRun::write_amp() const {
  return ratio(tree_.totals().written_bytes(), log_bytes());
}

double LayeredRun::storage_amp_log() const {
  return ratio(map().live_bytes(), log_bytes());
}

double LayeredRun::storage_amp_logical() const {
  return ratio(map().live_bytes(), keyspace_.page_count() * kPageBytes);
}

}  // namespace lsmkit
