#include "lsmkit/layered/read_sampler.h"

#include <algorithm>
#include <vector>

namespace lsmkit {

namespace {

// For a page that is in use at an LSN; then another LSN, where any may be.
constexpr int kTriesAtOne = 100;
constexpr int kMostTries = 1'000;

// Pages as they were written: a delta by its bytes, then any of its records.
class WrittenPages {
 public:
  explicit WrittenPages(const LayeredRun& run) : store_(run.store()) {
    for (const Layer& layer : run.map().layers()) {
      if (!layer.is_delta()) continue;
      bytes_ += layer.bytes;
      deltas_.push_back({layer.number, bytes_});
    }
  }

  bool empty() const { return deltas_.empty(); }
  PageNumber draw(Random& random) const {
    const uint64_t byte = random.below(bytes_);
    const auto delta = std::partition_point(
        deltas_.begin(), deltas_.end(), [byte](const Delta& d) { return d.bytes_up_to <= byte; });
    const PackedSpan records = store_.records(delta->number);
    return page_of(records[random.below(records.size())]);
  }

 private:
  struct Delta {
    LayerNumber number;
    uint64_t bytes_up_to;
  };
  const RecordStore& store_;
  std::vector<Delta> deltas_;
  uint64_t bytes_ = 0;
};

}  // namespace

template <class DrawLsn>
void ReadSampler::sample(const LayeredRun& run, uint64_t reads, DrawLsn&& draw_lsn,
                         ReadCosts* also) {
  const PageUses& uses = run.page_uses();
  const Keyspace& pages = uses.ever();
  if (run.flushed_lsn() == 0 || pages.page_count() == 0) return;
  LayerReader reader(run.map(), run.store());
  const WrittenPages written(run);
  const auto draw_page = [&](bool any) {
    return any || written.empty() ? pages.page_at(random_.below(pages.page_count()))
                                  : written.draw(random_);
  };
  const auto note = [&](const LayerRead& read) {
    take(read);
    if (also != nullptr) also->take(read);
  };
  for (uint64_t i = 0; i < reads; ++i) {
    PageNumber page = draw_page(i % 2 == 0);
    Lsn lsn = draw_lsn();
    if (!uses.any_dropped()) {
      note(reader.read(page, lsn));
      continue;
    }
    PageUse use = uses.at(page, lsn);
    for (int tries = 1; tries < kMostTries && !use.in_use; ++tries) {
      page = draw_page(i % 2 == 0);
      if (tries % kTriesAtOne == 0) lsn = draw_lsn();
      use = uses.at(page, lsn);
    }
    if (use.in_use) note(reader.read(page, lsn, use.since));
  }
}

void ReadSampler::sample(const LayeredRun& run, uint64_t reads, ReadAt at, ReadCosts* also) {
  const Lsn tip = run.flushed_lsn(), horizon = std::min(run.store().horizon(), tip);
  const auto draw_lsn = [&] {
    return at == ReadAt::kTip ? tip : horizon + random_.below(tip - horizon + 1);
  };
  sample(run, reads, draw_lsn, also);
}

void ReadSampler::sample_at(const LayeredRun& run, uint64_t reads, std::span<const Lsn> lsns) {
  if (lsns.empty()) return;
  sample(
      run, reads, [&] { return lsns[random_.below(lsns.size())]; }, nullptr);
}

}  // namespace lsmkit
