#include "lsmkit/layered/read_sampler.h"

#include <algorithm>
#include <numeric>

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

ReadFigure figure_of(const std::vector<uint64_t>& all, uint64_t first) {
  std::vector<uint64_t> values(all.begin() + static_cast<ptrdiff_t>(first), all.end());
  if (values.empty()) return {};
  const auto count = static_cast<double>(values.size());
  const auto sum = std::accumulate(values.begin(), values.end(), uint64_t{0});
  // The smallest that 99 of 100 do not exceed.
  const auto rank = (values.size() * 99 + 99) / 100 - 1;
  const auto p99 = values.begin() + static_cast<ptrdiff_t>(rank);
  std::nth_element(values.begin(), p99, values.end());
  return {static_cast<double>(sum) / count, *p99, *std::max_element(p99, values.end())};
}

}  // namespace

void ReadSampler::sample(const LayeredRun& run, uint64_t reads, ReadAt at) {
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
    take(reader.read(page, lsn));
  }
}

void ReadSampler::take(const LayerRead& read) {
  layers_opened_.push_back(read.layers_opened);
  layers_holding_.push_back(read.layers_holding);
  records_.push_back(read.records);
  bytes_.push_back(read.bytes);
}

ReadFigures ReadSampler::figures(uint64_t first) const {
  return {reads() - first, figure_of(layers_opened_, first), figure_of(layers_holding_, first),
          figure_of(records_, first), figure_of(bytes_, first)};
}

}  // namespace lsmkit
