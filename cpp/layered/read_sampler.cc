#include "lsmkit/layered/read_sampler.h"

#include <algorithm>
#include <vector>

namespace lsmkit {

namespace {

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

void ReadSampler::sample(const LayeredRun& run, uint64_t reads, ReadAt at, ReadCosts* also) {
  const Lsn tip = run.flushed_lsn();
  if (tip == 0) return;
  LayerReader reader(run.map(), run.store());
  const WrittenPages written(run);
  const Lsn horizon = std::min(run.store().horizon(), tip);
  for (uint64_t i = 0; i < reads; ++i) {
    const PageNumber page = i % 2 == 0
                                ? run.keyspace().page_at(random_.below(run.keyspace().page_count()))
                                : written.draw(random_);
    const Lsn lsn = at == ReadAt::kTip ? tip : horizon + random_.below(tip - horizon + 1);
    const LayerRead read = reader.read(page, lsn);
    take(read);
    if (also != nullptr) also->take(read);
  }
}

}  // namespace lsmkit
