#include "lsmkit/layered/sliced_run.h"

#include <algorithm>
#include <utility>

#include "lsmkit/bytes/error.h"

namespace lsmkit {

namespace {
uint64_t checked_target(const LayeredOptions& options) {
  check(options);
  return options.target_bytes;
}
}  // namespace

SlicedRun::SlicedRun(const LayeredRunOptions& options, WorkloadSpec workload)
    : most_events_(options.most_events),
      records_(std::move(workload), checked_target(options.layered)),
      mass_(records_.bounds()),
      images_(mass_, records_,
              {options.layered.page_image_records, options.layered.page_image_bytes}),
      store_(mass_, options.layered.target_bytes / 64, &images_),
      tree_(options.layered, store_, options.checks),
      history_(tree_, [this](Lsn lsn) {
        Keyspace out;
        out.add(pages_at(lsn));
        return out;
      }) {
  tree_.observe([this](const LayerEvent& event) {
    if (events_.size() < most_events_) events_.push_back(event);
  });
  if (options.checks)
    store_.set_needed(
        [this](const MassBox& box) { return history_.is_needed(box.pages, box.lsns); });
  fill_buffer();
}

void SlicedRun::fill_buffer() {
  buffer_end_ = 0;
  for (auto bytes = records_.next(); !bytes.empty(); bytes = records_.next()) {
    if (mass_.add(bytes) == 0) continue;
    buffer_end_ = mass_.end();
    return;
  }
}

bool SlicedRun::step() {
  if (buffer_end_ == 0) return false;
  const LsnRange lsns{tree_.flushed_lsn(), buffer_end_};
  store_.flush(tree_.next_number());
  const PageRange used = records_.pages_in_use();
  if (used != used_.back().pages) {
    keyspace_ = {};
    keyspace_.add(used);
  }
  used_.push_back({lsns.end, used});
  tree_.flushed(lsns, lsns.height());
  // As when a workload per record ends: what is left then is flushed only.
  if (records_.full() && tree_.compaction_due()) {
    tree_.compact(keyspace_);
    if (!history_.keeps_all()) collect();
  }
  fill_buffer();
  return true;
}

PageRange SlicedRun::pages_at(Lsn lsn) const {
  const auto flush = std::partition_point(used_.begin() + 1, used_.end() - 1,
                                          [lsn](const Used& used) { return used.lsn < lsn; });
  const Used &before = *(flush - 1), &after = *flush;
  const double share = std::min(
      1.0, static_cast<double>(lsn - before.lsn) / static_cast<double>(after.lsn - before.lsn));
  const auto dropped = static_cast<double>(after.pages.begin - before.pages.begin) * share;
  return {before.pages.begin + static_cast<uint64_t>(dropped + .5), after.pages.end};
}

void SlicedRun::collect() {
  history_.advance();
  history_.collect();
  std::vector<LsnRange> kept = store_.held_lsns();
  kept.push_back({history_.horizon(), mass_.end()});
  mass_.keep(std::move(kept));
}

}  // namespace lsmkit
