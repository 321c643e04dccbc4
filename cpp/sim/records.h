// The records of a modelled table as columns. A column whose values are all equal costs nothing.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "lsmkit/bytes/key.h"
#include "lsmkit/rules/table_summary.h"
#include "lsmkit/sim/key_universe.h"

namespace lsmkit {

struct SimRecord {
  KeyRank key = 0;
  Seqno seqno = 0;
  Kind kind = Kind::kPut;
  uint32_t value_bytes = 0;
};

// Values of one field; as long as they are equal only how many there are.
template <class T>
class Column {
 public:
  void push_back(T value) {
    if (size_ == 0) first_ = value;
    if (values_.empty() && value == first_) {
      ++size_;
      return;
    }
    if (values_.empty()) values_.assign(size_, first_);
    values_.push_back(value);
    ++size_;
  }
  void append(const Column& other, size_t begin, size_t count) {
    const std::span<const T> values = other.some(begin, count);
    if (values.empty())
      append(other.first_, count);
    else
      append(values);
  }
  void append(T value, size_t count) {
    if (count == 0) return;
    if (size_ == 0) first_ = value;
    if (values_.empty() && value == first_) {
      size_ += count;
      return;
    }
    if (values_.empty()) values_.assign(size_, first_);
    values_.insert(values_.end(), count, value);
    size_ += count;
  }
  void append(std::span<const T> values) {
    size_t i = 0;
    if (values_.empty())
      while (i < values.size() && (size_ == 0 || values[i] == first_)) push_back(values[i++]);
    if (i == values.size()) return;
    if (values_.empty()) values_.assign(size_, first_);
    values_.insert(values_.end(), values.begin() + static_cast<ptrdiff_t>(i), values.end());
    size_ = values_.size();
  }
  void clear() {
    size_ = 0;
    values_.clear();
  }
  bool is_constant() const { return values_.empty(); }
  // Empty if all are equal.
  std::span<const T> some(size_t begin, size_t count) const {
    return values_.empty() ? std::span<const T>() : std::span(values_).subspan(begin, count);
  }
  void shrink() { values_.shrink_to_fit(); }
  T operator[](size_t i) const { return values_.empty() ? first_ : values_[i]; }
  uint64_t allocated_bytes() const { return values_.capacity() * sizeof(T); }

 private:
  size_t size_ = 0;
  T first_{};
  std::vector<T> values_;
};

// How many from `begin` on are below `end`. Quick if they are few.
inline size_t count_ranks_below(std::span<const KeyRank> ranks, size_t begin, uint64_t end) {
  size_t step = 1, low = begin;  // all before low are below
  while (low + step <= ranks.size() && ranks[low + step - 1] < end) {
    low += step;
    step *= 2;
  }
  const auto high = ranks.begin() + static_cast<ptrdiff_t>(std::min(low + step, ranks.size()));
  const auto found = std::partition_point(ranks.begin() + static_cast<ptrdiff_t>(low), high,
                                          [end](KeyRank rank) { return rank < end; });
  return static_cast<size_t>(found - ranks.begin()) - begin;
}

// Once those up to `zeroed_up_to` are 0. Requires: there is one.
inline StretchSeqnos stretch_seqnos(std::span<const Seqno> seqnos, Seqno zeroed_up_to) {
  const auto after = [zeroed_up_to](Seqno seqno) { return seqno <= zeroed_up_to ? 0 : seqno; };
  StretchSeqnos out;
  out.first = out.smallest = out.largest = after(seqnos.front());
  out.last = after(seqnos.back());
  for (const Seqno seqno : seqnos) {
    out.smallest = std::min(out.smallest, after(seqno));
    out.largest = std::max(out.largest, after(seqno));
    out.zeroed += seqno != 0 && seqno <= zeroed_up_to;
  }
  return out;
}

class Records {
 public:
  void push_back(const SimRecord& record) {
    note_repeat(record.key);
    ranks_.push_back(record.key);
    seqnos_.push_back(record.seqno);
    kinds_.push_back(record.kind);
    value_bytes_.push_back(record.value_bytes);
  }
  // Puts of different keys, out of `other`; those with seqnos up to
  // `zeroed_up_to` get 0.
  void append_puts(const Records& other, size_t begin, size_t count, Seqno zeroed_up_to) {
    append_ranks(std::span(other.ranks_).subspan(begin, count));
    const std::span<const Seqno> seqnos = other.seqnos_.some(begin, count);
    if (seqnos.empty()) {
      const Seqno same = other.seqnos_[begin];
      seqnos_.append(same <= zeroed_up_to ? 0 : same, count);
    } else {
      append_seqnos(seqnos, zeroed_up_to);
    }
    kinds_.append(Kind::kPut, count);
    value_bytes_.append(other.value_bytes_, begin, count);
  }
  // Likewise, with values of one length.
  void append_puts(std::span<const KeyRank> ranks, std::span<const Seqno> seqnos,
                   uint32_t value_bytes, Seqno zeroed_up_to) {
    append_ranks(ranks);
    append_seqnos(seqnos, zeroed_up_to);
    kinds_.append(Kind::kPut, ranks.size());
    value_bytes_.append(value_bytes, ranks.size());
  }
  void clear() {
    ranks_.clear();
    repeats_.clear();
    seqnos_.clear();
    kinds_.clear();
    value_bytes_.clear();
  }
  // Of `count` records, once those up to `zeroed_up_to` are 0. Requires: there
  // is one.
  StretchSeqnos seqnos(size_t begin, size_t count, Seqno zeroed_up_to) const {
    const std::span<const Seqno> seqnos = seqnos_.some(begin, count);
    if (!seqnos.empty()) return stretch_seqnos(seqnos, zeroed_up_to);
    const Seqno same = seqnos_[begin];
    StretchSeqnos out = stretch_seqnos({&same, 1}, zeroed_up_to);
    out.zeroed *= count;
    return out;
  }
  // Puts, all values equally long.
  bool are_alike() const {
    return kinds_.is_constant() && value_bytes_.is_constant() && size() > 0 &&
           kind(0) == Kind::kPut;
  }
  // How many from `begin` on have ranks below `end`.
  size_t count_below(size_t begin, uint64_t end) const {
    return count_ranks_below(ranks_, begin, end);
  }
  // The first from `begin` on that has the rank of the one before it; size():
  // none.
  size_t next_repeat(size_t begin) const {
    if (repeats_.empty()) return size();
    const auto next = std::lower_bound(repeats_.begin(), repeats_.end(), begin);
    return next == repeats_.end() ? size() : *next;
  }
  size_t size() const { return ranks_.size(); }
  bool has_repeats() const { return !repeats_.empty(); }
  // Where the records of `rank` begin, or would.
  size_t first_of(KeyRank rank) const {
    return static_cast<size_t>(std::lower_bound(ranks_.begin(), ranks_.end(), rank) -
                               ranks_.begin());
  }
  SimRecord operator[](size_t i) const {
    return {ranks_[i], seqnos_[i], kinds_[i], value_bytes_[i]};
  }
  KeyRank rank(size_t i) const { return ranks_[i]; }
  Seqno seqno(size_t i) const { return seqnos_[i]; }
  // Empty if all are equal.
  std::span<const Seqno> seqnos() const { return seqnos_.some(0, size()); }
  std::span<const KeyRank> ranks() const { return ranks_; }
  Kind kind(size_t i) const { return kinds_[i]; }
  uint32_t value_bytes(size_t i) const { return value_bytes_[i]; }

  void shrink() {
    ranks_.shrink_to_fit();
    seqnos_.shrink();
    kinds_.shrink();
    value_bytes_.shrink();
  }
  uint64_t allocated_bytes() const {
    return ranks_.capacity() * sizeof(KeyRank) + repeats_.capacity() * sizeof(uint32_t) +
           seqnos_.allocated_bytes() + kinds_.allocated_bytes() + value_bytes_.allocated_bytes();
  }

 private:
  void note_repeat(KeyRank rank) {
    if (!ranks_.empty() && ranks_.back() == rank)
      repeats_.push_back(static_cast<uint32_t>(ranks_.size()));
  }
  void append_ranks(std::span<const KeyRank> ranks) {
    note_repeat(ranks.front());
    ranks_.insert(ranks_.end(), ranks.begin(), ranks.end());
  }
  void append_seqnos(std::span<const Seqno> seqnos, Seqno zeroed_up_to) {
    if (zeroed_up_to == 0) {
      seqnos_.append(seqnos);
    } else if (*std::max_element(seqnos.begin(), seqnos.end()) <= zeroed_up_to) {
      seqnos_.append(Seqno{0}, seqnos.size());
    } else {
      for (const Seqno seqno : seqnos) seqnos_.push_back(seqno <= zeroed_up_to ? 0 : seqno);
    }
  }

  std::vector<KeyRank> ranks_;
  std::vector<uint32_t> repeats_;  // where a rank is that of the record before
  Column<Seqno> seqnos_;
  Column<Kind> kinds_;
  Column<uint32_t> value_bytes_;
};

}  // namespace lsmkit
