// Records as one number each, page above and number in the log below, so that the order of numbers
// is the order of a delta: by page, then by LSN. Sorting and merging them is most of the work of a
// simulation.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "lsmkit/layered/layer.h"

namespace lsmkit {

using PackedRecord = uint64_t;

// What a packed record can hold.
inline constexpr PageNumber kMostPackedPages = PageNumber{1} << 32;
inline constexpr uint64_t kMostPackedRecords = uint64_t{1} << 32;

inline PackedRecord packed(PageNumber page, uint64_t record) {
  return page << 32 | record;
}
inline PageNumber page_of(PackedRecord record) {
  return record >> 32;
}
inline uint64_t number_of(PackedRecord record) {
  return record & 0xffffffff;
}

// An array that is never larger than what is in it, and not cleared before it is filled.
class PackedRecords {
 public:
  PackedRecords() = default;
  explicit PackedRecords(size_t size)
      : data_(std::make_unique_for_overwrite<PackedRecord[]>(size)), size_(size) {}

  PackedRecord* data() { return data_.get(); }
  std::span<const PackedRecord> view() const { return {data_.get(), size_}; }
  size_t size() const { return size_; }

 private:
  std::unique_ptr<PackedRecord[]> data_;
  size_t size_ = 0;
};

using PackedSpan = std::span<const PackedRecord>;

// Those of the pages. Requires: sorted.
PackedSpan of_pages(PackedSpan records, const PageRange& pages);

// Sorts records that are in the order of their numbers; `scratch` grows to their size.
void sort_by_page(std::span<PackedRecord> records, std::vector<PackedRecord>& scratch);

// All of them in order. Requires: each sorted, no record twice. `poll` is called now and then, and
// may throw.
PackedRecords merged(std::vector<PackedSpan> pieces, const std::function<void()>& poll = {});

}  // namespace lsmkit
