// The merge of runs of modelled tables: goes through the key space from bound to bound of their
// slices and says what comes out between two.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "lsmkit/sim/slices.h"
#include "lsmkit/version/table_meta.h"

namespace lsmkit {

struct ModelledTable {
  const Slices* slices = nullptr;  // not empty
  TableRef meta;                   // null: it may not pass whole
};

class SliceMerge {
 public:
  // Runs newest first, each of disjoint tables in key order. `groups` must outlive the merge.
  SliceMerge(const KeyGroups& groups, std::vector<std::vector<ModelledTable>> runs);

  bool valid() const { return at_ < end_; }
  uint64_t at() const { return at_; }
  uint64_t end() const { return end_; }

  // Replaces `out` with one slice: what is left of all that lies in [at, end).
  // Requires: valid.
  void merged(Slices& out);
  void next();

  // The table that begins here, if one does and it may pass; the last place is its run's.
  const ModelledTable* table_ahead() const;
  // Records that the others have within it, on average.
  double others_in(const ModelledTable& table) const;
  // To what lies behind it. Requires: it is table_ahead.
  void skip(const ModelledTable& table);

 private:
  struct Source {
    std::vector<ModelledTable> tables;
    size_t table = 0;
    size_t slice = 0;
    bool valid() const { return table < tables.size(); }
    const Slice& here() const { return (*tables[table].slices)[slice]; }
    void next();
  };

  void find_bounds();
  void add_chance(const Source& source, double* absent) const;
  void merge_tombstones(Slices& out);
  double records_in(const Source& source, uint64_t begin, uint64_t end) const;

  const KeyGroups& groups_;
  std::vector<Source> sources_;
  uint64_t at_ = 0;
  uint64_t end_ = 0;
  std::vector<size_t> active_;  // sources that have a slice here, newest first
};

}  // namespace lsmkit
