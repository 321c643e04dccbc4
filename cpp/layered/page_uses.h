// When which pages were in use: a page comes into use with a record or by being told so, and goes
// out of use when it is dropped; written or told of again it begins anew.
//
// What happens where the log is at an LSN is seen by reads above, as a record that begins there. Of
// a page that comes into use with its first record it is only kept with which flush.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "lsmkit/layered/keyspace.h"
#include "lsmkit/layered/record_log.h"

namespace lsmkit {

// Disjoint ranges of pages, each with what was said of it last.
class RangeStates {
 public:
  void assign(const PageRange& range, bool in_use);
  // Those that are, or are not; in order.
  std::vector<PageRange> ranges(bool in_use) const;
  void clear() { states_.clear(); }

 private:
  struct State {
    PageNumber end;
    bool in_use;
  };
  // A range that begins before the page and ends behind it becomes two.
  void split_at(PageNumber page);

  std::map<PageNumber, State> states_;  // by where they begin
};

struct PageUse {
  bool in_use = false;
  Lsn since = 0;            // where pages are dropped at all: nothing below is of this page
  bool if_written = false;  // in use if a record of it is below the LSN: it was new in that flush
};

class PageUses {
 public:
  // Throw InvalidArgument: an empty range, kMostPages. Requires: LSNs never go back.
  void use(const PageRange& pages, Lsn at) { change(pages, at, true); }
  void drop(const PageRange& pages, Lsn at) { change(pages, at, false); }
  // So much more of the log is flushed, with these records, by page and then by LSN. What was said
  // where it ends is still to come.
  void flush(const LsnRange& lsns, std::span<const uint64_t> records, const RecordLog& log);

  // In use at what was flushed last.
  const Keyspace& keyspace() const { return keyspace_; }
  // All that were in use at the LSN that was forgotten or above; none is left out.
  const Keyspace& ever() const { return any_dropped_ ? ever_ : keyspace_; }
  // Whether any page ever was.
  bool any_dropped() const { return any_dropped_; }

  // These are of what is flushed. Requires: the LSN is not below one that was forgotten.
  PageUse at(PageNumber page, Lsn lsn) const;
  Keyspace keyspace_at(Lsn lsn) const;
  // Nobody asks below any more, and no record below lives.
  void forget_below(Lsn lsn);

  uint64_t allocated_bytes() const;

 private:
  // In the order in which they may come at one LSN.
  enum Kind : uint64_t { kDropped, kWritten, kUsed };
  struct RangeChange {
    PageRange pages;
    Lsn at;
    Kind kind;
  };
  // Of one page, as most are.
  struct PageChange {
    PageNumber page;
    uint64_t when;  // four times the LSN, and the kind

    Lsn at() const { return when / 4; }
    Kind kind() const { return static_cast<Kind>(when % 4); }
    auto operator<=>(const PageChange&) const = default;
  };
  // Of one flush, or of several.
  struct Changes {
    std::vector<RangeChange> ranges;  // in the log's order
    std::vector<PageChange> pages;    // sorted
    size_t size() const { return ranges.size() + pages.size(); }
  };

  // What the records of a flush change.
  struct Written {
    std::vector<PageRange> fresh;   // of pages that were not in use before, nor dropped
    std::vector<PageChange> again;  // that were dropped
    std::vector<PageRange> in_use;  // both, in the end
  };

  void change(const PageRange& pages, Lsn at, bool in_use);
  void end_moment();
  Written written(std::span<const uint64_t> records, const RecordLog& log) const;
  void keep(Changes changes);
  // Of those below the LSN: folded, in the log's order.
  RangeStates folded_below(Lsn lsn) const;
  // All changes of the page below the LSN, as PageChange has them.
  template <class F>
  void each_of(PageNumber page, Lsn lsn, F&& f) const;
  static void add(const RangeChange& change, Changes& out);

  Keyspace keyspace_;
  Keyspace ever_;
  Keyspace base_;  // at the LSN below which all is forgotten
  bool any_dropped_ = false;
  std::vector<Changes> changes_;  // oldest first, each larger than the next
  // Since the last flush; what was said at the newest LSN apart.
  std::vector<RangeChange> pending_;
  RangeStates moment_;
  RangeStates dropped_;  // in that moment, perhaps in use again
  Lsn moment_at_ = 0;
};

}  // namespace lsmkit
