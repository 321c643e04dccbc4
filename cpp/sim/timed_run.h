// A workload on a simulated tree, in time: operations come at their rates and wait, memtables fill
// and are sealed, flushes and compactions take what a device and cores let them have, and writes
// are slowed down as the engine would slow them.
//
// A discrete event simulation without an event per operation. Between two events all rates are
// constant: so many operations come a microsecond, so many are done, each job goes so fast. An
// event is what changes a rate: a chunk of a memtable is filled, a job ends, the rate offered
// changes. So a step costs the same whether thousands of writes wait or none, and what anybody sees
// of the time between events is worked out without touching it: observing a run changes nothing.
//
//   1. What ended by now ends: jobs publish their result, a full memtable is sealed.
//   2. Free slots get work: flush before compaction (rules/flow.h), the planner's choice.
//   3. Flow control says how long a byte waits (timed_flow.h).
//   4. All that goes on shares device and cores (timing/fair_share.h): that gives the rates, and
//      they give the next event.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "lsmkit/rules/busy_cores.h"
#include "lsmkit/sim/timed_arrivals.h"
#include "lsmkit/sim/timed_options.h"
#include "lsmkit/sim/timed_subject.h"
#include "lsmkit/sim/timed_totals.h"
#include "lsmkit/sim/timed_waits.h"
#include "lsmkit/trace/event.h"

namespace lsmkit {

template <TimedSubject Subject>
class TimedRun {
 public:
  // Of stalls and seals; flushes and compactions are told by the subject's tree.
  using Observer = std::function<void(const Event&)>;

  // `subject` lives longer, and nobody else changes it. Throws InvalidArgument.
  TimedRun(Subject& subject, const TimedOptions& options);

  void observe(Observer observer) { observer_ = std::move(observer); }

  // To the next event; false if there is none: the run has ended.
  bool step();
  // Everything that happens up to then.
  void run_until(double us);
  void run();
  // The present phase's operations come at this rate from now on. Throws InvalidArgument.
  void set_rate(const RateChoice& rate);
  // From now on, also for the jobs that are under way: what is left of each goes as it lets them.
  // What waits to be written to the log stays waiting. Throws InvalidArgument.
  void set_device(const Device& device);

  double now_us() const { return now_us_; }
  // When step() goes on to.
  double next_event_us() const { return next_us_; }
  uint64_t event_count() const { return event_count_; }
  bool has_ended() const { return has_ended_; }
  // In words, once it has.
  const std::string& why_ended() const { return why_ended_; }
  // As things stand now.
  TimedSample sample() const { return sample_at(now_us_); }
  // At regular times until now.
  const std::vector<TimedSample>& series() const { return series_; }
  const WaitTimes& waits() const { return waits_; }

 private:
  static constexpr size_t kMostSamples = 4096;
  // Who has not waited so long has not waited: it is below what the clock can tell after days.
  static constexpr double kNoWaitUs = 0.01;
  static constexpr double kNoWork = 1e-6;

  struct Job {
    TimedJob job;
    double begin_us = 0;
    Stream stream;  // its unit: all of the job
    double left = 1;
    double speed = 0;
    double tail_us = 0;         // syncs at its end
    double end_us = kInfinity;  // of what goes on at its present speed, or of the tail
  };
  struct Chunk {
    OpChunk ops;
    double begin_work = 0;  // in its phase
    double work = 0;
  };

  // Events.
  void advance(double to_us);
  void end_jobs();
  void finish(const Job& job);
  void change_arrivals();
  void end_chunk();
  void commit_chunk(uint64_t ops);
  void end_phases_in_time();
  void begin_phase(uint32_t number);
  void leave_phase();
  void stop_if_overloaded();
  void end(std::string why);

  // What begins.
  void start_work();
  void start_chunk();
  void start_jobs();
  void enter(const TimedJob& job);

  // Rates.
  void reallocate();
  Stream write_stream();
  std::vector<double> speeds_with_log(std::vector<Stream>& streams,
                                      const std::vector<bool>& is_flush) const;
  double most_write_speed(const OpChunk& ops) const;
  void set_speeds(const std::vector<double>& speeds, const std::vector<Stream>& streams);
  void set_totals(const Amounts& use);
  double stalled_share() const;
  double client_us() const;
  void note_stall();
  double next_event() const;
  double line_end_us() const;
  double log_change_us() const;
  double overload_us() const;

  TimedSample sample_at(double us) const;
  void add_samples(double until_us);

  PhaseLine& front() { return lines_.front(); }
  const PhaseLine& front() const { return lines_.front(); }
  bool is_waiting() const;
  Pressure memtable_pressure_now() const;
  Pressure sealed_pressure() const;
  bool has_room() const;
  void seal();
  void tree_changed();
  void tell(Event event) const;
  uint64_t now() const { return static_cast<uint64_t>(at_us_); }

  Subject& subject_;
  TimedOptions options_;  // but for the device: constant
  Amounts device_per_us_;
  Observer observer_;

  double at_us_ = 0;   // of the last event: all below is of then
  double now_us_ = 0;  // as far as the run was asked to go
  double next_us_ = 0;
  uint64_t event_count_ = 0;
  bool has_ended_ = false;
  std::string why_ended_;
  double left_waiting_ops_ = 0;  // in line when it ended
  double left_waiting_bytes_ = 0;

  std::deque<PhaseLine> lines_;  // the front is served, the back's operations come
  std::optional<Chunk> chunk_;
  double chunk_end_us_ = kInfinity;
  double drawn_work_ = 0;      // of the front's, all chunks so far
  uint64_t accepted_ops_ = 0;  // of chunks that are done
  uint64_t accepted_bytes_ = 0;
  double speed_ = 0;  // of the front's work
  ServiceTimes times_;
  TimedFlow flow_;
  FlowDelay delay_;
  double utilisation_ = 0;  // of the device
  BusyCores busy_cores_;
  Stream log_stream_;
  double most_log_waiting_;
  double log_waiting_ = 0;         // bytes that the device has still to write
  double log_waiting_per_us_ = 0;  // how it grows
  double stall_begin_us_ = 0;
  bool is_stalled_ = false;
  uint64_t debt_ = 0;
  bool tree_has_changed_ = true;  // since the planner wanted nothing
  std::vector<Job> jobs_;

  Totals totals_;
  Totals totals_per_us_;
  WaitTimes waits_;
  double next_sample_us_ = 0;
  double sample_every_us_;
  std::vector<TimedSample> series_;
};

}  // namespace lsmkit
