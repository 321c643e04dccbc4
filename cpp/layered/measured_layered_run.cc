#include "lsmkit/layered/measured_layered_run.h"

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
  ReadCosts costs;
  sampler_.sample(run_, sampling_.reads, ReadAt::kHistory, &costs);
  if (costs.reads() == 0) return;  // nothing is flushed
  samples_.push_back({run_.tree().event_count(), run_.log_bytes(), costs.figures()});
}

}  // namespace lsmkit
