// A layered run that is looked at as it goes: how it stood after each flush, with the compactions
// that this made due, and what reads cost after every so many bytes of the log.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "lsmkit/layered/layered_run.h"
#include "lsmkit/layered/read_sampler.h"

namespace lsmkit {

struct ReadSampling {
  uint64_t seed = 1;
  uint64_t every_log_bytes = 1'000'000'000;  // 0: never
  uint64_t reads = 1'000;                    // each time, at any LSN above the horizon
};

// Branches that come and go: one every so many bytes of the log, at the newest that is flushed
// then, each for so many. Half of all reads of a branch are of any page in use there, half of pages
// as they were written.
struct BranchPlan {
  uint64_t every_log_bytes = 0;   // 0: none
  uint64_t living_log_bytes = 0;  // 0: to the end
  uint64_t reads = 1'000;         // whenever reads are sampled, of branches that live
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
  MeasuredLayeredRun(const LayeredRunOptions& options, const ReadSampling& sampling,
                     const BranchPlan& branches = {})
      : run_(options),
        sampling_(sampling),
        branches_(branches),
        sampler_(sampling.seed),
        branch_sampler_(sampling.seed),
        next_sample_(sampling.every_log_bytes == 0 ? UINT64_MAX : sampling.every_log_bytes),
        next_branch_(branches.every_log_bytes == 0 ? UINT64_MAX : branches.every_log_bytes),
        next_change_(next_branch_) {}

  // As of LayeredRun.
  void use_pages(const PageRange& pages) { run_.use_pages(pages); }
  void drop_pages(const PageRange& pages) { run_.drop_pages(pages); }
  void ingest(PageNumber page, uint64_t bytes) {
    run_.ingest(page, bytes);
    if (run_.flushed_lsn() != noted_lsn_) note();
    if (run_.log_bytes() >= next_change_) change_branches();
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
  // Of branches that lived then.
  ReadFigures branch_reads() const { return branch_sampler_.figures(); }
  uint64_t branch_count() const { return branch_count_; }
  // That live, oldest first.
  std::vector<Lsn> branch_lsns() const;
  // Of so many reads of the newest that is flushed, as it is now.
  ReadFigures tip_reads(uint64_t reads) const;

 private:
  struct Branch {
    PinNumber pin;
    Lsn lsn;
    Lsn until;
  };

  void note();
  void sample();
  // Those whose time is over go, and a new one comes if that is due.
  void change_branches();

  LayeredRun run_;
  const ReadSampling sampling_;
  const BranchPlan branches_;
  ReadSampler sampler_;
  ReadSampler branch_sampler_;
  Lsn next_sample_;
  Lsn next_branch_;
  Lsn next_change_;  // that, or the end of a branch
  std::deque<Branch> living_;
  uint64_t branch_count_ = 0;
  Lsn noted_lsn_ = 0;
  std::vector<LayeredMoment> moments_;
  std::vector<SampledMoment> samples_;
};

}  // namespace lsmkit
