#include "lsmkit/layered/slice_mass.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "lsmkit/bytes/error.h"

namespace lsmkit {

namespace {

__extension__ using Wide = unsigned __int128;

std::vector<PageNumber> checked(std::vector<PageNumber> bounds) {
  ensure(bounds.size() >= 2 && bounds.front() == 0 && bounds.back() <= kMostPages,
         "slices of pages go from page 0 to at most 2^40");
  for (size_t i = 0; i + 1 < bounds.size(); ++i)
    ensure(bounds[i] < bounds[i + 1], "a slice of pages ends above where it begins");
  return bounds;
}

}  // namespace

SliceMass::SliceMass(std::vector<PageNumber> bounds) : bounds_(checked(std::move(bounds))) {
  owed_.resize(slice_count(), 0);
  sums_.push_back(std::make_unique<uint64_t[]>(bounds_.size()));
}

size_t SliceMass::slice_of(PageNumber page) const {
  const auto behind = std::upper_bound(bounds_.begin(), bounds_.end(), page);
  return static_cast<size_t>(behind - bounds_.begin()) - 1;
}

uint64_t SliceMass::add(std::span<const double> page_bytes) {
  auto sums = std::make_unique_for_overwrite<uint64_t[]>(bounds_.size());
  const uint64_t* const before = sums_.back().get();
  sums[0] = 0;
  double carried = 0;  // owed to all slices so far
  for (size_t i = 0; i < slice_count(); ++i) {
    const auto width = static_cast<double>(pages(i).size());
    uint64_t whole = 0;
    if (page_bytes[i] > 0) {
      owed_[i] += page_bytes[i];
      whole = static_cast<uint64_t>(std::max(0.0, std::floor(owed_[i] + carried / width + .5)));
      owed_[i] -= static_cast<double>(whole);
    }
    carried += owed_[i] * width;
    sums[i + 1] = sums[i] + before[i + 1] - before[i] + whole * pages(i).size();
  }
  const uint64_t added = sums[slice_count()] - before[slice_count()];
  if (added == 0) return 0;
  ends_.push_back(sums[slice_count()]);
  sums_.push_back(std::move(sums));
  return added;
}

void SliceMass::keep(std::vector<LsnRange> lsns) {
  lsns.push_back({end(), end() + 1});
  std::sort(lsns.begin(), lsns.end(),
            [](const LsnRange& a, const LsnRange& b) { return a.begin < b.begin; });
  std::vector<Lsn> ends{0};
  std::vector<std::unique_ptr<uint64_t[]>> sums;
  sums.push_back(std::move(sums_[0]));
  size_t taken = 0;
  for (const LsnRange& range : lsns) {
    size_t at = std::max(taken + 1, whole_slices(range.begin));
    for (; at < ends_.size() && ends_[at - 1] < range.end; ++at) {
      ends.push_back(ends_[at]);
      sums.push_back(std::move(sums_[at]));
      taken = at;
    }
  }
  ends_ = std::move(ends);
  sums_ = std::move(sums);
}

size_t SliceMass::whole_slices(Lsn lsn) const {
  const auto above = std::upper_bound(ends_.begin(), ends_.end(), lsn);
  return static_cast<size_t>(above - ends_.begin()) - 1;
}

uint64_t SliceMass::page_bytes_at(size_t slice, size_t log_slices) const {
  const uint64_t* const sums = sums_[log_slices].get();
  return (sums[slice + 1] - sums[slice]) / pages(slice).size();
}

uint64_t SliceMass::page_bytes(size_t slice, Lsn lsn) const {
  const size_t whole = whole_slices(lsn);
  const uint64_t begin = page_bytes_at(slice, whole);
  if (ends_[whole] == lsn || whole + 1 == ends_.size()) return begin;
  const Wide added = page_bytes_at(slice, whole + 1) - begin;
  return begin +
         static_cast<uint64_t>(added * (lsn - ends_[whole]) / (ends_[whole + 1] - ends_[whole]));
}

uint64_t SliceMass::bytes_before(PageNumber page, size_t slice, size_t log_slices) const {
  const uint64_t before = sums_[log_slices][slice];
  if (page == bounds_[slice]) return before;
  return before + (page - bounds_[slice]) * page_bytes_at(slice, log_slices);
}

uint64_t SliceMass::bytes(const PageRange& all_pages, const LsnRange& lsns) const {
  const PageRange box{all_pages.begin, std::min(all_pages.end, bounds_.back())};
  if (box.begin >= box.end || lsns.begin >= lsns.end) return 0;
  const size_t first = slice_of(box.begin), last = slice_of(box.end - 1);
  const size_t low = whole_slices(lsns.begin), high = whole_slices(lsns.end);
  const bool whole = ends_[low] == lsns.begin && (ends_[high] == lsns.end || lsns.end > end());
  if (whole) {
    const auto within = [&](size_t log_slices) {
      const uint64_t up_to = box.end == bounds_[last + 1] ? sums_[log_slices][last + 1]
                                                          : bytes_before(box.end, last, log_slices);
      return up_to - bytes_before(box.begin, first, log_slices);
    };
    return within(high) - within(low);
  }
  uint64_t sum = 0;
  for (size_t slice = first; slice <= last; ++slice) {
    const PageRange part{std::max(box.begin, bounds_[slice]),
                         std::min(box.end, bounds_[slice + 1])};
    sum += part.size() * page_bytes(slice, lsns);
  }
  return sum;
}

Lsn SliceMass::lsn_at(size_t slice, uint64_t page_bytes) const {
  size_t low = 0, high = ends_.size();  // the slices of the log at whose end it has no more
  while (high - low > 1) {
    const size_t middle = low + (high - low) / 2;
    (page_bytes_at(slice, middle) <= page_bytes ? low : high) = middle;
  }
  if (high == ends_.size()) return end();
  const uint64_t begin = page_bytes_at(slice, low);
  const uint64_t added = page_bytes_at(slice, high) - begin;
  const uint64_t height = ends_[high] - ends_[low];
  const Wide above = Wide{page_bytes - begin + 1} * height;  // over `added`: one byte too many
  return ends_[low] + static_cast<uint64_t>((above + added - 1) / added) - 1;
}

PageNumber SliceMass::page_at(const PageRange& all_pages, const LsnRange& lsns,
                              uint64_t byte) const {
  const PageRange box{all_pages.begin, std::min(all_pages.end, bounds_.back())};
  size_t low = slice_of(box.begin), high = slice_of(box.end - 1);  // it is in one of these
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    if (bytes({box.begin, bounds_[middle + 1]}, lsns) <= byte)
      low = middle + 1;
    else
      high = middle;
  }
  const PageNumber begin = std::max(box.begin, bounds_[low]);
  return begin + (byte - bytes({box.begin, begin}, lsns)) / page_bytes(low, lsns);
}

uint64_t SliceMass::allocated_bytes() const {
  return sums_.size() * bounds_.size() * sizeof(uint64_t) + sums_.capacity() * sizeof(void*) +
         (ends_.capacity() + bounds_.capacity() + owed_.capacity()) * sizeof(uint64_t);
}

}  // namespace lsmkit
