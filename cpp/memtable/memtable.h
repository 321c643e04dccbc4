// Sorted writes in memory: what was committed and is not yet in a table. One writer, any number of
// readers at any time, without locks.
//
// Entries are copied into an arena, key and value side by side, and stay where they are until the
// memtable dies; a B+-tree (tree.h) keeps their order.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string_view>

#include "lsmkit/bytes/key.h"
#include "lsmkit/memtable/arena.h"
#include "lsmkit/memtable/memtable_cursor.h"
#include "lsmkit/memtable/tree.h"

namespace lsmkit {

// What a point lookup found. The value lives as long as the memtable.
struct MemtableHit {
  Seqno seqno;
  Kind kind;
  std::string_view value;
};

class Memtable {
 public:
  Memtable() : tree_(nodes_) {}
  Memtable(const Memtable&) = delete;
  Memtable& operator=(const Memtable&) = delete;

  // Copies the entry in. One thread at a time. An entry of the same (key, seqno) leaves the order
  // and is no longer weighed: within a commit the last word on a key wins. If memory runs out this
  // throws std::bad_alloc and the memtable holds what it held.
  // Requires: the key, value and seqno are within the limits of bytes/key.h; entry.seqno is above
  // every published seqno, so no reader can ask for it yet.
  void insert(const Entry& entry);

  // The newest entry of `key` at or below `seqno`, whatever its kind. Any thread, at any time: it
  // finds whatever was published before it began.
  std::optional<MemtableHit> get(std::string_view key, Seqno seqno) const;

  // Any thread, at any time.
  uint64_t weight() const { return weight_.load(std::memory_order_relaxed); }
  uint64_t entry_count() const { return entry_count_.load(std::memory_order_relaxed); }
  bool empty() const { return entry_count() == 0; }
  uint64_t allocated_bytes() const { return records_.allocated_bytes() + nodes_.allocated_bytes(); }
  Seqno smallest_seqno() const { return smallest_seqno_.load(std::memory_order_relaxed); }
  Seqno largest_seqno() const { return largest_seqno_.load(std::memory_order_relaxed); }

  // Valid while the memtable lives.
  MemtableCursor cursor() const { return MemtableCursor(tree_); }

 private:
  // Apart, so that the nodes, which every search touches, lie close together.
  Arena records_;
  Arena nodes_;
  Tree tree_;
  // Written by the writer alone, so it loads and stores instead of locking the bus.
  std::atomic<uint64_t> weight_ = 0;
  std::atomic<uint64_t> entry_count_ = 0;
  std::atomic<Seqno> smallest_seqno_ = 0;  // 0 while empty
  std::atomic<Seqno> largest_seqno_ = 0;
};

}  // namespace lsmkit
