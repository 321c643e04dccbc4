#include "lsmkit/layered/page_uses.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <set>
#include <utility>

#include "lsmkit/bytes/error.h"
#include "lsmkit/layered/packed_records.h"

namespace lsmkit {

void RangeStates::split_at(PageNumber page) {
  auto at = states_.lower_bound(page);
  if (at == states_.begin() || (--at)->second.end <= page) return;
  states_.emplace_hint(std::next(at), page, at->second);
  at->second.end = page;
}

void RangeStates::assign(const PageRange& range, bool in_use) {
  split_at(range.begin);
  split_at(range.end);
  const auto end = states_.lower_bound(range.end);
  auto next = states_.erase(states_.lower_bound(range.begin), end);
  const auto before = next == states_.begin() ? states_.end() : std::prev(next);
  PageNumber end_page = range.end;
  if (next != states_.end() && next->first == range.end && next->second.in_use == in_use) {
    end_page = next->second.end;
    next = states_.erase(next);
  }
  if (before != states_.end() && before->second.end == range.begin &&
      before->second.in_use == in_use)
    before->second.end = end_page;
  else
    states_.emplace_hint(next, range.begin, State{end_page, in_use});
}

std::vector<PageRange> RangeStates::ranges(bool in_use) const {
  std::vector<PageRange> out;
  for (const auto& [begin, state] : states_)
    if (state.in_use == in_use) out.push_back({begin, state.end});
  return out;
}

void PageUses::change(const PageRange& pages, Lsn at, bool in_use) {
  ensure(pages.begin < pages.end, "a range of pages ends above where it begins");
  ensure(pages.end <= kMostPages, "a layered store has page numbers below 2^40");
  if (at != moment_at_) end_moment();
  moment_at_ = at;
  moment_.assign(pages, in_use);
  if (!in_use) dropped_.assign(pages, false);
}

void PageUses::end_moment() {
  for (const PageRange& pages : dropped_.ranges(false))
    pending_.push_back({pages, moment_at_, kDropped});
  for (const PageRange& pages : moment_.ranges(true))
    pending_.push_back({pages, moment_at_, kUsed});
  dropped_.clear();
  moment_.clear();
}

namespace {

void add_page(std::vector<PageRange>& ranges, PageNumber page) {
  if (!ranges.empty() && ranges.back().end == page)
    ++ranges.back().end;
  else
    ranges.push_back({page, page + 1});
}

// When pages were dropped since the last flush, for pages in ascending order.
class Drops {
 public:
  void add(const PageRange& pages, Lsn at) { begins_.push_back({pages, at}); }
  void sort() {
    std::sort(begins_.begin(), begins_.end(),
              [](const Drop& a, const Drop& b) { return a.pages.begin < b.pages.begin; });
  }
  bool empty() const { return begins_.empty(); }

  // Of the page. Requires: none before was larger.
  const std::multiset<Lsn>& of(PageNumber page) {
    for (; next_ < begins_.size() && begins_[next_].pages.begin <= page; ++next_) {
      const Drop& drop = begins_[next_];
      if (drop.pages.end > page) ends_.emplace(drop.pages.end, now_.insert(drop.at));
    }
    while (!ends_.empty() && ends_.begin()->first <= page) {
      now_.erase(ends_.begin()->second);
      ends_.erase(ends_.begin());
    }
    return now_;
  }

 private:
  struct Drop {
    PageRange pages;
    Lsn at;
  };
  std::vector<Drop> begins_;
  size_t next_ = 0;
  std::multiset<Lsn> now_;
  std::multimap<PageNumber, std::multiset<Lsn>::iterator> ends_;
};

}  // namespace

// A page that was dropped is in use again with the next record.
PageUses::Written PageUses::written(PackedSpan records, const RecordLog& log) const {
  Written out;
  Drops drops;
  for (const RangeChange& change : pending_)
    if (change.kind == kDropped) drops.add(change.pages, change.at);
  if (records.empty() ||
      (drops.empty() && keyspace_.covers({page_of(records.front()), page_of(records.back()) + 1})))
    return out;
  drops.sort();
  auto used = keyspace_.ranges().begin();
  const auto no_more = keyspace_.ranges().end();
  for (size_t i = 0, end = 0; i < records.size(); i = end) {
    const PageNumber page = page_of(records[i]);
    while (end < records.size() && page_of(records[end]) == page) ++end;
    while (used != no_more && used->end <= page) ++used;
    bool is = used != no_more && used->begin <= page;
    const std::multiset<Lsn>& dropped = drops.of(page);
    if (dropped.empty()) {
      if (!is) add_page(out.fresh, page);
      if (!is) add_page(out.in_use, page);
      continue;
    }
    auto drop = dropped.begin();
    for (size_t at = i; at < end; ++at) {
      const Lsn lsn = log.lsn(number_of(records[at]));
      for (; drop != dropped.end() && *drop <= lsn; ++drop) is = false;
      if (!is) out.again.push_back({page, 4 * lsn + kUsed});
      is = true;
    }
    if (drop == dropped.end()) add_page(out.in_use, page);
  }
  return out;
}

// Few pages are as many changes of one: these are found faster.
void PageUses::add(const RangeChange& change, Changes& out) {
  constexpr uint64_t kFew = 16;
  if (change.pages.size() > kFew) return out.ranges.push_back(change);
  for (PageNumber page = change.pages.begin; page < change.pages.end; ++page)
    out.pages.push_back({page, 4 * change.at + change.kind});
}

void PageUses::flush(const LsnRange& lsns, PackedSpan records, const RecordLog& log) {
  if (moment_at_ < lsns.end) end_moment();
  Changes changes;
  Written written = this->written(records, log);
  changes.pages = std::move(written.again);
  RangeStates told, used;
  for (const PageChange& page : changes.pages) used.assign({page.page, page.page + 1}, true);
  for (const PageRange& pages : written.fresh) add({pages, lsns.begin, kWritten}, changes);
  bool drops = false;
  for (const RangeChange& change : pending_) {
    add(change, changes);
    told.assign(change.pages, change.kind != kDropped);
    if (change.kind == kDropped)
      drops = true;
    else
      used.assign(change.pages, true);
  }
  pending_.clear();
  if (drops && !any_dropped_) ever_ = keyspace_;
  any_dropped_ = any_dropped_ || drops;
  keyspace_.add(told.ranges(true));
  keyspace_.remove(told.ranges(false));
  keyspace_.add(written.in_use);
  if (any_dropped_) {
    ever_.add(used.ranges(true));
    ever_.add(written.in_use);
  }
  std::sort(changes.pages.begin(), changes.pages.end());
  if (changes.size() > 0) keep(std::move(changes));
}

void PageUses::keep(Changes changes) {
  while (!changes_.empty() && changes_.back().size() <= 2 * changes.size()) {
    Changes joined = std::move(changes_.back());
    changes_.pop_back();
    joined.ranges.insert(joined.ranges.end(), changes.ranges.begin(), changes.ranges.end());
    const auto middle = static_cast<ptrdiff_t>(joined.pages.size());
    joined.pages.insert(joined.pages.end(), changes.pages.begin(), changes.pages.end());
    std::inplace_merge(joined.pages.begin(), joined.pages.begin() + middle, joined.pages.end());
    changes = std::move(joined);
  }
  changes_.push_back(std::move(changes));
}

template <class F>
void PageUses::each_of(PageNumber page, Lsn lsn, F&& f) const {
  for (const Changes& changes : changes_) {
    auto at = std::lower_bound(changes.pages.begin(), changes.pages.end(), PageChange{page, 0});
    for (; at != changes.pages.end() && at->page == page && at->at() < lsn; ++at) f(at->when);
    for (const RangeChange& range : changes.ranges)
      if (range.at < lsn && range.pages.holds(page)) f(4 * range.at + range.kind);
  }
}

PageUse PageUses::at(PageNumber page, Lsn lsn) const {
  std::optional<uint64_t> last, dropped;
  each_of(page, lsn, [&](uint64_t when) {
    last = std::max(last, std::optional(when));
    if (when % 4 == kDropped) dropped = std::max(dropped, std::optional(when));
  });
  const bool was_in_use = base_.covers({page, page + 1});
  if (!last) return {was_in_use};
  if (last == dropped) return {};
  PageUse out{true, 0, *last % 4 == kWritten};
  if (!any_dropped_ || (was_in_use && !dropped)) return out;
  uint64_t since = *last;
  each_of(page, lsn, [&](uint64_t when) {
    if (!dropped || when > *dropped) since = std::min(since, when);
  });
  out.since = since / 4;
  return out;
}

RangeStates PageUses::folded_below(Lsn lsn) const {
  std::vector<RangeChange> all;
  for (const Changes& changes : changes_) {
    for (const RangeChange& range : changes.ranges)
      if (range.at < lsn) all.push_back(range);
    for (const PageChange& page : changes.pages)
      if (page.at() < lsn) all.push_back({{page.page, page.page + 1}, page.at(), page.kind()});
  }
  std::sort(all.begin(), all.end(), [](const RangeChange& a, const RangeChange& b) {
    return a.at != b.at ? a.at < b.at : a.kind < b.kind;
  });
  RangeStates out;
  for (const RangeChange& change : all) out.assign(change.pages, change.kind != kDropped);
  return out;
}

Keyspace PageUses::keyspace_at(Lsn lsn) const {
  const RangeStates told = folded_below(lsn);
  Keyspace out = base_;
  out.add(told.ranges(true));
  out.remove(told.ranges(false));
  return out;
}

void PageUses::forget_below(Lsn lsn) {
  base_ = keyspace_at(lsn);
  for (Changes& changes : changes_) {
    std::erase_if(changes.ranges, [lsn](const RangeChange& range) { return range.at < lsn; });
    std::erase_if(changes.pages, [lsn](const PageChange& page) { return page.at() < lsn; });
  }
  std::erase_if(changes_, [](const Changes& changes) { return changes.size() == 0; });
  if (!any_dropped_) return;
  ever_ = base_;
  ever_.add(keyspace_.ranges());
  for (const Changes& changes : changes_) {
    RangeStates used;
    for (const RangeChange& range : changes.ranges)
      if (range.kind != kDropped) used.assign(range.pages, true);
    for (const PageChange& page : changes.pages)
      if (page.kind() != kDropped) used.assign({page.page, page.page + 1}, true);
    ever_.add(used.ranges(true));
  }
}

uint64_t PageUses::allocated_bytes() const {
  uint64_t bytes = pending_.capacity() * sizeof(RangeChange);
  for (const Changes& changes : changes_)
    bytes += changes.ranges.capacity() * sizeof(RangeChange) +
             changes.pages.capacity() * sizeof(PageChange);
  return bytes;
}

}  // namespace lsmkit
