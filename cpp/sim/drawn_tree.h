// The drawn simulator, as the field's older ones are: a tree of tables that have a weight and an
// age, and no keys. How many tables a table meets one level down is drawn, what a merge leaves is a
// share of what it reads. Planner, version and edits are the engine's own; its questions about
// keys are answered by draws (Version::met_by).
//
// Bounds of tables are their numbers, in all levels but L0, whose runs span everything: so runs
// stand in the order in which their tables were made, and round robin takes the oldest.
//
// Bytes are conserved: what a merge does not write is booked as dropped, and the tree never weighs
// less than the different keys that were flushed.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "lsmkit/planner/planner.h"
#include "lsmkit/sim/drawn_options.h"
#include "lsmkit/sim/phase_contents.h"
#include "lsmkit/sim/timed_subject.h"
#include "lsmkit/trace/event.h"

namespace lsmkit {

class DrawnTree {
 public:
  using Observer = std::function<void(const Event&)>;

  // Throws InvalidArgument; NotSupported for deletes, for pickers that compare overlap, and for a
  // workload whose different keys can't be counted.
  DrawnTree(const WorkloadSpec& workload, const CompactionOptions& options,
            const DrawnOptions& drawn);

  // `in_detail`: of each event, its tables too; else its kind and what is counted.
  void observe(Observer observer, bool in_detail) {
    observer_ = std::move(observer);
    tells_tables_ = in_detail;
  }

  // Operations come, one after the other.
  void write(const OpWindow& window);
  bool memtable_is_full() const;
  void set_time_us(uint64_t now_us) { now_us_ = now_us; }

  // In lock-step: one edit; false if there was nothing to do.
  bool flush_memtable();
  bool compact_once();
  void flush();

  // In time: jobs end when the clock says so.
  void seal();
  size_t sealed_count() const { return sealed_.size(); }
  uint64_t sealed_weight() const { return static_cast<uint64_t>(sealed_weight_); }
  TimedJob begin_flush();
  std::optional<TimedJob> begin_compaction(double busy_cores = kOneCore);
  void finish(JobNumber job);

  const PhaseContents& contents() const { return contents_; }
  const CompactionOptions& options() const { return options_; }
  const Version& version() const { return version_; }
  const Counters& counters() const { return counters_; }
  Seqno last_seqno() const { return last_seqno_; }
  uint64_t memtable_weight() const { return static_cast<uint64_t>(memtable_.weight); }
  // Of all different keys that were flushed.
  uint64_t live_weight() const { return static_cast<uint64_t>(live_weight_); }
  uint64_t live_keys() const { return static_cast<uint64_t>(live_keys_); }
  uint64_t merged_records() const { return merged_records_; }

 private:
  struct Memtable {
    std::vector<OpWindow> windows;
    double records = 0;
    double weight = 0;
    Seqno largest_seqno = 0;
  };
  struct Job {
    EventKind kind = EventKind::kCompaction;
    uint64_t begin_us = 0;
    std::optional<CompactionPlan> plan;  // none: a flush
    std::vector<TableRef> outputs;
    VersionEdit edit;
    double in_records = 0;
    uint64_t dropped_weight = 0;
  };

  PlanContext context() const;
  Slices contents_of(const Memtable& memtable) const;
  std::vector<TableRef> tables(JobNumber job, uint64_t weight, uint32_t level, Seqno smallest,
                               Seqno largest) const;
  std::vector<TableRef> moved(const CompactionPlan& plan) const;
  double merged_weight(const CompactionPlan& plan) const;
  uint64_t output_weight(const CompactionPlan& plan) const;
  TimedJob begin(CompactionPlan plan);
  void publish(const Job& job);

  const PhaseContents contents_;
  const CompactionOptions options_;
  const DrawnOptions drawn_;
  Observer observer_;
  bool tells_tables_ = true;
  uint64_t now_us_ = 0;

  Memtable memtable_;
  std::deque<Memtable> sealed_;
  double sealed_weight_ = 0;
  double seqnos_ = 0;
  Seqno last_seqno_ = 0;
  Seqno flushed_seqno_ = 0;
  Slices live_;
  double live_keys_ = 0;
  double live_weight_ = 0;
  double record_weight_ = 0;  // on average, so far

  Version version_;
  uint64_t next_job_ = 1;
  std::map<JobNumber, Job> jobs_;
  std::vector<JobInFlight> in_flight_;
  uint64_t dropping_weight_ = 0;  // by jobs in flight
  Counters counters_;
  double user_puts_ = 0;
  double user_value_bytes_ = 0;
  uint64_t merged_records_ = 0;
};

}  // namespace lsmkit
