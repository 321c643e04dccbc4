#include "lsmkit/layered/keyspace.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "lsmkit/bytes/error.h"

namespace lsmkit {

namespace {
void check(std::span<const PageRange> ranges) {
  for (const PageRange& range : ranges)
    ensure(range.begin < range.end, "a range of pages ends above where it begins");
  ensure(ranges.empty() || ranges.back().end <= kMostPages,
         "a layered store has page numbers below 2^40");
}
}  // namespace

void Keyspace::add(std::span<const PageRange> ranges) {
  if (ranges.empty()) return;
  check(ranges);
  std::vector<PageRange> all;
  all.reserve(ranges_.size() + ranges.size());
  std::merge(ranges_.begin(), ranges_.end(), ranges.begin(), ranges.end(), std::back_inserter(all),
             [](const PageRange& a, const PageRange& b) { return a.begin < b.begin; });
  ranges_.clear();
  for (const PageRange& range : all)
    if (ranges_.empty() || range.begin > ranges_.back().end)
      ranges_.push_back(range);
    else
      ranges_.back().end = std::max(ranges_.back().end, range.end);
  count();
}

void Keyspace::remove(std::span<const PageRange> ranges) {
  if (ranges.empty()) return;
  check(ranges);
  std::vector<PageRange> left;
  auto gone = ranges.begin();
  for (PageRange range : ranges_) {
    while (gone != ranges.end() && gone->end <= range.begin) ++gone;
    for (; gone != ranges.end() && gone->begin < range.end; ++gone) {
      if (range.begin < gone->begin) left.push_back({range.begin, gone->begin});
      range.begin = std::min(gone->end, range.end);
      if (gone->end > range.end) break;
    }
    if (range.begin < range.end) left.push_back(range);
  }
  ranges_ = std::move(left);
  count();
}

void Keyspace::count() {
  const uint64_t before = counts_.empty() ? 0 : counts_.back();
  counts_.clear();
  uint64_t count = 0;
  for (const PageRange& range : ranges_) counts_.push_back(count += range.size());
  changes_ += page_count() != before;
}

size_t Keyspace::first_above(PageNumber page) const {
  const auto range =
      std::partition_point(ranges_.begin(), ranges_.end(),
                           [page](const PageRange& before) { return before.end <= page; });
  return static_cast<size_t>(range - ranges_.begin());
}

bool Keyspace::covers(const PageRange& range) const {
  const size_t at = first_above(range.begin);
  return at < ranges_.size() && ranges_[at].begin <= range.begin && range.end <= ranges_[at].end;
}

uint64_t Keyspace::pages_before(PageNumber page) const {
  const size_t at = first_above(page);
  const uint64_t before = at == 0 ? 0 : counts_[at - 1];
  if (at == ranges_.size() || page <= ranges_[at].begin) return before;
  return before + page - ranges_[at].begin;
}

PageNumber Keyspace::page_at(uint64_t index) const {
  const auto at = static_cast<size_t>(std::upper_bound(counts_.begin(), counts_.end(), index) -
                                      counts_.begin());
  return ranges_[at].end - (counts_[at] - index);
}

}  // namespace lsmkit
