// Figures of reads are those of a sorted list of them all, in memory that does not grow with them.
#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>
#include <vector>

#include "lsmkit/layered/read_costs.h"
#include "lsmkit/numbers/random.h"

using namespace lsmkit;

TEST_CASE("W5.10: mean, 99th percentile and most of counted values are those of the sorted list") {
  Random random(5);
  CHECK(ValueCounts().figure() == ReadFigure{});
  for (int trial = 0; trial < 60; ++trial) {
    ValueCounts counts;
    std::vector<uint64_t> all(1 + random.below(trial % 3 == 0 ? 60'000 : 300));
    const uint64_t most = 1 + random.below(trial % 2 == 0 ? 20 : 1'000'000);
    for (size_t i = 0; i < all.size(); ++i) {
      counts.add(all[i] = random.below(most));
      if (random.below(5'000) == 0) counts.figure();  // looking changes nothing
    }
    std::sort(all.begin(), all.end());
    const double sum = std::accumulate(all.begin(), all.end(), 0.0);
    const size_t due = (all.size() * 99 + 99) / 100;
    const ReadFigure figure = counts.figure();
    CHECK(figure.mean == doctest::Approx(sum / static_cast<double>(all.size())));
    CHECK(figure.p99 == all[due - 1]);
    CHECK(figure.most == all.back());
  }
}

TEST_CASE("millions of reads take the memory of the few ways in which they cost") {
  ReadCosts costs;
  Random random(6);
  for (int i = 0; i < 1'000'000; ++i) {
    LayerRead read;
    read.layers_opened = static_cast<uint32_t>(random.below(10));
    read.records = random.below(500);
    read.bytes = read.records * 1'000;
    costs.take(read);
  }
  CHECK(costs.reads() == 1'000'000);
  CHECK(costs.figures().reads == 1'000'000);
  CHECK(costs.figures().bytes.mean == doctest::Approx(costs.figures().records.mean * 1'000));
  CHECK(costs.allocated_bytes() < 1 << 20);
}
