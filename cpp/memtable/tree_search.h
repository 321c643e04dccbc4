// Finding a place in the memtable's B+-tree. All of it may run while the writer works.
#pragma once

#include "lsmkit/memtable/tree_node.h"

namespace lsmkit {

struct Target {
  std::string_view key;
  Seqno seqno;
};

inline int compare_record(Record record, const Target& target) {
  return compare_internal(record.key(), record.seqno(), target.key, target.seqno);
}

// How many of the node's records have a word below `word`. Counting needs no order and no branch on
// what is found, and its loads do not wait for each other.
inline unsigned count_words_below(const Node& node, unsigned count, uint64_t word) {
  unsigned below = 0;
  for (unsigned slot = 0; slot < count; ++slot) below += node.words[slot] < word;
  return below;
}

enum class Ties { kBehind, kPassed };

// How many records of the node come before the target, or, where ties are passed, at or before it.
// Requires: the target lies in the node's range.
template <Ties kTies>
unsigned count_before(const Node& node, Order order, const Target& target) {
  const unsigned count = order.count();
  const uint64_t word = key_word(target.key, node.skipped_key_bytes);
  unsigned low = count_words_below(node, count, word);
  unsigned high = low;
  while (high < count && node.words[order.slot(high)] == word) ++high;
  while (low < high) {
    const unsigned middle = (low + high) / 2;
    const int sign = compare_record(node.record(order.slot(middle)), target);
    if (sign < 0 || (kTies == Ties::kPassed && sign == 0)) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

// The child that lies behind as many separators as `passed(order)` says. A split adds a separator
// to the order first and swings the pointer to the child on its left then. Who has read the older
// order and the newer pointer would miss what went to the right; but then the order has changed.
template <class Passed>
Node* child_behind(const Inner& inner, Passed passed) {
  Order order = inner.order();
  for (;;) {
    Node* child = inner.child(order, passed(order)).load(std::memory_order_acquire);
    const Order now = inner.order();
    if (now == order) return child;
    order = now;
  }
}

// The first four cache lines of a node: all that a leaf has.
inline void prefetch_node(const Node* node) {
  const char* lines = reinterpret_cast<const char*>(node);
  for (size_t line = 0; line < sizeof(Leaf); line += 64) __builtin_prefetch(lines + line);
}

inline Leaf* find_leaf(Node* node, const Target& target) {
  while (!node->is_leaf) {
    const auto& inner = static_cast<const Inner&>(*node);
    node = child_behind(
        inner, [&](Order order) { return count_before<Ties::kPassed>(inner, order, target); });
    prefetch_node(node);
  }
  return static_cast<Leaf*>(node);
}

}  // namespace lsmkit
