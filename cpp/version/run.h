// A sorted run: disjoint tables in key order, as a persistent tree. Copying shares; an edit copies
// one path. Sums and the picker's index are kept in the nodes, so all questions but those that list
// tables cost O(log n).
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string_view>
#include <utility>
#include <vector>

#include "lsmkit/version/persistent_tree.h"
#include "lsmkit/version/table_meta.h"

namespace lsmkit {

// Names a run within its level; the larger is the newer. A flush's run is named by the largest
// seqno it holds, an intra-L0 merge takes the largest of its inputs; a leveled level's single run
// is 0.
using RunId = uint64_t;

struct RunItem {
  TableRef table;
  uint64_t next_weight =
      0;  // of the tables in the next level that overlap this one; not kept in L0
};

// An order in which tables of a level may go down; equals in key order.
enum class TableOrder : uint8_t {
  kOverlap,        // by the weight they overlap in the next level / their own
  kSmallestSeqno,  // whose oldest record is the oldest
  kLargestSeqno,   // whose newest record is the oldest
  kTombstones,     // by tombstones / the weight that is rewritten to carry them a level down, most
                   // first
};
inline constexpr size_t kTableOrders = 4;

struct RunSums {
  RunSums(const RunItem& item, const RunSums* left, const RunSums* right);
  uint64_t table_count;
  uint64_t weight;
  uint64_t file_bytes;
  uint64_t entry_count;
  uint64_t tombstone_count;
  Seqno smallest_seqno;
  Seqno largest_seqno;
  const RunItem* first;
  const RunItem* last;
  std::array<const RunItem*, kTableOrders> foremost;  // of each order
};

class Run {
 public:
  using Tree = PersistentTree<RunItem, RunSums>;

  Run() = default;
  Run(RunId id, Tree::Root root) : id_(id), root_(std::move(root)) {}

  RunId id() const { return id_; }
  bool empty() const { return root_ == nullptr; }
  size_t table_count() const { return root_ ? root_->sums.table_count : 0; }
  uint64_t weight() const { return root_ ? root_->sums.weight : 0; }
  uint64_t file_bytes() const { return root_ ? root_->sums.file_bytes : 0; }
  uint64_t entry_count() const { return root_ ? root_->sums.entry_count : 0; }
  uint64_t tombstone_count() const { return root_ ? root_->sums.tombstone_count : 0; }
  Seqno smallest_seqno() const { return root_ ? root_->sums.smallest_seqno : 0; }
  Seqno largest_seqno() const { return root_ ? root_->sums.largest_seqno : 0; }
  std::string_view smallest_key() const;  // Requires: !empty()
  std::string_view largest_key() const;   // Requires: !empty()

  std::vector<TableRef> tables() const;  // in key order
  template <class F>
  void for_each(F&& f) const {  // f(const TableRef&), in key order
    Tree::for_each(root_, [&](const RunItem& item) { f(item.table); });
  }

  // Up to so many in key order, from the `first` on.
  std::vector<TableRef> stretch(size_t first, size_t count) const;

  // Tables whose key range meets [smallest, largest], both inclusive.
  std::vector<TableRef> overlapping(std::string_view smallest, std::string_view largest) const;
  uint64_t overlapping_weight(std::string_view smallest, std::string_view largest) const;
  bool overlaps(std::string_view smallest, std::string_view largest) const;

  // The first table that does not end before `key`, the first that starts after it, the last that
  // ends before it; null if there is none.
  TableRef first_not_before(std::string_view key) const;
  TableRef first_after(std::string_view key) const;
  TableRef last_before(std::string_view key) const;

  // f(table, weight it overlaps in the next level) in that order until it returns true. O(log n)
  // per table visited.
  void for_each_in(TableOrder order, const std::function<bool(const TableRef&, uint64_t)>& f) const;

  const Tree::Root& root() const { return root_; }

 private:
  RunId id_ = 0;
  Tree::Root root_;
};

}  // namespace lsmkit
