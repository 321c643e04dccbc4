// What a table's meta says about its entries, gathered as they go in: the same for engine and
// simulator.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lsmkit/bytes/key.h"
#include "lsmkit/version/table_meta.h"

namespace lsmkit {

// Chooses at most kMaxKeySamples keys, evenly spaced by weight, without knowing the total: samples
// stand about one stride apart, and when there are too many the stride doubles.
class KeySampler {
 public:
  void add(std::string_view key, uint64_t weight_before);
  std::vector<KeySample> take() { return std::move(samples_); }

 private:
  void thin();

  uint64_t stride_ = 1024;
  std::vector<KeySample> samples_;
};

class TableSummary {
 public:
  explicit TableSummary(TableNumber number) { meta_.number = number; }

  void add(const Entry& entry);
  uint64_t weight() const { return meta_.weight; }
  uint64_t entry_count() const { return meta_.entry_count; }

  // Complete but for id, file_bytes, codec and created_us. Requires: an entry was added.
  TableMeta take();

 private:
  TableMeta meta_;
  KeySampler sampler_;
};

}  // namespace lsmkit
