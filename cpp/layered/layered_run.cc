#include "lsmkit/layered/layered_run.h"

#include <algorithm>

namespace lsmkit {

namespace {

double ratio(uint64_t a, uint64_t b) {
  return b == 0 ? 0 : static_cast<double>(a) / static_cast<double>(b);
}

}  // namespace

LayeredRun::LayeredRun(const LayeredRunOptions& options)
    : target_bytes_(options.layered.target_bytes),
      most_record_bytes_(std::min<uint64_t>(target_bytes_, UINT32_MAX)),
      most_events_(options.most_events),
      store_(options.checks),
      tree_(options.layered, store_, options.checks),
      history_(tree_, [this](Lsn lsn) { return uses_.keyspace_at(lsn); }),
      reader_(tree_.map(), store_) {
  tree_.observe([this](const LayerEvent& event) {
    if (events_.size() < most_events_) events_.push_back(event);
  });
  if (options.checks)
    store_.set_needed([this](PageNumber page, Lsn lsn) { return history_.is_needed(page, lsn); });
}

void LayeredRun::flush() {
  if (store_.buffered_bytes() == 0) return;
  const LsnRange lsns{store_.buffer_begin(), store_.log().end()};
  const LayerNumber number = tree_.next_number();
  store_.flush(number);
  uses_.flush(lsns, store_.records(number), store_.log());
  tree_.flushed(lsns, lsns.height());
}

void LayeredRun::flush_and_compact() {
  flush();
  if (!tree_.compaction_due()) return;
  compact();
  if (!history_.keeps_all()) collect();
}

void LayeredRun::collect() {
  history_.advance();
  store_.set_horizon(history_.horizon());
  history_.collect();
  uses_.forget_below(history_.least_lsn());
}

LayerRead LayeredRun::read(PageNumber page, Lsn lsn, std::vector<PackedRecord>* replayed) {
  ensure(lsn <= flushed_lsn(), "a layered store reads up to what it has flushed");
  ensure(retention().is_readable(lsn),
         "a layered store reads from its horizon on, and below it what is pinned");
  const PageUse use = uses_.at(page, lsn);
  LayerRead out = reader_.read(page, lsn, use.since, replayed);
  out.in_use = use.in_use && (!use.if_written || out.finds_any());
  if (out.in_use || !uses_.any_dropped()) return out;
  if (replayed != nullptr) replayed->clear();
  return {};
}

double LayeredRun::write_amp() const {
  return ratio(tree_.totals().written_bytes(), log_bytes());
}

double LayeredRun::storage_amp_log() const {
  return ratio(map().live_bytes(), log_bytes());
}

double LayeredRun::storage_amp_logical() const {
  return ratio(map().live_bytes(), keyspace().page_count() * kPageBytes);
}

}  // namespace lsmkit
