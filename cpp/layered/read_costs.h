// What reads of a layered store cost: means, 99th percentiles and the most, all exact.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "lsmkit/layered/layer_read.h"

namespace lsmkit {

struct ReadFigure {
  double mean = 0;
  uint64_t p99 = 0;
  uint64_t most = 0;
  bool operator==(const ReadFigure&) const = default;
};

struct ReadFigures {
  uint64_t reads = 0;
  ReadFigure layers_opened;
  ReadFigure layers_holding;
  ReadFigure records;
  ReadFigure bytes;
  bool operator==(const ReadFigures&) const = default;
};

// How often each value came. Memory goes with how many different ones there are, not with how many
// came: reads cost much alike.
class ValueCounts {
 public:
  void add(uint64_t value) {
    fresh_.push_back(value);
    if (fresh_.size() == kMostFresh) settle();
  }
  ReadFigure figure() const;
  uint64_t allocated_bytes() const {
    return fresh_.capacity() * sizeof(uint64_t) + counts_.capacity() * sizeof(Count);
  }

 private:
  using Count = std::pair<uint64_t, uint64_t>;  // a value, and how often it came
  static constexpr size_t kMostFresh = size_t{1} << 14;

  std::vector<Count> counts_with_fresh() const;
  void settle();

  std::vector<uint64_t> fresh_;  // not counted yet
  std::vector<Count> counts_;    // by value
};

class ReadCosts {
 public:
  void take(const LayerRead& read);
  uint64_t reads() const { return reads_; }
  ReadFigures figures() const;
  uint64_t allocated_bytes() const;

 private:
  uint64_t reads_ = 0;
  ValueCounts layers_opened_;
  ValueCounts layers_holding_;
  ValueCounts records_;
  ValueCounts bytes_;
};

}  // namespace lsmkit
