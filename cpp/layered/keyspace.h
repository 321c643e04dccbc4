// Which pages are in use: disjoint ranges in order, none touching the next.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "lsmkit/layered/layer.h"

namespace lsmkit {

class Keyspace {
 public:
  void add(const PageRange& range) { add(std::span(&range, 1)); }
  // Requires: in order, disjoint. Throws InvalidArgument for an empty one and above kMostPages.
  void add(std::span<const PageRange> ranges);
  // As add(). What is not in use stays so.
  void remove(std::span<const PageRange> ranges);

  bool covers(const PageRange& range) const;
  uint64_t page_count() const { return pages_before(kEndOfPages); }
  uint64_t page_count(const PageRange& range) const {
    return pages_before(range.end) - pages_before(range.begin);
  }
  uint64_t bytes(const PageRange& range) const { return page_count(range) * kPageBytes; }
  // The page in use that so many come before. Requires: index < page_count().
  PageNumber page_at(uint64_t index) const;
  std::span<const PageRange> ranges() const { return ranges_; }
  // How often pages came into use or went out of it: while it is the same, so are the pages.
  uint64_t changes() const { return changes_; }

 private:
  // The first range that ends above the page.
  size_t first_above(PageNumber page) const;
  uint64_t pages_before(PageNumber page) const;
  void count();

  std::vector<PageRange> ranges_;
  std::vector<uint64_t> counts_;  // of pages in the range and those before
  uint64_t changes_ = 0;
};

}  // namespace lsmkit
