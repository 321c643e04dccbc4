// Drawn simulations as Python drives them (simulated.h).
#include <utility>

#include "lsmkit/bytes/error.h"
#include "lsmkit/sim/timed_drawn.h"
#include "lsmkit/sim/timed_run.h"
#include "simulated.h"

namespace lsmkit {
namespace {

constexpr int kEventsAtOnce = 512;

class OfDrawnTree : public SimulatedRun {
 public:
  explicit OfDrawnTree(bool keep_events) : log_(keep_events) {}

  void check() const override { tree().version().check_invariants(); }
  uint64_t ops() const override { return subject().ops(); }
  double ops_of(OpKind kind) const override { return subject().ops_of(kind); }
  const Version& version() const override { return tree().version(); }
  const Counters& counters() const override { return tree().counters(); }
  Seqno last_seqno() const override { return tree().last_seqno(); }
  uint64_t memtable_weight() const override { return tree().memtable_weight(); }
  std::optional<uint64_t> memtable_entries() const override { return std::nullopt; }
  uint64_t live_weight() const override { return tree().live_weight(); }
  uint64_t live_keys() const override { return tree().live_keys(); }
  uint64_t merged_records() const override { return tree().merged_records(); }
  const RunLog& log() const override { return log_; }

 protected:
  virtual const TimedDrawnTree& subject() const = 0;
  const DrawnTree& tree() const { return subject().tree(); }
  void log_edits(DrawnTree& tree) {
    tree.observe([&](const Event& event) { log_.take(event, tree.version(), tree.live_weight()); },
                 log_.keeps_events());
  }

  RunLog log_;
};

class DrawnInLockstep final : public OfDrawnTree {
 public:
  DrawnInLockstep(const WorkloadSpec& workload, const CompactionOptions& options,
                  const DrawnOptions& drawn, bool keep_events)
      : OfDrawnTree(keep_events), run_(workload, options, drawn) {
    log_edits(run_.tree());
  }

  bool go_on(uint64_t until_us) override { return run_.now_us() >= until_us || run_.step(); }
  void flush() override { run_.tree().flush(); }
  void set_rate(const RateChoice&) override {
    throw NotSupported("in lock-step a rate moves the clock alone; name a device to simulate time");
  }
  void set_device(const Device&) override { refuse_device(); }
  bool done() const override { return run_.done(); }
  uint64_t now_us() const override { return run_.now_us(); }

 protected:
  const TimedDrawnTree& subject() const override { return run_.subject(); }

 private:
  DrawnRun run_;
};

class DrawnInTime final : public OfDrawnTree {
 public:
  DrawnInTime(const WorkloadSpec& workload, const CompactionOptions& options,
              const DrawnOptions& drawn, const TimedOptions& timed, bool keep_events)
      : OfDrawnTree(keep_events), subject_(workload, options, drawn), run_(subject_, timed) {
    log_edits(subject_.tree());
    run_.observe([this](const Event& event) { log_.take(event); });
  }

  bool go_on(uint64_t until_us) override {
    const auto until = static_cast<double>(until_us);
    if (until_us != UINT64_MAX && run_.next_event_us() > until) {
      run_.run_until(until);
      return !run_.has_ended();
    }
    for (int i = 0; i < kEventsAtOnce; ++i)
      if (run_.next_event_us() > until || !run_.step()) break;
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
  std::optional<TimedView> timed() const override {
    return TimedView{run_.sample(), &run_.waits(), run_.why_ended()};
  }
  std::vector<TimedSample> samples(double since_us) const override {
    return samples_of(run_, since_us);
  }

 protected:
  const TimedDrawnTree& subject() const override { return subject_; }

 private:
  TimedDrawnTree subject_;
  TimedRun<TimedDrawnTree> run_;
};

}  // namespace

std::unique_ptr<SimulatedRun> drawn_run(const WorkloadSpec& workload,
                                        const CompactionOptions& options, const DrawnOptions& drawn,
                                        const std::optional<TimedOptions>& timed,
                                        bool keep_events) {
  if (timed) return std::make_unique<DrawnInTime>(workload, options, drawn, *timed, keep_events);
  return std::make_unique<DrawnInLockstep>(workload, options, drawn, keep_events);
}

}  // namespace lsmkit
