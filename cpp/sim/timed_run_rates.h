// How fast everything goes on in a timed run from one event to the next, and what is seen of that:
// the other part of timed_run.cc, which alone includes it.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "lsmkit/sim/timed_costs.h"
#include "lsmkit/sim/timed_run.h"

namespace lsmkit {

// The least by which time goes on, so that rounding never holds it still.
inline double least_step_us(double at_us) {
  return std::max(0x1p-10, at_us * 0x1p-50);
}

inline double weight_per_commit(const OpChunk& ops) {
  return static_cast<double>(ops.weight) / static_cast<double>(std::max<uint64_t>(ops.commits, 1));
}

// ---- Rates.

template <TimedSubject S>
bool TimedRun<S>::is_waiting() const {
  const FluidLine& line = front().line();
  return line.waiting(at_us_) > kNoWork + line.arrival_per_us() * kNoWaitUs;
}

template <TimedSubject S>
void TimedRun<S>::reallocate() {
  if (has_ended_) return;
  std::vector<Stream> streams{write_stream(), log_stream_};
  std::vector<bool> is_flush{false, false};
  for (const Job& job : jobs_) {
    if (job.left <= 0) continue;
    streams.push_back(job.stream);
    is_flush.push_back(job.job.is_flush);
  }
  set_speeds(speeds_with_log(streams, is_flush), streams);
  note_stall();
  next_us_ = std::max(next_event(), at_us_ + least_step_us(at_us_));
}

// The log is a stream of its own, with as much to do as operations give it and what it has not
// written yet. Only when that is as much as it may be do they go at its pace.
template <TimedSubject S>
std::vector<double> TimedRun<S>::speeds_with_log(std::vector<Stream>& streams,
                                                 const std::vector<bool>& is_flush) const {
  const double bytes_per_work = chunk_ ? log_bytes_of(chunk_->ops, options_) / chunk_->work : 0;
  if (bytes_per_work > 0 || log_waiting_ > 0) {
    std::vector<double> apart = speeds_of(streams, is_flush, options_);
    const bool keeps_up = apart[1] >= apart[0] * bytes_per_work;
    if (keeps_up ? log_waiting_ > 0 : log_waiting_ < most_log_waiting_ * (1 - 1e-9)) return apart;
  }
  streams[1].most_per_us = 0;
  for (size_t r = 0; r < kResourceCount; ++r)
    streams[0].per_unit[r] += log_stream_.per_unit[r] * bytes_per_work;
  return speeds_of(streams, is_flush, options_);
}

// What operations do is one stream; its unit is the phase's.
template <TimedSubject S>
Stream TimedRun<S>::write_stream() {
  delay_ = {};
  times_ = {};
  Stream stream;
  stream.most_per_us = 0;
  if (!chunk_) {
    delay_ = {StallCause::kMemtables, true, 0, 0, 0};
    return stream;
  }
  const OpChunk& ops = chunk_->ops;
  const Phase& phase = front().phase();
  if (ops.writes > 0)
    delay_ = flow_.delay(memtable_pressure_now(), weight_per_commit(ops),
                         static_cast<double>(phase.clients));
  times_ = service_times_of(ops, chunk_->work, phase, utilisation_, options_);
  times_.is_closed = front().is_closed();
  // A sync waits for all that was appended before it.
  times_.sync_us += log_waiting_ / most_log_waiting_ * options_.log_ahead_us;
  times_.pause_us = delay_.pause_us;
  times_.longest_pause_us = delay_.longest_pause_us;
  times_.is_delayed = delay_.us_per_byte > 0;
  stream = stream_of(ops, chunk_->work, options_);
  stream.most_per_us = most_write_speed(ops);
  return stream;
}

// As fast as operations can be done, whatever device and cores have to spare.
template <TimedSubject S>
double TimedRun<S>::most_write_speed(const OpChunk& ops) const {
  if (delay_.is_stopped) return 0;
  const Phase& phase = front().phase();
  double most = kInfinity;
  // Commits come one after the other, and pauses are counted from one to the next.
  if (ops.writes > 0) most = 1 / (times_.writes_per_work * times_.write_us);
  if (delay_.us_per_byte > 0)
    most = std::min(most, chunk_->work / (delay_.us_per_byte * static_cast<double>(ops.weight)));
  if (phase.capacity.per_s > 0 && phase.capacity.queues)
    most = std::min(most, phase.capacity.per_s / 1e6);
  if (!front().is_closed())
    return is_waiting() ? most : std::min(most, front().line().arrival_per_us());
  if (front().is_over()) return 0;
  return std::min(most, times_.clients / client_us());
}

template <TimedSubject S>
void TimedRun<S>::set_speeds(const std::vector<double>& speeds,
                             const std::vector<Stream>& streams) {
  speed_ = chunk_ ? speeds[0] : 0;
  if (front().is_closed() && !front().is_over()) front().follow_service(speed_, at_us_);
  chunk_end_us_ = kInfinity;
  if (chunk_ && speed_ > 0)
    chunk_end_us_ =
        at_us_ +
        std::max(chunk_->begin_work + chunk_->work - front().line().served(), 0.0) / speed_;
  log_waiting_per_us_ = 0;
  if (streams[1].most_per_us > 0) {
    const double per_work = chunk_ ? log_bytes_of(chunk_->ops, options_) / chunk_->work : 0;
    log_waiting_per_us_ = speed_ * per_work - speeds[1];
  }
  size_t i = 2;
  for (Job& job : jobs_) {
    if (job.left <= 0) continue;
    job.speed = speeds[i++];
    job.end_us = job.speed > 0 ? at_us_ + job.left / job.speed : kInfinity;
  }
  Amounts use;
  for (size_t s = 0; s < streams.size(); ++s)
    for (size_t r = 0; r < kResourceCount; ++r) use[r] += speeds[s] * streams[s].per_unit[r];
  set_totals(use);
}

// How much of the time somebody waits for flow control. A pause is counted from one commit to the
// next: who comes slower than a delay lets through, held up by whatever else, never waits for it,
// and what a commit takes itself is over by then.
template <TimedSubject S>
double TimedRun<S>::stalled_share() const {
  const bool somebody = front().is_closed() || is_waiting() || front().line().arrival_per_us() > 0;
  if (delay_.is_stopped) return somebody ? 1 : 0;
  if (delay_.us_per_byte == 0 || !chunk_) return 0;
  if (!front().is_closed() && !is_waiting() && speed_ >= front().line().arrival_per_us()) return 0;
  const double asked_us = delay_.us_per_byte * static_cast<double>(chunk_->ops.weight);
  if (speed_ * asked_us < chunk_->work * (1 - 1e-9)) return 0;
  return std::max(0.0, 1 - speed_ * client_us() / times_.clients);
}

// What the operations of a unit of work keep one client busy for.
template <TimedSubject S>
double TimedRun<S>::client_us() const {
  // Who waits for a sync that has begun without it waits for the next one, too.
  const double sync_us = times_.sync_us * (times_.clients > 1 ? 1.5 : 1);
  return times_.writes_per_work * (times_.write_us + times_.synced_share * sync_us) +
         times_.reads_per_work * times_.read_us;
}

template <TimedSubject S>
void TimedRun<S>::set_totals(const Amounts& use) {
  Totals& per_us = totals_per_us_;
  per_us = {};
  utilisation_ = utilisation(use, device_per_us_);
  for (const PhaseLine& line : lines_) {
    per_us[Total::kOfferedWork] += line.offered_per_us();
    if (!line.is_closed()) per_us[Total::kDroppedWork] += line.dropped_per_us();
  }
  if (chunk_) {
    const OpChunk& ops = chunk_->ops;
    const double chunks_per_us = speed_ / chunk_->work;
    per_us[Total::kAcceptedOps] = chunks_per_us * static_cast<double>(ops.ops);
    per_us[Total::kAcceptedBytes] = chunks_per_us * static_cast<double>(ops.written_bytes);
    per_us[Total::kLogBytes] = chunks_per_us * log_bytes_of(ops, options_);
  }
  for (const Job& job : jobs_) {
    const double read = job.speed * static_cast<double>(job.job.cost.read_bytes);
    const double written = job.speed * static_cast<double>(job.job.cost.written_bytes);
    per_us[Total::kCompactionReadBytes] += read;
    per_us[job.job.is_flush ? Total::kFlushWrittenBytes : Total::kCompactionWrittenBytes] +=
        written;
  }
  per_us[Total::kDeviceReadBytes] = use[Resource::kRead];
  per_us[Total::kDeviceWrittenBytes] = use[Resource::kWrite];
  per_us[Total::kDeviceBusyUs] = utilisation_;
  per_us[Total::kCoreUs] = use[Resource::kCpu];
  per_us[Total::kSlotUs] = static_cast<double>(jobs_.size());
  per_us.stall_us(delay_.cause) = stalled_share();
  const double syncs_per_us = speed_ * times_.writes_per_work * times_.synced_share;
  times_.sync_busy = std::min(1.0, syncs_per_us * times_.sync_us);
}

// ---- The next event.

template <TimedSubject S>
double TimedRun<S>::line_end_us() const {
  const FluidLine& line = front().line();
  if (front().is_closed() || !is_waiting() || speed_ <= line.arrival_per_us()) return kInfinity;
  return at_us_ + line.waiting(at_us_) / (speed_ - line.arrival_per_us());
}

// When the log has caught up, or may be no further behind.
template <TimedSubject S>
double TimedRun<S>::log_change_us() const {
  if (log_waiting_per_us_ < 0) return at_us_ + log_waiting_ / -log_waiting_per_us_;
  if (log_waiting_per_us_ == 0) return kInfinity;
  return at_us_ + (most_log_waiting_ - log_waiting_) / log_waiting_per_us_;
}

// When the first in line will have waited too long, if nothing else happens before.
template <TimedSubject S>
double TimedRun<S>::overload_us() const {
  if (options_.overload != Overload::kStop || !is_waiting()) return kInfinity;
  const FluidLine& line = front().line();
  const double due = line.arrival_of(line.served(), at_us_) + options_.longest_wait_us;
  return speed_ == 0 || due <= at_us_ ? due : kInfinity;
}

template <TimedSubject S>
double TimedRun<S>::next_event() const {
  double next = std::min({chunk_end_us_, line_end_us(), log_change_us(), overload_us(),
                          lines_.back().next_change_us(at_us_)});
  for (const Job& job : jobs_) next = std::min(next, job.end_us);
  return next;
}

template <TimedSubject S>
void TimedRun<S>::note_stall() {
  const bool stalled = delay_.is_stopped && stalled_share() > 0;
  if (stalled == is_stalled_) return;
  is_stalled_ = stalled;
  Event event;
  event.kind = stalled ? EventKind::kStallBegin : EventKind::kStallEnd;
  if (stalled) {
    stall_begin_us_ = at_us_;
    event.text = std::string(name_of(delay_.cause));
  } else {
    event.duration_us = static_cast<uint64_t>(at_us_ - stall_begin_us_);
  }
  tell(std::move(event));
}

// ---- Looking.

template <TimedSubject S>
TimedSample TimedRun<S>::sample_at(double us) const {
  const double since_us = us - at_us_;
  TimedSample out;
  out.time_us = us;
  out.totals = totals_.after(since_us, totals_per_us_);
  for (const PhaseLine& line : lines_) {
    out.offered_per_us += line.offered_per_us();
    out.waiting_work += line.line().waiting(us);
  }
  const FluidLine& line = front().line();
  const double served = std::min(speed_ * since_us, line.waiting(us));
  out.waiting_work = std::max(out.waiting_work - served, 0.0);
  if (is_waiting() || delay_.is_stopped)
    out.oldest_wait_us = us - line.arrival_of(line.served() + served, us);
  out.log_waiting_bytes = log_waiting_ + since_us * log_waiting_per_us_;
  const Version& version = subject_.version();
  out.memtable_weight = static_cast<double>(subject_.memtable_weight());
  if (chunk_) {
    const double done = line.served() + served - chunk_->begin_work;
    const double per_work = 1 / chunk_->work;
    out.memtable_weight +=
        std::clamp(done * per_work, 0.0, 1.0) * static_cast<double>(chunk_->ops.weight);
    out.waiting_ops = out.waiting_work * per_work * static_cast<double>(chunk_->ops.ops);
    out.waiting_bytes =
        out.waiting_work * per_work * static_cast<double>(chunk_->ops.written_bytes);
  }
  if (has_ended_) {
    out.waiting_ops = left_waiting_ops_;
    out.waiting_bytes = left_waiting_bytes_;
  }
  out.sealed_memtables = subject_.sealed_count();
  out.l0_runs = version.level(0).runs.size();
  out.run_count = version.run_count();
  out.tree_weight = version.weight();
  out.debt_weight = debt_;
  out.jobs = static_cast<uint32_t>(jobs_.size());
  out.cause = delay_.cause;
  out.is_stopped = delay_.is_stopped;
  out.delay_us_per_byte = delay_.us_per_byte;
  out.device_utilisation = has_ended_ ? 0 : utilisation_;
  out.cores_used = totals_per_us_[Total::kCoreUs];
  return out;
}

template <TimedSubject S>
void TimedRun<S>::add_samples(double until_us) {
  for (; next_sample_us_ <= until_us; next_sample_us_ += sample_every_us_) {
    series_.push_back(sample_at(next_sample_us_));
    if (series_.size() <= kMostSamples) continue;
    // Every second one goes, and half as many come from now on.
    size_t kept = 0;
    for (size_t i = 0; i < series_.size(); i += 2) series_[kept++] = series_[i];
    series_.resize(kept);
    sample_every_us_ *= 2;
  }
}

}  // namespace lsmkit
