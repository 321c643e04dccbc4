// The merge of runs of modelled tables: goes through the key space from bound to bound of their
// slices and says what comes out between two.
#pragma once

#include <cstdint>
#include <vector>

#include "lsmkit/sim/slices.h"
#include "lsmkit/version/table_meta.h"

namespace lsmkit {

struct ModelledTable {
  const Slices* slices = nullptr;
  TableRef meta;  // null: it may not pass whole
};

class SliceMerge {
 public:
  // Runs newest first. `groups` and the slices must outlive the merge.
  SliceMerge(const KeyGroups& groups, const std::vector<std::vector<ModelledTable>>& runs);

  bool valid() const { return at_ < end_; }
  uint64_t at() const { return at_; }
  uint64_t end() const { return end_; }

  // Replaces `out` with one slice: what is left of all that lies in [at, end).
  // Requires: valid.
  void merged(Slices& out) const;
  void next();

  // The table whose first slice begins here, if it may pass.
  const ModelledTable* table_ahead() const;
  // Records that the other tables have where it has some, on average; many if one begins or ends
  // there. Requires: it is table_ahead.
  double others_in(const ModelledTable& table) const;
  // Leaves all slices of the table out. Requires: it is table_ahead.
  void leave_out(const ModelledTable& table);

 private:
  // A slice of a table of an input.
  struct Piece {
    uint64_t begin, end;
    uint32_t table;  // in tables_, newest first
    uint32_t slice;
  };

  void find_bounds();
  const Slices& slices_of(const Piece& piece) const { return *tables_[piece.table].slices; }
  bool has_end_of_another(const TableMeta& table) const;
  void merge_values(Slices& out) const;
  void merge_tombstones(Slices& out) const;

  const KeyGroups& groups_;
  std::vector<ModelledTable> tables_;
  std::vector<Piece> pieces_;  // by begin
  size_t next_piece_ = 0;      // the first that begins behind at_
  std::vector<Piece> active_;  // that hold at_, newest first
  uint64_t at_ = 0;
  uint64_t end_ = 0;
};

// Newest first, as one.
Slices merged_slices(const KeyGroups& groups, const std::vector<const Slices*>& sources);

// Tombstones go, of a slice or of all: nothing older is left to hide.
void drop_tombstones(Slices& slices, size_t i, const KeyGroups& groups);
void drop_all_tombstones(Slices& slices, const KeyGroups& groups);

}  // namespace lsmkit
