#include "lsmkit/layered/keyspace.h"

#include <algorithm>
#include <iterator>

#include "lsmkit/bytes/error.h"

namespace lsmkit {

void Keyspace::add(std::span<const PageRange> ranges) {
  if (ranges.empty()) return;
  ensure(ranges.front().begin < ranges.front().end, "a range of pages ends above where it begins");
  ensure(ranges.back().end <= kMostPages, "a layered store has page numbers below 2^40");
  if (ranges.size() == 1 && covers(ranges[0])) return;
  std::vector<PageRange> all;
  all.reserve(ranges_.size() + ranges.size());
  std::merge(ranges_.begin(), ranges_.end(), ranges.begin(), ranges.end(), std::back_inserter(all),
             [](const PageRange& a, const PageRange& b) { return a.begin < b.begin; });
  ranges_.clear();
  page_count_ = 0;
  for (const PageRange& range : all) {
    if (ranges_.empty() || range.begin > ranges_.back().end) {
      ranges_.push_back(range);
      page_count_ += range.size();
    } else if (range.end > ranges_.back().end) {
      page_count_ += range.end - ranges_.back().end;
      ranges_.back().end = range.end;
    }
  }
}

std::vector<PageRange>::const_iterator Keyspace::first_above(PageNumber page) const {
  return std::partition_point(ranges_.begin(), ranges_.end(),
                              [page](const PageRange& range) { return range.end <= page; });
}

bool Keyspace::covers(const PageRange& range) const {
  const auto at = first_above(range.begin);
  return at != ranges_.end() && at->begin <= range.begin && range.end <= at->end;
}

uint64_t Keyspace::page_count(const PageRange& range) const {
  uint64_t count = 0;
  for (auto at = first_above(range.begin); at != ranges_.end() && at->begin < range.end; ++at)
    count += std::min(at->end, range.end) - std::max(at->begin, range.begin);
  return count;
}

}  // namespace lsmkit
