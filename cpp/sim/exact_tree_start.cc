// An exact tree that goes on from what stood somewhere else.
#include <algorithm>
#include <stdexcept>
#include <utility>

#include "lsmkit/sim/exact_tree.h"

namespace lsmkit {

void ExactTree::start_from(ExactStart start) {
  version_ = std::move(start.version);
  contents_ = std::move(start.contents);
  last_seqno_ = start.last_seqno;
  next_job_ = start.next_job;
  wall_us_at_start_ = start.wall_us;
  take_tables();
  for (size_t i = 0; i < start.memtables.size(); ++i) {
    for (const SimRecord& record : start.memtables[i]) {
      memtable_.records.push_back(record);
      memtable_.weight += weight_of(keys_->key_bytes(record.key), record.value_bytes);
      memtable_.largest_seqno = record.seqno;
    }
    if (i + 1 < start.memtables.size() && !memtable_.records.empty()) seal();
  }
  start_live_weight_ = live_weight();
  if (!start.flushes_first) return;
  if (!memtable_.records.empty()) seal();
  while (!sealed_.empty()) {
    SimJob job = begin_flush();
    job.edit.reason = EditReason::kRecoveryFlush;
    finish(std::move(job));
  }
  counters_ = {};
}

// What is newest of each key, the oldest runs first.
void ExactTree::take_tables() {
  for (unsigned n = version_.level_count(); n-- > 0;) {
    const std::vector<Run>& runs = version_.level(n).runs;
    for (auto run = runs.rbegin(); run != runs.rend(); ++run) {
      run->for_each([&](const TableRef& table) {
        const auto found = contents_.find(table->number);
        if (found == contents_.end() || found->second->size() != table->entry_count)
          throw std::logic_error("a start whose table " + to_text(table->number) +
                                 " holds other records than its meta says");
        const Records& records = *found->second;
        std::vector<SimRecord> newest;
        for (size_t i = 0; i < records.size(); ++i)
          if (i == 0 || records.rank(i) != records.rank(i - 1)) newest.push_back(records[i]);
        newest_.take(newest);
      });
    }
  }
}

}  // namespace lsmkit
