#include "lsmkit/layered/measured_layered_run.h"

#include <algorithm>

namespace lsmkit {

void MeasuredLayeredRun::flush() {
  run_.flush();
  if (run_.flushed_lsn() != noted_lsn_) note();
}

bool MeasuredLayeredRun::compact() {
  const bool did = run_.compact();
  if (did) note();
  return did;
}

void MeasuredLayeredRun::collect() {
  run_.collect();
  note();
}

ReadFigures MeasuredLayeredRun::tip_reads(uint64_t reads) const {
  ReadSampler tip(sampling_.seed);
  tip.sample(run_, reads, ReadAt::kTip);
  return tip.figures();
}

void MeasuredLayeredRun::note() {
  noted_lsn_ = run_.flushed_lsn();
  moments_.push_back({run_.tree().event_count(), noted_lsn_, run_.retention().horizon(),
                      run_.keyspace().page_count()});
}

void MeasuredLayeredRun::sample() {
  while (next_sample_ <= run_.log_bytes()) next_sample_ += sampling_.every_log_bytes;
  branch_sampler_.sample_at(run_, branches_.reads, branch_lsns());
  ReadCosts costs;
  sampler_.sample(run_, sampling_.reads, ReadAt::kHistory, &costs);
  if (costs.reads() == 0) return;  // nothing is flushed
  samples_.push_back({run_.tree().event_count(), run_.log_bytes(), costs.figures()});
}

void MeasuredLayeredRun::change_branches() {
  const Lsn now = run_.log_bytes(), lsn = run_.flushed_lsn();
  while (!living_.empty() && living_.front().until <= now) {
    run_.unpin(living_.front().pin);
    living_.pop_front();
  }
  if (next_branch_ <= now && lsn > 0) {
    const uint64_t living = branches_.living_log_bytes;
    living_.push_back({run_.pin(lsn), lsn, living == 0 ? UINT64_MAX : next_branch_ + living});
    ++branch_count_;
  }
  while (next_branch_ <= now) next_branch_ += branches_.every_log_bytes;
  next_change_ = living_.empty() ? next_branch_ : std::min(next_branch_, living_.front().until);
}

std::vector<Lsn> MeasuredLayeredRun::branch_lsns() const {
  std::vector<Lsn> out;
  for (const Branch& branch : living_) out.push_back(branch.lsn);
  return out;
}

}  // namespace lsmkit
