// What a table's meta says about its entries, gathered as they go in: the same for engine and
// simulator.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lsmkit/bytes/key.h"
#include "lsmkit/rules/merge_keys.h"
#include "lsmkit/version/table_meta.h"

namespace lsmkit {

// Chooses at most kMaxKeySamples keys, evenly spaced by weight, without knowing the total: samples
// stand about one stride apart, and when there are too many the stride doubles.
class KeySampler {
 public:
  // Asked for each entry, with the weight of those before it: whether its key is a sample.
  bool wants(uint64_t weight_before) const { return weight_before >= next_weight_; }
  void add(std::string_view key, uint64_t weight_before);
  std::vector<KeySample> take() { return std::move(samples_); }

 private:
  void thin();

  uint64_t stride_ = 1024;
  uint64_t next_weight_ = 0;
  std::vector<KeySample> samples_;
};

template <class Keys>
class TableSummary {
 public:
  TableSummary(const Keys& keys, TableNumber number) : keys_(keys) { meta_.number = number; }

  void add(const typename Keys::Entry& entry) {
    if (sampler_.wants(meta_.weight)) sampler_.add(keys_.bytes(entry.key), meta_.weight);
    if (meta_.entry_count == 0) {
      meta_.smallest = {std::string(keys_.bytes(entry.key)), entry.seqno, entry.kind, false};
      meta_.smallest_seqno = entry.seqno;
    }
    keys_.keep(last_key_, entry.key);
    meta_.largest.seqno = entry.seqno;
    meta_.largest.kind = entry.kind;
    meta_.smallest_seqno = std::min(meta_.smallest_seqno, entry.seqno);
    meta_.largest_seqno = std::max(meta_.largest_seqno, entry.seqno);
    const size_t key_bytes = keys_.key_bytes(entry);
    const size_t value_bytes = keys_.value_bytes(entry);
    meta_.weight += weight_of(key_bytes, value_bytes);
    meta_.key_bytes += key_bytes;
    meta_.value_bytes += value_bytes;
    ++meta_.entry_count;
    if (entry.kind == Kind::kDelete) ++meta_.tombstone_count;
  }
  uint64_t weight() const { return meta_.weight; }

  // Complete but for id, file_bytes, codec and created_us. Requires: an entry was added.
  TableMeta take() {
    meta_.largest.key = keys_.bytes(keys_.key_of(last_key_));
    meta_.samples = sampler_.take();
    return std::move(meta_);
  }

 private:
  const Keys keys_;
  TableMeta meta_;
  typename Keys::Kept last_key_{};  // assigned each time, which reuses its room
  KeySampler sampler_;
};

}  // namespace lsmkit
