// The plainest cursor there is: entries in a sorted vector. Others are held against it.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "lsmkit/iter/cursor.h"

namespace lsmkit::test {

struct OwnedEntry {
  std::string key;
  Seqno seqno = 0;
  Kind kind = Kind::kPut;
  std::string value;
  bool operator==(const OwnedEntry&) const = default;
};

inline bool operator<(const OwnedEntry& a, const OwnedEntry& b) {
  return compare_internal(a.key, a.seqno, b.key, b.seqno) < 0;
}

class VectorCursor {
 public:
  explicit VectorCursor(const std::vector<OwnedEntry>& sorted)
      : entries_(&sorted), at_(sorted.size()) {}
  bool valid() const { return at_ < entries_->size(); }
  void seek_to_first() { at_ = 0; }
  void seek_to_last() { at_ = entries_->size() - 1; }  // wraps to nowhere if empty
  void seek(std::string_view key, Seqno seqno) {
    const OwnedEntry target{std::string(key), seqno, Kind::kPut, {}};
    at_ = static_cast<size_t>(std::lower_bound(entries_->begin(), entries_->end(), target) -
                              entries_->begin());
  }
  void next() { ++at_; }
  void prev() { --at_; }  // wraps to nowhere below the first
  std::string_view key() const { return (*entries_)[at_].key; }
  Seqno seqno() const { return (*entries_)[at_].seqno; }
  Kind kind() const { return (*entries_)[at_].kind; }
  std::string_view value() const { return (*entries_)[at_].value; }

 private:
  const std::vector<OwnedEntry>* entries_;
  size_t at_;
};

template <class C>
OwnedEntry owned(const C& c) {
  return {std::string(c.key()), c.seqno(), c.kind(), std::string(c.value())};
}

}  // namespace lsmkit::test
