// A copy of a block of keys, and their order: what is done in the order of keys finds its
// neighbours' tree nodes and blocks in the processor's caches, several times as fast.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "rows.h"

namespace lsmkit {

class SortedKeys {
 public:
  // Requires: first + count <= keys.count().
  SortedKeys(const Rows& keys, size_t first, size_t count);

  size_t count() const { return places_.size(); }
  // The numbers of the rows, counted from `first`, in the order of their keys; of equal keys the
  // first row first.
  uint32_t row(size_t rank) const { return places_[rank].row; }
  std::string_view key(size_t row) const {
    return {bytes_.data() + begins_[row], begins_[row + 1] - begins_[row]};
  }
  // The keys of some ranks, in order.
  std::span<const std::string_view> keys(size_t rank, size_t count) const {
    return std::span(sorted_).subspan(rank, count);
  }

 private:
  struct Place {
    uint64_t digits;  // of the key: 8 bytes behind what all have in common
    uint32_t row;
  };
  void copy(const Rows& keys, size_t first, size_t count);
  size_t common_prefix() const;
  bool in_order() const;
  void sort_by_digits();
  void sort_ties();

  std::vector<char> bytes_;
  std::vector<size_t> begins_;
  std::vector<Place> places_;
  std::vector<std::string_view> sorted_;
};

}  // namespace lsmkit
