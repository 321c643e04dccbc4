#include "lsmkit/layered/sliced_run.h"

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
      history_(tree_) {
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
  const PageRange used{0, records_.pages_in_use()};
  if (!keyspace_.covers(used)) keyspace_.add(used);
  tree_.flushed(lsns, lsns.height());
  history_.flushed(keyspace_);
  // As when a workload per record ends: what is left then is flushed only.
  if (records_.full() && tree_.compaction_due()) {
    tree_.compact(keyspace_);
    if (!history_.keeps_all()) collect();
  }
  fill_buffer();
  return true;
}

void SlicedRun::collect() {
  history_.advance();
  history_.collect(keyspace_);
  std::vector<LsnRange> kept = store_.held_lsns();
  kept.push_back({history_.horizon(), mass_.end()});
  mass_.keep(std::move(kept));
}

}  // namespace lsmkit
