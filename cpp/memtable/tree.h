// The memtable's index: a B+-tree over records in internal order. One writer, any number of readers
// at any time, without locks.
//
// What a reader is promised: every record whose insert had returned before the reader started
// (started after, in the sense of happens-before: it read a seqno that the writer published after
// the insert). Why that holds while nodes are replaced under it:
//
//   1. A node only gains records, by one store of its order (tree_node.h), until it is replaced.
//      From then on it never changes, so it holds all records of its range up to that moment.
//   2. Its replacements are complete before one store, of an order or of the root, makes them
//      reachable, and the insert that causes this returns only when no node of the tree leads to it
//      any more.
//   3. So whatever node a reader comes to, from one that was in the tree when the reader started or
//      later, was in the tree then or later itself. By 1 it holds what the reader was promised.
//   4. The children of an inner node, and the neighbours of a leaf, at any one moment tile the keys
//      around without gap or overlap, and a replaced node keeps the links of its last moment. So
//      walking on from replaced nodes skips nothing and repeats nothing.
//   5. The range of an inner node never changes: it is what its words are cut for. That of a full
//      leaf may be narrowed by a split that leaves it in place; what it loses held no record yet.
#pragma once

#include <atomic>

#include "lsmkit/memtable/arena.h"
#include "lsmkit/memtable/tree_node.h"

namespace lsmkit {

struct TreePosition {
  const Leaf* leaf = nullptr;  // null: nowhere
  Order order;                 // as the leaf's was when the position was taken
  unsigned place = 0;

  bool valid() const { return leaf != nullptr; }
  Record record() const { return leaf->record(order.slot(place)); }
};

class Tree {
 public:
  // Nodes are made in `arena`, which outlives the tree.
  explicit Tree(Arena& arena);

  // Puts a record in its place. If there is one of the same key and seqno, the new one takes its
  // place and the old one is returned; else the returned record is null. One thread at a time. If
  // memory runs out this throws and the tree is as before.
  Record insert(Record record);

  // The newest record of `key` at or below `seqno`; null if there is none.
  Record find(std::string_view key, Seqno seqno) const;

  // The first record at or after (key, seqno).
  TreePosition seek(std::string_view key, Seqno seqno) const;
  TreePosition first() const;
  TreePosition last() const;
  static void next(TreePosition& position);
  static void prev(TreePosition& position);

 private:
  bool lies_under_finger(std::string_view key) const;
  bool comes_last(std::string_view key, Seqno seqno) const;
  void add(Leaf* leaf, unsigned place, Record record);

  Arena& arena_;
  std::atomic<Node*> root_;
  // The writer's own: where ascending inserts go on.
  struct Finger {
    Leaf* leaf = nullptr;  // of the last insert, if that did not split it
    Record record;         // what was inserted
  };
  Finger finger_;
  Leaf* rightmost_;
};

}  // namespace lsmkit
