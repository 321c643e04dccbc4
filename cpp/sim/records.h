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

class Records {
 public:
  void push_back(const SimRecord& record) {
    has_repeats_ |= !ranks_.empty() && ranks_.back() == record.key;
    ranks_.push_back(record.key);
    seqnos_.push_back(record.seqno);
    kinds_.push_back(record.kind);
    value_bytes_.push_back(record.value_bytes);
  }
  // Puts of different keys, out of `other`; those with seqnos up to `zeroed_up_to` get 0.
  void append_puts(const Records& other, size_t begin, size_t count, Seqno zeroed_up_to) {
    has_repeats_ |= !ranks_.empty() && ranks_.back() == other.ranks_[begin];
    const auto first = other.ranks_.begin() + static_cast<ptrdiff_t>(begin);
    ranks_.insert(ranks_.end(), first, first + static_cast<ptrdiff_t>(count));
    if (zeroed_up_to == 0) {
      seqnos_.append(other.seqnos_, begin, count);
    } else if (other.seqnos(begin, count, zeroed_up_to).largest == 0) {
      seqnos_.append(Seqno{0}, count);
    } else {
      for (size_t i = begin; i < begin + count; ++i) {
        const Seqno seqno = other.seqnos_[i];
        seqnos_.push_back(seqno <= zeroed_up_to ? 0 : seqno);
      }
    }
    kinds_.append(Kind::kPut, count);
    value_bytes_.append(other.value_bytes_, begin, count);
  }
  void clear() {
    ranks_.clear();
    has_repeats_ = false;
    seqnos_.clear();
    kinds_.clear();
    value_bytes_.clear();
  }
  // Of `count` records, once those up to `zeroed_up_to` are 0. Requires: there is one.
  StretchSeqnos seqnos(size_t begin, size_t count, Seqno zeroed_up_to) const {
    const auto after = [zeroed_up_to](Seqno seqno) { return seqno <= zeroed_up_to ? 0 : seqno; };
    StretchSeqnos out;
    out.first = out.smallest = out.largest = after(seqnos_[begin]);
    out.last = after(seqnos_[begin + count - 1]);
    const std::span<const Seqno> seqnos = seqnos_.some(begin, count);
    if (seqnos.empty()) {
      out.zeroed = out.first == 0 && seqnos_[begin] != 0 ? count : 0;
      return out;
    }
    for (const Seqno seqno : seqnos) {
      out.smallest = std::min(out.smallest, after(seqno));
      out.largest = std::max(out.largest, after(seqno));
      out.zeroed += seqno != 0 && seqno <= zeroed_up_to;
    }
    return out;
  }
  // Puts of different keys, all values equally long.
  bool are_alike() const {
    return !has_repeats_ && kinds_.is_constant() && value_bytes_.is_constant() && size() > 0 &&
           kind(0) == Kind::kPut;
  }
  // How many from `begin` on have ranks below `end`.
  size_t count_below(size_t begin, uint64_t end) const {
    size_t step = 1, low = begin;  // all before low are below
    while (low + step <= ranks_.size() && ranks_[low + step - 1] < end) {
      low += step;
      step *= 2;
    }
    const auto high = ranks_.begin() + static_cast<ptrdiff_t>(std::min(low + step, ranks_.size()));
    const auto found = std::partition_point(ranks_.begin() + static_cast<ptrdiff_t>(low), high,
                                            [end](KeyRank rank) { return rank < end; });
    return static_cast<size_t>(found - ranks_.begin()) - begin;
  }
  size_t size() const { return ranks_.size(); }
  bool has_repeats() const { return has_repeats_; }
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
  Kind kind(size_t i) const { return kinds_[i]; }
  uint32_t value_bytes(size_t i) const { return value_bytes_[i]; }

  void shrink() {
    ranks_.shrink_to_fit();
    seqnos_.shrink();
    kinds_.shrink();
    value_bytes_.shrink();
  }
  uint64_t allocated_bytes() const {
    return ranks_.capacity() * sizeof(KeyRank) + seqnos_.allocated_bytes() +
           kinds_.allocated_bytes() + value_bytes_.allocated_bytes();
  }

 private:
  std::vector<KeyRank> ranks_;
  bool has_repeats_ = false;
  Column<Seqno> seqnos_;
  Column<Kind> kinds_;
  Column<uint32_t> value_bytes_;
};

}  // namespace lsmkit
