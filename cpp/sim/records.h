// The records of a modelled table as columns. A column whose values are all equal costs nothing.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "lsmkit/bytes/key.h"
#include "lsmkit/sim/key_universe.h"

namespace lsmkit {

struct Record {
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
  T operator[](size_t i) const { return values_.empty() ? first_ : values_[i]; }
  void shrink() { values_.shrink_to_fit(); }
  uint64_t allocated_bytes() const { return values_.capacity() * sizeof(T); }

 private:
  size_t size_ = 0;
  T first_{};
  std::vector<T> values_;
};

class Records {
 public:
  void push_back(const Record& record) {
    ranks_.push_back(record.key);
    seqnos_.push_back(record.seqno);
    kinds_.push_back(record.kind);
    value_bytes_.push_back(record.value_bytes);
  }
  size_t size() const { return ranks_.size(); }
  // Where the records of `rank` begin, or would.
  size_t first_of(KeyRank rank) const {
    return static_cast<size_t>(std::lower_bound(ranks_.begin(), ranks_.end(), rank) -
                               ranks_.begin());
  }
  Record operator[](size_t i) const { return {ranks_[i], seqnos_[i], kinds_[i], value_bytes_[i]}; }
  KeyRank rank(size_t i) const { return ranks_[i]; }
  Seqno seqno(size_t i) const { return seqnos_[i]; }
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
  Column<Seqno> seqnos_;
  Column<Kind> kinds_;
  Column<uint32_t> value_bytes_;
};

}  // namespace lsmkit
