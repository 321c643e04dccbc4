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
template <class Keys>
class KeySampler {
 public:
  // Asked for each entry, with the weight of those before it: whether its key is a sample.
  bool wants(uint64_t weight_before) const { return weight_before >= next_weight_; }
  void add(const Keys& keys, typename Keys::Key key, uint64_t weight_before) {
    keys.keep(samples_.emplace_back().key, key);
    samples_.back().weight_before = weight_before;
    while (samples_.size() > kMaxKeySamples) thin();
    next_weight_ = (samples_.back().weight_before / stride_ + 1) * stride_;
  }
  // So much may come before it has to be asked again.
  uint64_t weight_to_next(uint64_t weight_before) const {
    return next_weight_ > weight_before ? next_weight_ - weight_before : 0;
  }
  std::vector<KeySample> take(const Keys& keys) const {
    std::vector<KeySample> out;
    for (const Sample& sample : samples_) {
      const std::string_view key = keys.bytes(keys.key_of(sample.key));
      out.push_back({std::string(key.substr(0, kMaxSampleBytes)), sample.weight_before});
    }
    return out;
  }

 private:
  struct Sample {
    typename Keys::Kept key{};
    uint64_t weight_before = 0;
  };

  void thin() {
    stride_ *= 2;
    size_t kept = 1;
    for (size_t i = 1; i < samples_.size(); ++i) {
      const uint64_t last = samples_[kept - 1].weight_before / stride_;
      if (samples_[i].weight_before / stride_ == last) continue;
      if (kept != i) samples_[kept] = std::move(samples_[i]);
      ++kept;
    }
    samples_.resize(kept);
  }

  uint64_t stride_ = 1024;
  uint64_t next_weight_ = 0;
  std::vector<Sample> samples_;
};

// Of a stretch of entries (merge_tables.h), as they go out.
struct StretchSeqnos {
  Seqno first = 0;
  Seqno last = 0;
  Seqno smallest = 0;
  Seqno largest = 0;
  uint64_t zeroed = 0;  // so many were not 0 before
};

template <class Keys>
class TableSummary {
 public:
  TableSummary(const Keys& keys, TableNumber number) : keys_(keys) { meta_.number = number; }

  void add(const typename Keys::Entry& entry) {
    if (sampler_.wants(meta_.weight)) sampler_.add(keys_, entry.key, meta_.weight);
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
  // Entries from source's next on, as add() of each; see merge_tables.h.
  template <class Source>
  void add_stretch(const Source& source, size_t count, const StretchSeqnos& seqnos) {
    const uint64_t weight = source.stretch_weight();
    if (meta_.entry_count == 0) {
      meta_.smallest = {std::string(keys_.bytes(source.key())), seqnos.first, Kind::kPut, false};
      meta_.smallest_seqno = seqnos.first;
    }
    for (size_t i = 0; i < count;) {
      if (sampler_.wants(meta_.weight)) sampler_.add(keys_, source.key_ahead(i), meta_.weight);
      const uint64_t room = std::max(sampler_.weight_to_next(meta_.weight), weight);
      const size_t until = std::min<size_t>(count - i, (room + weight - 1) / weight);
      meta_.weight += until * weight;
      i += until;
    }
    meta_.smallest_seqno = std::min(meta_.smallest_seqno, seqnos.smallest);
    meta_.largest_seqno = std::max(meta_.largest_seqno, seqnos.largest);
    keys_.keep(last_key_, source.key_ahead(count - 1));
    meta_.largest.seqno = seqnos.last;
    meta_.largest.kind = Kind::kPut;
    const auto entry = keys_.entry_at(source);
    meta_.key_bytes += count * keys_.key_bytes(entry);
    meta_.value_bytes += count * keys_.value_bytes(entry);
    meta_.entry_count += count;
  }
  uint64_t weight() const { return meta_.weight; }

  // Complete but for id, file_bytes, codec and created_us. Requires: an entry was added.
  TableMeta take() {
    meta_.largest.key = keys_.bytes(keys_.key_of(last_key_));
    meta_.samples = sampler_.take(keys_);
    return std::move(meta_);
  }

 private:
  const Keys keys_;
  TableMeta meta_;
  typename Keys::Kept last_key_{};  // assigned each time, which reuses its room
  KeySampler<Keys> sampler_;
};

}  // namespace lsmkit
