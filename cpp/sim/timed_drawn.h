// A drawn tree and the operations that are done to it, as expected counts: as a timed run
// (timed_run.h) drives them, or in lock-step, one edit at a time.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "lsmkit/sim/drawn_tree.h"
#include "lsmkit/sim/lockstep_clock.h"
#include "lsmkit/sim/timed_subject.h"

namespace lsmkit {

class TimedDrawnTree {
 public:
  // What is drawn is rougher than what waits while a memtable fills.
  static constexpr uint64_t kChunksPerMemtable = 6;

  // `in_time`: phases that end after some time do so when the run's clock says so. Throws as
  // DrawnTree does.
  TimedDrawnTree(const WorkloadSpec& spec, const CompactionOptions& options,
                 const DrawnOptions& drawn, bool in_time = true);
  TimedDrawnTree(const TimedDrawnTree&) = delete;
  TimedDrawnTree& operator=(const TimedDrawnTree&) = delete;

  // ---- What timed_subject.h asks for.
  const WorkloadSpec& spec() const { return spec_; }
  const CompactionOptions& options() const { return tree_.options(); }
  OpChunk draw(uint64_t most_weight);
  void commit(uint64_t ops);
  void end_phase();
  void set_time_us(uint64_t now_us) { tree_.set_time_us(now_us); }
  const Version& version() const { return tree_.version(); }
  uint64_t memtable_weight() const { return tree_.memtable_weight(); }
  bool memtable_is_full() const { return tree_.memtable_is_full(); }
  size_t sealed_count() const { return tree_.sealed_count(); }
  uint64_t sealed_weight() const { return tree_.sealed_weight(); }
  void seal() { tree_.seal(); }
  TimedJob begin_flush() { return tree_.begin_flush(); }
  std::optional<TimedJob> begin_compaction(double busy_cores) {
    return tree_.begin_compaction(busy_cores);
  }
  void finish(JobNumber job) { tree_.finish(job); }

  // That were done.
  uint64_t ops() const { return ops_; }
  double ops_of(OpKind kind) const { return done_by_kind_[static_cast<size_t>(kind)]; }

  DrawnTree& tree() { return tree_; }
  const DrawnTree& tree() const { return tree_; }

 private:
  uint64_t left_in_phase() const;

  const WorkloadSpec spec_;
  const bool in_time_;
  DrawnTree tree_;
  size_t phase_ = 0;
  uint64_t phase_ops_ = 0;  // done, of the phase
  uint64_t drawn_ops_ = 0;  // not done yet
  bool over_ = false;
  uint64_t ops_ = 0;
  std::array<double, kOpKindCount> done_by_kind_{};
};

class DrawnRun {
 public:
  DrawnRun(const WorkloadSpec& spec, const CompactionOptions& options, const DrawnOptions& drawn)
      : subject_(spec, options, drawn, false) {}

  // Goes on until the next edit; false if the workload ends before one.
  bool step();
  bool done() const { return done_; }
  uint64_t now_us() const { return clock_.now_us(); }
  const TimedDrawnTree& subject() const { return subject_; }
  DrawnTree& tree() { return subject_.tree(); }
  const DrawnTree& tree() const { return subject_.tree(); }

 private:
  TimedDrawnTree subject_;
  LockstepClock clock_;
  std::optional<size_t> phase_;  // of the clock
  bool quiet_ = true;            // nothing is due that a write would have to wait for
  bool done_ = false;
};

}  // namespace lsmkit
