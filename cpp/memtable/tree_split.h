// Making room in the memtable's B+-tree.
//
// A full leaf is replaced by two. The separator between them goes into the parent; if that is full
// too it is replaced by two, and so on up to the root. From the bottom up:
//
//   1. Make the new nodes, complete with all they hold. Nobody sees them.
//   2. In the lowest ancestor with room, add the separator with the new right node behind it, then
//      swing the pointer on its left from the old node to the new left one. In between, readers
//      find in the old node all that was there (tree_search.h says how they tell).
//   3. Swing the neighbours' links.
//
// Old nodes stay for the readers that still stand in them, until the arena goes.
//
// Where records arrive in ascending or descending order the row is cut off from what lies beyond,
// and the full leaf behind it stays full and, if its words tell its keys apart, stays as it is.
#pragma once

#include <atomic>

#include "lsmkit/memtable/arena.h"
#include "lsmkit/memtable/tree_node.h"

namespace lsmkit {

// Adds `record` at `place` of a full leaf and returns the right one of the leaves that now hold the
// leaf's range. Writer only. If memory runs out this throws and the tree is as before.
Leaf* split_leaf(Arena& arena, std::atomic<Node*>& root, Leaf* leaf, unsigned place, Record record);

}  // namespace lsmkit
