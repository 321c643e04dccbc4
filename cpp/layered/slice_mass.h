// How many bytes of records there are, not which: per slice of the pages and slice of the log. It
// is all that the fidelity by slices knows.
//
// The log is sliced by its flushes. The pages of a slice are taken as alike: each has the same
// whole number of bytes, so a box that is cut between two pages has a whole number too, and the
// parts of a box together have what it has, to the byte. Sums up to each slice are kept, so a box
// costs what its corners cost.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "lsmkit/layered/layer.h"

namespace lsmkit {

class SliceMass {
 public:
  // Where slices begin, and where the last one ends. Throws InvalidArgument: from 0 on, ascending.
  explicit SliceMass(std::vector<PageNumber> bounds);

  std::span<const PageNumber> bounds() const { return bounds_; }
  size_t slice_count() const { return bounds_.size() - 1; }
  PageRange pages(size_t slice) const { return {bounds_[slice], bounds_[slice + 1]}; }
  // Requires: page < bounds().back().
  size_t slice_of(PageNumber page) const;

  // Goes on with the log: so many bytes for each page, by slice of the pages. Rounded, so that what
  // all slices up to any one have got is right to within half a byte for each page of that one.
  // Returns what it came to; if nothing, the log is what it was.
  uint64_t add(std::span<const double> page_bytes);
  // Slices of the log of which nothing lies in one of these are joined, so that they take no
  // memory: of parts of them nothing is known any more.
  void keep(std::vector<LsnRange> lsns);
  // The slices of the log: where they end, from 0 on.
  std::span<const Lsn> ends() const { return ends_; }
  Lsn end() const { return ends_.back(); }

  // In a box. Inside a slice of the log a page's bytes come evenly.
  uint64_t bytes(const PageRange& pages, const LsnRange& lsns) const;
  // Of each page of a slice, below the LSN.
  uint64_t page_bytes(size_t slice, Lsn lsn) const;
  uint64_t page_bytes(size_t slice, const LsnRange& lsns) const {
    return page_bytes(slice, lsns.end) - page_bytes(slice, lsns.begin);
  }
  // The highest LSN below which a page of the slice has at most so many bytes.
  Lsn lsn_at(size_t slice, uint64_t page_bytes) const;
  // The page of the box's n-th byte, counted page by page. Requires: byte < bytes(pages, lsns).
  PageNumber page_at(const PageRange& pages, const LsnRange& lsns, uint64_t byte) const;

  uint64_t allocated_bytes() const;

 private:
  // Slices of the log that end at or below the LSN.
  size_t whole_slices(Lsn lsn) const;
  uint64_t page_bytes_at(size_t slice, size_t log_slices) const;
  // Of all pages before, at the end of so many slices of the log. Requires: slice_of(page) = slice.
  uint64_t bytes_before(PageNumber page, size_t slice, size_t log_slices) const;

  const std::vector<PageNumber> bounds_;
  std::vector<Lsn> ends_{0};
  // By slice of the log, by bound: bytes below its end of all pages before the bound.
  std::vector<std::unique_ptr<uint64_t[]>> sums_;
  std::vector<double> owed_;  // to each page of a slice, by rounding
};

}  // namespace lsmkit
