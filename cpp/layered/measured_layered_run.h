// A layered run that is looked at as it goes: how it stood after each flush, with the compactions
// that this made due, and what reads cost after every so many bytes of the log.
#pragma once

#include <cstdint>
#include <vector>

#include "lsmkit/layered/layered_run.h"
#include "lsmkit/layered/read_sampler.h"

namespace lsmkit {

struct ReadSampling {
  uint64_t seed = 1;
  uint64_t every_log_bytes = 1'000'000'000;  // 0: never
  uint64_t reads = 1'000;                    // each time, at any LSN above the horizon
};

// What events do not tell.
struct LayeredMoment {
  uint64_t events = 0;  // that there were until then
  Lsn flushed_lsn = 0;
  Lsn horizon = 0;
  uint64_t pages_in_use = 0;
};

struct SampledMoment {
  uint64_t events = 0;
  Lsn log_bytes = 0;
  ReadFigures figures;
};

class MeasuredLayeredRun {
 public:
  // Throws InvalidArgument.
  MeasuredLayeredRun(const LayeredRunOptions& options, const ReadSampling& sampling)
      : run_(options),
        sampling_(sampling),
        sampler_(sampling.seed),
        next_sample_(sampling.every_log_bytes == 0 ? UINT64_MAX : sampling.every_log_bytes) {}

  // As of LayeredRun.
  void use_pages(const PageRange& pages) { run_.use_pages(pages); }
  void drop_pages(const PageRange& pages) { run_.drop_pages(pages); }
  void ingest(PageNumber page, uint64_t bytes) {
    run_.ingest(page, bytes);
    if (run_.flushed_lsn() != noted_lsn_) note();
    if (run_.log_bytes() >= next_sample_) sample();
  }
  void flush();
  bool compact();
  void collect();
  LayerRead read_at_tip(PageNumber page) { return run_.read(page, run_.flushed_lsn()); }

  LayeredRun& run() { return run_; }
  const LayeredRun& run() const { return run_; }
  const std::vector<LayeredMoment>& moments() const { return moments_; }
  const std::vector<SampledMoment>& samples() const { return samples_; }
  // Of all samples together.
  ReadFigures history_reads() const { return sampler_.figures(); }
  // Of so many reads of the newest that is flushed, as it is now.
  ReadFigures tip_reads(uint64_t reads) const;

 private:
  void note();
  void sample();

  LayeredRun run_;
  const ReadSampling sampling_;
  ReadSampler sampler_;
  Lsn next_sample_;
  Lsn noted_lsn_ = 0;
  std::vector<LayeredMoment> moments_;
  std::vector<SampledMoment> samples_;
};

}  // namespace lsmkit
