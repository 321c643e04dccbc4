// Which tables stand in which run of which level: an immutable value. Copying shares, an edit
// copies one path of each tree it touches.
//
// Invariants, cited by number in code and tests:
//   V1  within a run, tables stand in key order, and each has smallest <= largest
//   V2  within a run, no user key lies in two tables (so compactions cut cleanly by themselves)
//   V3  a table number stands once in the whole version
//   V4  runs of a level have distinct ids, newest (largest) first, and none is empty
//   V5  in L0 every seqno of a run is above every seqno of the runs after it, and a run's id is not
//       below its largest seqno
//   V6  sums kept in nodes and levels equal the sums over their tables
//   V7  next_weight of each table from L1 down equals the weight it overlaps in the next level, and
//       the best of each subtree is the lowest ratio
//   V8  trees are balanced
//   V9  the index by number lists exactly the tables that stand
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lsmkit/version/run.h"
#include "lsmkit/version/table_meta.h"
#include "lsmkit/version/version_edit.h"

namespace lsmkit {

class Level {
 public:
  std::vector<Run> runs;  // newest first; only put() changes which
  // In place of the run of its id, if there is one; an empty run takes that away.
  void put(Run run);
  size_t place_of(RunId id) const;  // where in `runs` it stands, or would
  Run find(RunId id) const;         // an empty one if there is none
  bool empty() const { return runs.empty(); }
  uint64_t weight() const { return weight_; }
  uint64_t file_bytes() const { return file_bytes_; }
  uint64_t entry_count() const { return entry_count_; }
  size_t table_count() const { return table_count_; }
  bool overlaps(std::string_view smallest, std::string_view largest) const;

 private:
  uint64_t weight_ = 0, file_bytes_ = 0, entry_count_ = 0;
  size_t table_count_ = 0;
};

// Where a table stands.
struct TablePlace {
  uint32_t level = 0;
  RunId run = 0;
  TableRef table;
};

// In a tree without keys: `count` tables of a run, in its order, from the `first` on.
struct DrawnOverlap {
  size_t first = 0;
  size_t count = 0;
};
// What a table meets in a run of `standing` tables in `level`, by the count of edits. Pure.
using OverlapDraw = std::function<DrawnOverlap(uint64_t edit_count, TableNumber table,
                                               uint32_t level, size_t standing)>;

class Version {
 public:
  explicit Version(unsigned level_count = 7);

  unsigned level_count() const;  // grows when an edit puts a table deeper; at most kMaxLevels
  const Level& level(unsigned number) const;  // empty beyond level_count. Requires: < kMaxLevels
  const std::string& cursor(unsigned level) const;  // round robin goes on at this key
  uint64_t weight() const;
  uint64_t file_bytes() const;
  uint64_t entry_count() const;
  size_t table_count() const;
  size_t run_count() const;
  std::optional<TablePlace> find(TableNumber number) const;

  // What of `run`, in `level`, overlaps neighbouring tables of the level above: what lies between
  // their keys, or where keys are not modelled, what is drawn for them. So the planner asks.
  std::vector<TableRef> met_by(std::span<const TableRef> above, const Run& run,
                               uint32_t level) const;
  // The same tree without keys, as are all that come after it.
  Version with_drawn_overlap(OverlapDraw draw) const;
  // Then bounds of tables say nothing but in which order they were made.
  bool has_keys() const { return overlap_draw_ == nullptr; }

  // The version after `edit`. Throws InvalidArgument with a sentence if it removes what is not
  // there or adds what breaks V1 to V5, and NotSupported for another keyspace than 0; checks the
  // touched key range only. A result always satisfies all invariants.
  Version after(const VersionEdit& edit) const;

  // Recomputes everything; throws std::logic_error naming the invariant that does not hold.
  void check_invariants() const;

 private:
  struct NumberSums {
    NumberSums(const TablePlace&, const NumberSums* left, const NumberSums* right);
    size_t count;
  };
  using NumberIndex = PersistentTree<TablePlace, NumberSums>;

  // Shared by versions until an edit touches them.
  std::vector<std::shared_ptr<const Level>> levels_;
  std::vector<std::string> cursors_;
  NumberIndex::Root by_number_;
  std::shared_ptr<const OverlapDraw> overlap_draw_;  // null: keys say it
  uint64_t edit_count_ = 0;
};

inline Version apply(const Version& version, const VersionEdit& edit) {
  return version.after(edit);
}

// The edit that makes `version` from the empty one: its tables and cursors.
VersionEdit full_edit(const Version& version);

// One line per table and cursor, newest run first, in key order; for people, bug reports and tests.
// from_text(to_text(v)) is v again. Throws InvalidArgument naming the line.
//
//   L0 run=12 #7 ape..zoo weight=25 entries=2 seqnos=3..12
//   L1 #3.0.1 a..c weight=1000
//   L1 cursor=c
//
// A table is written #job.part.position, or #job if both are 0. Without `run=`, L0's run is the
// table's largest seqno, other levels' 0. Fields that are zero are left out.
std::string to_text(const Version& version);
std::string to_text(const TableMeta& table);
Version version_from_text(std::string_view text);
TableMeta table_from_text(std::string_view text);
std::string to_text(TableNumber number);

template <class Visit>  // visit(const TableRef&)
void for_each_table(const Version& version, const Visit& visit) {
  for (unsigned level = 0; level < version.level_count(); ++level) {
    for (const Run& run : version.level(level).runs) run.for_each(visit);
  }
}

}  // namespace lsmkit
