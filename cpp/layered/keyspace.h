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
  // Requires: in order, disjoint, none empty. Throws InvalidArgument above kMostPages.
  void add(std::span<const PageRange> ranges);

  bool covers(const PageRange& range) const;
  uint64_t page_count() const { return page_count_; }
  uint64_t page_count(const PageRange& range) const;
  uint64_t bytes(const PageRange& range) const { return page_count(range) * kPageBytes; }
  std::span<const PageRange> ranges() const { return ranges_; }

 private:
  // The first range that ends above the page.
  std::vector<PageRange>::const_iterator first_above(PageNumber page) const;

  std::vector<PageRange> ranges_;
  uint64_t page_count_ = 0;
};

}  // namespace lsmkit
