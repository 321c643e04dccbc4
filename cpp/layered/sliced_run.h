// A layered store that a workload writes to, told by slices: how many bytes each slice of the pages
// is expected to get until the next flush, where layered_run.h has every record. A terabyte takes
// seconds.
//
// Planner, tree and map are the same code; only what is behind LayerContents differs. What is lost:
// records of a slice's pages come evenly, so layers may begin a page or so elsewhere, and chance
// has only so much of a part in what is written as moves where layers are cut.
#pragma once

#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "lsmkit/layered/expected_records.h"
#include "lsmkit/layered/kept_history.h"
#include "lsmkit/layered/layered_run.h"
#include "lsmkit/layered/layered_tree.h"
#include "lsmkit/layered/slice_store.h"

namespace lsmkit {

class SlicedRun {
 public:
  // The workload's keys are pages, in use from the start; inserts add more. Throws InvalidArgument,
  // and NotSupported for what slices cannot tell, naming the phase.
  SlicedRun(const LayeredRunOptions& options, WorkloadSpec workload);
  SlicedRun(const SlicedRun&) = delete;
  SlicedRun& operator=(const SlicedRun&) = delete;

  // Where the log ends with what is in the buffer: that is flushed next; 0 if the workload is over.
  Lsn buffer_end() const { return buffer_end_; }
  // Flushes the buffer and compacts what is due; false if there was nothing left to flush. With a
  // horizon, what need not be readable goes after compactions that are due.
  bool step();
  void collect();

  // Branches and leases: as of LayeredRun.
  PinNumber pin(Lsn lsn) { return history_.pin(lsn); }
  PinNumber lease(Lsn lsn, double seconds) { return history_.lease(lsn, seconds); }
  void unpin(PinNumber number) { history_.unpin(number); }
  const Retention& retention() const { return history_.retention(); }

  // As of LayeredTree.
  void set_poll(std::function<void()> poll) { tree_.set_poll(std::move(poll)); }
  // Of the whole workload, without a draw.
  uint64_t expected_log_bytes() const { return records_.expected_bytes(); }

  const LayeredTree& tree() const { return tree_; }
  const LayerMap& map() const { return tree_.map(); }
  const SliceStore& store() const { return store_; }
  const SliceMass& mass() const { return mass_; }
  const ExpectedRecords& records() const { return records_; }
  // In use at flushed_lsn().
  const Keyspace& keyspace() const { return keyspace_; }
  // Likewise at an LSN; those that are new in a flush from its begin on.
  PageRange pages_at(Lsn lsn) const;
  // Whether any pages went out of use.
  bool any_dropped() const { return used_.back().pages.begin > 0; }
  Lsn flushed_lsn() const { return tree_.flushed_lsn(); }
  // The first options().most_events of tree().event_count().
  const std::vector<LayerEvent>& events() const { return events_; }

 private:
  struct Used {
    Lsn lsn;
    PageRange pages;
  };

  void fill_buffer();

  const uint64_t most_events_;
  ExpectedRecords records_;
  SliceMass mass_;
  ExpectedImages images_;
  SliceStore store_;
  Keyspace keyspace_;
  std::vector<Used> used_{{0, {0, 0}}};  // at each flush
  LayeredTree tree_;
  KeptHistory history_;
  std::vector<LayerEvent> events_;
  Lsn buffer_end_ = 0;
};

}  // namespace lsmkit
