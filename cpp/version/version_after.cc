// One edit forwards. Edits may come from a damaged MANIFEST, so everything is checked before it is
// believed:
//   1. group the edit by run; take tables out of each run and put tables in; check each added table
//      against its neighbours (V1, V2);
//   2. keep the index by number, which finds numbers used twice (V3, V9);
//   3. recompute the picker's index for tables that were added and for those of the level above
//   that
//      meet a touched table (V7).
#include <algorithm>
#include <map>
#include <span>
#include <utility>

#include "lsmkit/bytes/error.h"
#include "lsmkit/version/version.h"

namespace lsmkit {
namespace {

// What an edit does to one run.
struct RunChange {
  std::vector<TableRef> removed;
  std::vector<TableRef> added;
};
using Changes = std::map<std::pair<uint32_t, RunId>, RunChange>;

// Keys from smallest to largest, both inclusive, in tables that outlive the step.
struct KeyRange {
  std::string_view smallest;
  std::string_view largest;
};

[[noreturn]] void refuse(uint32_t level, RunId run, const std::string& what) {
  throw InvalidArgument("an edit of L" + std::to_string(level) + " run " + std::to_string(run) +
                        " " + what);
}

TableRef find_removed(const Version& version, const RemovedTable& removed) {
  ensure(removed.level < kMaxLevels, "an edit removes a table from too deep a level");
  const Run run = version.level(removed.level).find(removed.run);
  TableRef table = run.first_not_before(removed.smallest_key);
  if (!table || table->number != removed.number || table->smallest.key != removed.smallest_key)
    refuse(removed.level, removed.run,
           "removes table " + to_text(removed.number) + ", which is not there");
  return table;
}

void check_added(const AddedTable& added) {
  ensure(added.level < kMaxLevels, "an edit adds a table to too deep a level");
  ensure(added.table != nullptr, "an edit adds no table");
  if (added.table->keyspace != 0)
    throw NotSupported("table " + to_text(added.table->number) +
                       " is of another keyspace, which needs a newer build");
  if (!covers_something(*added.table))
    refuse(added.level, added.run,
           "adds table " + to_text(added.table->number) + ", whose bounds are upside down");
}

Changes grouped(const Version& version, const VersionEdit& edit) {
  Changes changes;
  for (const RemovedTable& removed : edit.removed)
    changes[{removed.level, removed.run}].removed.push_back(find_removed(version, removed));
  for (const AddedTable& added : edit.added) {
    check_added(added);
    changes[{added.level, added.run}].added.push_back(added.table);
  }
  return changes;
}

std::string_view first_key(const RunItem& item) {
  return item.table->smallest.key;
}

[[noreturn]] void refuse_overlap(uint32_t level, RunId run, const TableMeta& a,
                                 const TableMeta& b) {
  refuse(level, run,
         "makes tables " + to_text(a.number) + " and " + to_text(b.number) + " overlap");
}

Run changed(const Run& run, uint32_t level, const RunChange& change) {
  std::vector<std::string_view> gone;
  for (const TableRef& table : change.removed) gone.push_back(table->smallest.key);
  std::sort(gone.begin(), gone.end());
  if (std::adjacent_find(gone.begin(), gone.end()) != gone.end())
    refuse(level, run.id(), "removes one table twice");

  std::vector<RunItem> added;
  for (const TableRef& table : change.added) added.push_back({table});
  std::sort(added.begin(), added.end(),
            [](const RunItem& a, const RunItem& b) { return first_key(a) < first_key(b); });
  for (size_t i = 1; i < added.size(); ++i)
    if (!ends_before(*added[i - 1].table, first_key(added[i])))
      refuse_overlap(level, run.id(), *added[i - 1].table, *added[i].table);

  Run result(run.id(), Run::Tree::edited(run.root(), std::span<const std::string_view>(gone),
                                         std::span<RunItem>(added), first_key,
                                         [&](const RunItem& stands, const RunItem& comes) {
                                           refuse_overlap(level, run.id(), *stands.table,
                                                          *comes.table);
                                         }));
  for (const TableRef& table : change.added) {
    const std::string_view key = table->smallest.key;
    const RunItem* before = Run::Tree::last_where(
        result.root(), [&](const RunItem& item) { return first_key(item) < key; });
    if (before != nullptr && !ends_before(*before->table, key))
      refuse_overlap(level, run.id(), *before->table, *table);
    const TableRef after = result.first_after(key);
    if (after && !ends_before(*table, after->smallest.key))
      refuse_overlap(level, run.id(), *table, *after);
  }
  return result;
}

// V5, of the run that stands at `at` beside its neighbours.
void check_l0_seqnos(const Level& l0, size_t at) {
  for (size_t i = at > 0 ? at - 1 : 0; i < std::min(at + 2, l0.runs.size()); ++i) {
    const Run& run = l0.runs[i];
    if (run.largest_seqno() > run.id()) refuse(0, run.id(), "puts seqnos above its id in it");
    if (i + 1 < l0.runs.size() && run.smallest_seqno() <= l0.runs[i + 1].largest_seqno())
      refuse(0, run.id(), "makes its seqnos mix with those of an older run");
  }
}

// The touched keys as disjoint ranges in order.
std::vector<KeyRange> touched_ranges(const RunChange& change) {
  std::vector<KeyRange> ranges;
  for (const auto* tables : {&change.removed, &change.added})
    for (const TableRef& table : *tables)
      ranges.push_back({table->smallest.key, table->largest.key});
  std::sort(ranges.begin(), ranges.end(),
            [](const KeyRange& a, const KeyRange& b) { return a.smallest < b.smallest; });
  size_t kept = 0;
  for (size_t i = 1; i < ranges.size(); ++i) {
    if (ranges[i].smallest <= ranges[kept].largest)
      ranges[kept].largest = std::max(ranges[kept].largest, ranges[i].largest);
    else
      ranges[++kept] = ranges[i];
  }
  ranges.resize(ranges.empty() ? 0 : kept + 1);
  return ranges;
}

// The ranges among `ranges` that reach into [first's smallest key, last's largest key].
std::span<const KeyRange> meeting(std::span<const KeyRange> ranges, const TableMeta& first,
                                  const TableMeta& last) {
  const auto from = std::partition_point(ranges.begin(), ranges.end(), [&](const KeyRange& r) {
    return r.largest < first.smallest.key;
  });
  const auto to = std::partition_point(
      from, ranges.end(), [&](const KeyRange& r) { return !ends_before(last, r.smallest); });
  return {from, to};
}

// Recomputes next_weight of the tables that meet any of `ranges`.
Run::Tree::Root with_overlaps(const Run::Tree::Root& node, std::span<const KeyRange> ranges,
                              const Level& next) {
  if (!node) return node;
  ranges = meeting(ranges, *node->sums.first->table, *node->sums.last->table);
  if (ranges.empty()) return node;
  Run::Tree::Root left = with_overlaps(node->left, ranges, next);
  Run::Tree::Root right = with_overlaps(node->right, ranges, next);
  RunItem item = node->item;
  if (!meeting(ranges, *item.table, *item.table).empty()) {
    item.next_weight = 0;
    for (const Run& run : next.runs)
      item.next_weight += run.overlapping_weight(item.table->smallest.key, item.table->largest.key);
  }
  if (item.next_weight == node->item.next_weight && left == node->left && right == node->right)
    return node;
  return Run::Tree::join(std::move(left), std::move(item), std::move(right));
}

void refresh_overlaps(Level& level, const Level& next, std::span<const KeyRange> ranges) {
  for (Run& run : level.runs) run = Run(run.id(), with_overlaps(run.root(), ranges, next));
}

// Table numbers that go and places that come, both ascending.
std::vector<TableNumber> numbers_gone(const VersionEdit& edit) {
  std::vector<TableNumber> gone;
  for (const RemovedTable& removed : edit.removed) gone.push_back(removed.number);
  std::sort(gone.begin(), gone.end());
  return gone;
}

std::vector<TablePlace> places_added(const VersionEdit& edit) {
  std::vector<TablePlace> added;
  for (const AddedTable& a : edit.added) added.push_back({a.level, a.run, a.table});
  std::sort(added.begin(), added.end(), [](const TablePlace& a, const TablePlace& b) {
    return a.table->number < b.table->number;
  });
  for (size_t i = 1; i < added.size(); ++i)
    ensure(added[i - 1].table->number != added[i].table->number,
           "an edit adds one table number twice");
  return added;
}

}  // namespace

Version Version::after(const VersionEdit& edit) const {
  Version result = *this;
  ++result.edit_count_;
  const auto reach = [&](uint32_t level) {
    if (level < result.levels_.size()) return;
    result.levels_.resize(level + 1, std::make_shared<const Level>());
    result.cursors_.resize(level + 1);
  };
  // Levels that are no longer shared with *this.
  std::map<uint32_t, Level*> own;
  const auto writable = [&](uint32_t level) -> Level& {
    reach(level);
    Level*& copy = own[level];
    if (copy == nullptr) {
      auto fresh = std::make_shared<Level>(*result.levels_[level]);
      copy = fresh.get();
      result.levels_[level] = std::move(fresh);
    }
    return *copy;
  };

  const Changes changes = grouped(*this, edit);
  for (const auto& [place, change] : changes) {
    const auto& [level, id] = place;
    Level& here = writable(level);
    here.put(changed(here.find(id), level, change));
  }
  for (const auto& [place, change] : changes) {
    if (place.first == 0) check_l0_seqnos(result.level(0), result.level(0).place_of(place.second));
  }

  const std::vector<TableNumber> gone = numbers_gone(edit);
  std::vector<TablePlace> added = places_added(edit);
  result.by_number_ = NumberIndex::edited(
      by_number_, std::span<const TableNumber>(gone), std::span<TablePlace>(added),
      [](const TablePlace& place) { return place.table->number; },
      [](const TablePlace& stands, const TablePlace&) {
        throw InvalidArgument("an edit adds table " + to_text(stands.table->number) +
                              ", which stands already");
      });

  const auto refresh = [&](uint32_t level, std::span<const KeyRange> ranges) {
    const Level nothing;
    const bool last = level + 1 >= result.levels_.size();
    refresh_overlaps(writable(level), last ? nothing : *result.levels_[level + 1], ranges);
  };
  for (const auto& [place, change] : changes) {
    const std::vector<KeyRange> ranges = touched_ranges(change);
    if (place.first >= 1) refresh(place.first, ranges);
    if (place.first >= 2) refresh(place.first - 1, ranges);
  }
  for (const auto& [level, key] : edit.cursors) {
    ensure(level < kMaxLevels, "an edit sets the cursor of too deep a level");
    reach(level);
    result.cursors_[level] = key;
  }
  return result;
}

}  // namespace lsmkit
