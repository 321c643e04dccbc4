#include "lsmkit/sim/timed_run.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "lsmkit/bytes/error.h"
#include "lsmkit/rules/flow.h"
#include "lsmkit/sim/timed_drawn.h"
#include "lsmkit/sim/timed_exact.h"
#include "lsmkit/sim/timed_run_rates.h"
#include "lsmkit/sim/timed_segment.h"

namespace lsmkit {
namespace {

// Flow control is asked so often while a memtable fills, if the subject doesn't say.
constexpr uint64_t kChunksPerMemtable = 16;
template <class S>
constexpr uint64_t chunks_per_memtable() {
  if constexpr (requires { S::kChunksPerMemtable; }) return S::kChunksPerMemtable;
  return kChunksPerMemtable;
}

std::string seconds_text(double us) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f s", us / 1e6);
  return text;
}

}  // namespace

template <TimedSubject S>
TimedRun<S>::TimedRun(S& subject, const TimedOptions& options)
    : subject_(subject),
      options_(options),
      device_per_us_(capacity_per_us(options.device)),
      flow_(options.flow, options.rocksdb, subject.options()),
      busy_cores_(subject.options()),
      log_stream_(log_stream(options)),
      most_log_waiting_(most_log_waiting_bytes(options)),
      sample_every_us_(options.sample_every_us) {
  check(options, subject.options());
  check(subject.spec());
  begin_phase(0);
  tree_changed();
  start_work();
  reallocate();
}

// ---- Time.

template <TimedSubject S>
bool TimedRun<S>::step() {
  if (has_ended_) return false;
  if (next_us_ == kInfinity) {
    end("nothing can happen any more: no operation comes, and no job goes on");
    return false;
  }
  ++event_count_;
  advance(next_us_);
  subject_.set_time_us(now());
  end_jobs();
  change_arrivals();
  end_chunk();
  end_phases_in_time();
  stop_if_overloaded();
  if (has_ended_) return true;
  start_work();
  reallocate();
  return true;
}

template <TimedSubject S>
void TimedRun<S>::run_until(double us) {
  while (!has_ended_ && next_us_ <= us) step();
  if (has_ended_ || us <= now_us_) return;
  now_us_ = us;
  add_samples(us);
}

template <TimedSubject S>
void TimedRun<S>::run() {
  while (step()) {
  }
}

// All that goes on does so at its rate.
template <TimedSubject S>
void TimedRun<S>::advance(double to_us) {
  add_samples(to_us);
  const double us = to_us - at_us_;
  if (chunk_ && speed_ > 0)
    front().line().serve(speed_, at_us_, to_us,
                         [&](const Waited& waited) { waits_.add(waited, times_); });
  for (Job& job : jobs_) job.left -= us * job.speed;
  // A device that was faster may have let more wait than this one does.
  const double most = std::max(most_log_waiting_, log_waiting_);
  log_waiting_ = std::clamp(log_waiting_ + us * log_waiting_per_us_, 0.0, most);
  if (log_waiting_ < 1) log_waiting_ = 0;
  totals_ = totals_.after(us, totals_per_us_);
  at_us_ = to_us;
  now_us_ = std::max(now_us_, to_us);
}

template <TimedSubject S>
void TimedRun<S>::set_rate(const RateChoice& rate) {
  if (has_ended_) throw InvalidArgument("the run has ended: " + why_ended_);
  if (lines_.back().is_over())
    throw InvalidArgument("all operations of the phase have come; there is no rate to set");
  WorkloadSpec changed = subject_.spec();
  changed.phases[lines_.back().number()].rate = rate;
  check(changed);
  ++event_count_;
  advance(now_us_);
  lines_.back().set_rate(rate, changed.seed, at_us_);
  reallocate();
}

template <TimedSubject S>
void TimedRun<S>::set_device(const Device& device) {
  if (has_ended_) throw InvalidArgument("the run has ended: " + why_ended_);
  check(device);
  ++event_count_;
  advance(now_us_);
  options_.device = device;
  device_per_us_ = capacity_per_us(device);
  log_stream_ = log_stream(options_);
  most_log_waiting_ = most_log_waiting_bytes(options_);
  for (Job& job : jobs_) {
    if (job.left <= 0) continue;  // its syncs are under way
    const JobLoad load = load_of(job.job.cost, options_);
    job.stream = load.stream;
    job.tail_us = load.sync_us;
  }
  reallocate();
}

template <TimedSubject S>
void TimedRun<S>::end(std::string why) {
  const TimedSample at_last = sample_at(at_us_);
  left_waiting_ops_ = at_last.waiting_ops;
  left_waiting_bytes_ = at_last.waiting_bytes;
  if (chunk_) {
    const double part = (front().line().served() - chunk_->begin_work) / chunk_->work;
    const double done = std::clamp(part, 0.0, 1.0) * static_cast<double>(chunk_->ops.ops);
    commit_chunk(static_cast<uint64_t>(done + kNoWork));
  }
  subject_.end_phase();
  totals_per_us_ = {};
  log_waiting_per_us_ = 0;
  speed_ = 0;
  next_us_ = kInfinity;
  has_ended_ = true;
  why_ended_ = std::move(why);
}

// ---- What ends.

template <TimedSubject S>
void TimedRun<S>::end_jobs() {
  for (size_t i = 0; i < jobs_.size();) {
    Job& job = jobs_[i];
    if (job.end_us > at_us_) {
      ++i;
    } else if (job.left > 0 && job.tail_us > 0) {
      job.left = job.speed = 0;
      job.end_us = at_us_ + job.tail_us;
    } else {
      const Job done = std::move(job);
      jobs_.erase(jobs_.begin() + static_cast<std::ptrdiff_t>(i));
      finish(done);
    }
  }
}

template <TimedSubject S>
void TimedRun<S>::finish(const Job& job) {
  subject_.finish(job.job.number);
  tree_changed();
  if (job.job.is_flush) {
    flow_.flushed(job.job.cost.read_weight, static_cast<uint64_t>(at_us_ - job.begin_us));
    return;
  }
  if (job.job.cost.weight_from_l0 > 0) flow_.l0_job_ends(now());
  const double core_us = job.stream.per_unit[Resource::kCpu];
  const unsigned threads = std::clamp(job.job.cost.parts, 1u, options_.slots);
  if (core_us == 0) return;
  const auto others = std::count_if(jobs_.begin(), jobs_.end(),
                                    [](const Job& other) { return !other.job.is_flush; });
  busy_cores_.job_ended(core_us / threads, at_us_ - job.begin_us, static_cast<size_t>(others) + 1);
}

template <TimedSubject S>
void TimedRun<S>::end_chunk() {
  if (!chunk_ || has_ended_) return;
  // An operation that straddles the end of all arrivals is the last one's.
  const bool is_last = front().is_over() && !front().ends_by_time() && !is_waiting();
  if (chunk_end_us_ > at_us_ && !is_last) return;
  const bool ends_phase = chunk_->ops.ends_phase;
  commit_chunk(chunk_->ops.ops);
  if (ends_phase) leave_phase();
}

// The first so many of its operations are done; the others never come.
template <TimedSubject S>
void TimedRun<S>::commit_chunk(uint64_t ops) {
  subject_.commit(ops);
  const OpChunk& drawn = chunk_->ops;
  if (ops == drawn.ops) {
    accepted_bytes_ += drawn.written_bytes;
  } else {
    accepted_bytes_ +=
        static_cast<uint64_t>(static_cast<double>(drawn.written_bytes) * static_cast<double>(ops) /
                              static_cast<double>(drawn.ops));
  }
  accepted_ops_ += ops;
  totals_[Total::kAcceptedOps] = static_cast<double>(accepted_ops_);
  totals_[Total::kAcceptedBytes] = static_cast<double>(accepted_bytes_);
  chunk_.reset();
  if (subject_.memtable_is_full()) seal();
}

template <TimedSubject S>
void TimedRun<S>::change_arrivals() {
  if (has_ended_) return;
  PhaseLine& back = lines_.back();
  if (back.next_change_us(at_us_) > at_us_) return;
  back.change(at_us_);
  if (!back.is_over()) return;
  if (back.number() + 1 < subject_.spec().phases.size()) {
    begin_phase(back.number() + 1);
  } else if (back.ends_by_time()) {
    end("the workload's time is over");
  }
}

// Phases by time whose operations are all done; of closed loops, those that were begun are given
// up.
template <TimedSubject S>
void TimedRun<S>::end_phases_in_time() {
  while (!has_ended_ && front().is_over() && front().ends_by_time() &&
         (front().is_closed() || !is_waiting())) {
    if (!chunk_) {
      const OpChunk unused = subject_.draw(1);
      chunk_ = Chunk{unused, front().line().served(), 1};
    }
    const double part = (front().line().served() - chunk_->begin_work) / chunk_->work;
    commit_chunk(static_cast<uint64_t>(
        std::clamp(part, 0.0, 1.0) * static_cast<double>(chunk_->ops.ops) + kNoWork));
    subject_.end_phase();
    leave_phase();
  }
}

template <TimedSubject S>
void TimedRun<S>::begin_phase(uint32_t number) {
  const WorkloadSpec& spec = subject_.spec();
  lines_.emplace_back(spec.phases[number], spec.seed, number, at_us_);
}

template <TimedSubject S>
void TimedRun<S>::leave_phase() {
  drawn_work_ = 0;
  if (lines_.size() == 1) {
    if (front().number() + 1 == subject_.spec().phases.size()) return end("the workload is done");
    begin_phase(front().number() + 1);
  }
  lines_.pop_front();
}

template <TimedSubject S>
void TimedRun<S>::stop_if_overloaded() {
  if (has_ended_ || overload_us() > at_us_) return;
  const TimedSample now = sample_at(at_us_);
  const std::string cause = now.cause == StallCause::kNone
                                ? "the device and the cores are too slow"
                                : "writes wait for " + std::string(name_of(now.cause));
  end("overload: after " + seconds_text(at_us_) + " the first in line has waited for " +
      seconds_text(now.oldest_wait_us) + "; " + cause + " (L0 holds " +
      std::to_string(now.l0_runs) + " runs, " + std::to_string(now.sealed_memtables) +
      " memtables wait to be flushed, " + std::to_string(now.debt_weight) +
      " bytes to be rewritten)");
}

// ---- What begins.

template <TimedSubject S>
void TimedRun<S>::start_work() {
  start_chunk();
  start_jobs();
}

template <TimedSubject S>
Pressure TimedRun<S>::memtable_pressure_now() const {
  double weight = static_cast<double>(subject_.sealed_weight() + subject_.memtable_weight());
  // While a chunk fills, what it holds in the middle of what is still to come.
  if (chunk_) {
    const double done = (front().line().served() - chunk_->begin_work) / chunk_->work;
    weight += static_cast<double>(chunk_->ops.weight) * (1 + std::clamp(done, 0.0, 1.0)) / 2;
  }
  return memtable_pressure(static_cast<uint64_t>(weight * options_.memtable_bytes_per_weight),
                           options_.memtable_room_bytes);
}

// And of one memtable more.
template <TimedSubject S>
Pressure TimedRun<S>::sealed_pressure() const {
  const uint64_t weight = subject_.sealed_weight() + subject_.options().memtable_weight;
  return memtable_pressure(
      static_cast<uint64_t>(static_cast<double>(weight) * options_.memtable_bytes_per_weight),
      options_.memtable_room_bytes);
}

template <TimedSubject S>
bool TimedRun<S>::has_room() const {
  const uint64_t weight = subject_.sealed_weight() + subject_.memtable_weight();
  return weight == 0 || static_cast<double>(weight) * options_.memtable_bytes_per_weight <
                            static_cast<double>(options_.memtable_room_bytes);
}

template <TimedSubject S>
void TimedRun<S>::start_chunk() {
  if (chunk_) return;
  if (!has_room()) {
    // As the engine: what there is can then be flushed.
    if (subject_.memtable_weight() > 0) seal();
    return;
  }
  const uint64_t limit = subject_.options().memtable_weight;
  const uint64_t held = subject_.memtable_weight();
  const double room =
      static_cast<double>(options_.memtable_room_bytes) / options_.memtable_bytes_per_weight -
      static_cast<double>(subject_.sealed_weight() + held);
  uint64_t most = std::min(limit / chunks_per_memtable<S>(), limit - std::min(limit, held));
  most = std::min(most, static_cast<uint64_t>(std::max(room, 1.0)));
  const OpChunk ops = subject_.draw(std::max<uint64_t>(most, 1));
  if (ops.ops == 0) return end("the workload is done");
  const bool in_bytes = front().phase().rate_unit == WorkUnit::kBytes;
  const uint64_t work = in_bytes ? ops.written_bytes : ops.ops;
  if (work == 0)
    throw InvalidArgument("phase '" + front().phase().name +
                          "' has its rate in bytes, and writes none; give it in operations");
  chunk_ = Chunk{ops, drawn_work_, static_cast<double>(work)};
  drawn_work_ += chunk_->work;
}

template <TimedSubject S>
void TimedRun<S>::start_jobs() {
  while (!has_ended_ && jobs_.size() < options_.slots) {
    BackgroundState state;
    state.sealed_memtables = subject_.sealed_count();
    state.slots = options_.slots;
    state.busy_cores = busy_cores_.of_late();
    state.memtables = sealed_pressure();
    state.flushes_first = options_.background_bytes_per_s > 0;
    for (const Job& job : jobs_) {
      state.flush_running = state.flush_running || job.job.is_flush;
      if (!job.job.is_flush) ++state.compactions_running;
    }
    const BackgroundJob next = next_background_job(state);
    if (next == BackgroundJob::kNone) return;
    if (next == BackgroundJob::kFlush) {
      enter(subject_.begin_flush());
      continue;
    }
    // The planner is pure: of the same tree it wants the same, unless it looks at ages.
    if (!tree_has_changed_ && subject_.options().fifo_ttl_us == 0) return;
    const std::optional<TimedJob> job = subject_.begin_compaction(busy_cores_.of_late());
    tree_has_changed_ = job.has_value();
    if (!job) return;
    if (job->cost.weight_from_l0 > 0) flow_.l0_job_begins(job->cost.weight_from_l0, now());
    enter(*job);
  }
}

template <TimedSubject S>
void TimedRun<S>::enter(const TimedJob& job) {
  Job out;
  out.job = job;
  const JobLoad load = load_of(job.cost, options_);
  out.begin_us = at_us_;
  out.stream = load.stream;
  out.tail_us = load.sync_us;
  if (!load.transfers) {
    out.left = 0;
    out.end_us = at_us_ + out.tail_us;
  }
  jobs_.push_back(out);
}

template <TimedSubject S>
void TimedRun<S>::seal() {
  Event event;
  event.kind = EventKind::kSeal;
  event.text = std::to_string(subject_.memtable_weight()) + " bytes of weight";
  subject_.seal();
  tree_changed();
  tell(std::move(event));
}

template <TimedSubject S>
void TimedRun<S>::tell(Event event) const {
  if (!observer_) return;
  event.time_us = event.wall_us = now();
  observer_(event);
}

template <TimedSubject S>
void TimedRun<S>::tree_changed() {
  flow_.tree_changed(subject_.version(), subject_.sealed_count(), now());
  debt_ = compaction_debt(subject_.version(), subject_.options());
  tree_has_changed_ = true;
}

template class TimedRun<TimedExactTree>;
template class TimedRun<TimedDrawnTree>;
template class TimedRun<TimedSegmentTree>;

}  // namespace lsmkit
