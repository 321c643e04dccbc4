#include "simulated.h"

#include <utility>

#include "lsmkit/bytes/error.h"
#include "lsmkit/sim/exact_run.h"
#include "lsmkit/sim/timed_exact.h"
#include "lsmkit/sim/timed_run.h"
#include "lsmkit/sim/timed_segment.h"

namespace lsmkit {
namespace {

constexpr uint64_t kOpsAtOnce = 4096;
constexpr int kEventsAtOnce = 64;

[[noreturn]] void refuse_rate() {
  throw NotSupported("in lock-step a rate moves the clock alone; name a device to simulate time");
}

// What all trees have.
template <class Tree>
class OfTree : public SimulatedRun {
 public:
  const Version& version() const override { return tree().version(); }
  const Counters& counters() const override { return tree().counters(); }
  Seqno last_seqno() const override { return tree().last_seqno(); }
  uint64_t memtable_weight() const override { return tree().memtable_weight(); }
  uint64_t live_weight() const override { return tree().live_weight(); }
  uint64_t live_keys() const override { return tree().live_keys(); }
  uint64_t merged_records() const override { return tree().merged_records(); }

 protected:
  virtual const Tree& tree() const = 0;
};

template <class Tree>
void log_edits(Tree& tree, RunLog& log) {
  tree.observe([&](const Event& event) {
    log.take(event, tree.version(), tree.live_weight(), tree.read_counts());
  });
}

StartOfExactRun start_or_nothing(const WorkloadSpec& workload,
                                 std::optional<StartOfExactRun>& start) {
  if (start) return std::move(*start);
  return {WorkloadKeys(workload), {}};
}

// Of a tree that is not empty, tables that nobody has seen made are not known well enough to read.
std::optional<ReadOptions> reads_beside(const std::optional<StartOfExactRun>& start,
                                        const ReadOptions& reads) {
  return start ? std::nullopt : std::optional(reads);
}

class ExactInLockstep final : public OfTree<ExactTree> {
 public:
  ExactInLockstep(const WorkloadSpec& workload, const CompactionOptions& options, FileModel files,
                  const ReadOptions& reads, bool keep_events, std::optional<StartOfExactRun> start)
      : run_(workload, options, start_or_nothing(workload, start), keep_events, std::move(files),
             reads_beside(start, reads)) {}
  void plan_by(const Planner& planner) { run_.plan_by(planner); }

  bool go_on(uint64_t until_us) override {
    const size_t edits = log().moments().size();
    const uint64_t ops = run_.driver().ops();
    while (log().moments().size() == edits && run_.driver().ops() - ops < kOpsAtOnce)
      if (run_.now_us() >= until_us || !run_.step()) return !run_.done();
    return true;
  }
  void flush() override { run_.flush(); }
  void check() const override {
    version().check_invariants();
    tree().check_contents();
  }
  void set_rate(const RateChoice&) override { refuse_rate(); }
  void set_device(const Device&) override { refuse_device(); }
  bool done() const override { return run_.done(); }
  uint64_t now_us() const override { return run_.now_us(); }
  uint64_t ops() const override { return run_.driver().ops(); }
  double ops_of(OpKind kind) const override {
    return static_cast<double>(run_.driver().ops_of(kind));
  }
  std::optional<uint64_t> memtable_entries() const override { return tree().memtable_entries(); }
  std::optional<ReadCounts> reads() const override { return tree().read_counts(); }
  std::vector<LevelReadCounts> level_reads() const override { return tree().level_read_counts(); }
  const RunLog& log() const override { return run_.log(); }

 protected:
  const ExactTree& tree() const override { return run_.tree(); }

 private:
  ExactRun run_;
};

class SegmentsInLockstep final : public OfTree<SegmentTree> {
 public:
  SegmentsInLockstep(const WorkloadSpec& workload, const CompactionOptions& options,
                     FileModel files, const ReadOptions& reads, SegmentStart start,
                     bool keep_events, const std::optional<SegmentTreeStart>& tree)
      : run_(tree ? SegmentRun(workload, options, *tree, std::move(files))
                  : SegmentRun(workload, options, start, needed_by(workload, reads),
                               std::move(files))),
        log_(keep_events, tree ? run_.tree().live_weight() : 0) {
    log_edits(run_.tree(), log_);
  }
  void plan_by(const Planner& planner) { run_.tree().plan_by(planner); }

  bool go_on(uint64_t until_us) override { return run_.now_us() >= until_us || run_.step(); }
  void flush() override { run_.tree().flush(); }
  void check() const override { version().check_invariants(); }
  void set_rate(const RateChoice&) override { refuse_rate(); }
  void set_device(const Device&) override { refuse_device(); }
  bool done() const override { return run_.done(); }
  uint64_t now_us() const override { return run_.now_us(); }
  uint64_t ops() const override { return run_.operations(); }
  double ops_of(OpKind kind) const override { return run_.operations_of(kind); }
  std::optional<uint64_t> memtable_entries() const override { return std::nullopt; }
  std::optional<ReadCounts> reads() const override {
    if (!tree().models_reads() && reads_anything_) return std::nullopt;
    return tree().read_counts();
  }
  std::vector<LevelReadCounts> level_reads() const override { return tree().level_read_counts(); }
  const RunLog& log() const override { return log_; }

 protected:
  const SegmentTree& tree() const override { return run_.tree(); }

 private:
  SegmentRun run_;
  RunLog log_;
  const bool reads_anything_ =
      gets(run_.tree().contents().workload()) || scans(run_.tree().contents().workload());
};

// Of a subject and its tree.
template <class Subject, class Tree>
class InTime : public OfTree<Tree> {
 public:
  template <class... Arguments>
  InTime(const TimedOptions& timed, bool keep_events, Arguments&&... arguments)
      : subject_(std::forward<Arguments>(arguments)...),
        run_(subject_, timed),
        log_(keep_events, subject_.start_live_weight()) {
    log_edits(subject_.tree(), log_);
    run_.observe([this](const Event& event) { log_.take(event); });
  }
  void plan_by(const Planner& planner) { subject_.tree().plan_by(planner); }

  bool go_on(uint64_t until_us) override {
    if (until_us != UINT64_MAX && run_.next_event_us() > static_cast<double>(until_us)) {
      run_.run_until(static_cast<double>(until_us));
      return !run_.has_ended();
    }
    for (int i = 0; i < kEventsAtOnce; ++i)
      if (run_.next_event_us() > static_cast<double>(until_us) || !run_.step()) break;
    return !run_.has_ended();
  }
  void flush() override {
    throw NotSupported("in time, memtables are flushed when their turn comes; run on");
  }
  void set_rate(const RateChoice& rate) override { run_.set_rate(rate); }
  void set_device(const Device& device) override { run_.set_device(device); }
  bool done() const override { return run_.has_ended(); }
  uint64_t now_us() const override { return static_cast<uint64_t>(run_.now_us()); }
  uint64_t ops() const override {
    return static_cast<uint64_t>(run_.sample().totals[Total::kAcceptedOps]);
  }
  double ops_of(OpKind kind) const override { return static_cast<double>(subject_.ops_of(kind)); }
  uint64_t memtable_weight() const override { return subject_.memtable_weight(); }
  std::optional<TimedView> timed() const override {
    return TimedView{run_.sample(), &run_.waits(), run_.why_ended()};
  }
  std::vector<TimedSample> samples(double since_us) const override {
    return samples_of(run_, since_us);
  }
  const RunLog& log() const override { return log_; }

 protected:
  const Tree& tree() const override { return subject_.tree(); }

 private:
  Subject subject_;
  TimedRun<Subject> run_;
  RunLog log_;
};

class ExactInTime final : public InTime<TimedExactTree, ExactTree> {
 public:
  using InTime::InTime;
  void check() const override {
    version().check_invariants();
    tree().check_contents();
  }
  std::optional<uint64_t> memtable_entries() const override { return tree().memtable_entries(); }
  std::optional<ReadCounts> reads() const override { return tree().read_counts(); }
  std::vector<LevelReadCounts> level_reads() const override { return tree().level_read_counts(); }
};

class SegmentsInTime final : public InTime<TimedSegmentTree, SegmentTree> {
 public:
  using InTime::InTime;
  void check() const override { version().check_invariants(); }
  std::optional<uint64_t> memtable_entries() const override { return std::nullopt; }
};

template <class Run>
std::unique_ptr<SimulatedRun> planned(std::unique_ptr<Run> run,
                                      const std::optional<Planner>& planner) {
  if (planner) run->plan_by(*planner);
  return run;
}

}  // namespace

std::unique_ptr<SimulatedRun> exact_in_lockstep(const WorkloadSpec& workload,
                                                const CompactionOptions& options, FileModel files,
                                                const ReadOptions& reads, bool keep_events,
                                                const std::optional<Planner>& planner,
                                                std::optional<StartOfExactRun> start) {
  return planned(std::make_unique<ExactInLockstep>(workload, options, std::move(files), reads,
                                                   keep_events, std::move(start)),
                 planner);
}

std::unique_ptr<SimulatedRun> segments_in_lockstep(const WorkloadSpec& workload,
                                                   const CompactionOptions& options,
                                                   FileModel files, const ReadOptions& reads,
                                                   SegmentStart start, bool keep_events,
                                                   const std::optional<Planner>& planner,
                                                   std::optional<SegmentTreeStart> tree) {
  return planned(std::make_unique<SegmentsInLockstep>(workload, options, std::move(files), reads,
                                                      start, keep_events, tree),
                 planner);
}

std::unique_ptr<SimulatedRun> exact_in_time(const WorkloadSpec& workload,
                                            const CompactionOptions& options,
                                            const TimedOptions& timed, FileModel files,
                                            const ReadOptions& reads, bool keep_events,
                                            const std::optional<Planner>& planner,
                                            std::optional<StartOfExactRun> start) {
  return planned(std::make_unique<ExactInTime>(timed, keep_events, workload, options,
                                               start_or_nothing(workload, start), std::move(files),
                                               reads_beside(start, reads)),
                 planner);
}

std::unique_ptr<SimulatedRun> segments_in_time(const WorkloadSpec& workload,
                                               const CompactionOptions& options,
                                               const TimedOptions& timed, FileModel files,
                                               SegmentStart start, bool keep_events,
                                               const std::optional<Planner>& planner,
                                               std::optional<SegmentTreeStart> tree) {
  return planned(std::make_unique<SegmentsInTime>(timed, keep_events, workload, options, start,
                                                  std::move(files), tree),
                 planner);
}

}  // namespace lsmkit
