// The nodes of the memtable's B+-tree, and how a writer changes one under the eyes of readers.
//
// A node holds up to 14 records. Each has a slot, taken in order of arrival and written once; where
// the records stand in internal order is said by one word, the Order. So a record is added by
// filling the next free slot, which nobody looks at yet, and then storing the new Order with
// release: a reader that loads the Order with acquire sees the slots it names, all of them, and
// never a record half moved. Nothing else in a node ever moves; a full node is left as it is and
// replaced (tree_split.h).
//
// Beside each record stands a word of 8 key bytes, which decides most comparisons without touching
// the record. Where keys are alike at their beginning the words start further on, behind bytes that
// all keys which can come to the node are known to share, from the separators above it; so keys
// with a long common prefix are told apart as fast as others.
//
// In a leaf the records are the entries. In an inner node they are separators: keys without a
// value, that say where the child to their right begins.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "lsmkit/bytes/key.h"
#include "lsmkit/memtable/record.h"

namespace lsmkit {

inline constexpr unsigned kNodeSlots = 14;

// Which slot holds the first record, the second, and so on: a count in the low 4 bits, and above it
// 4 bits for each place, the first place lowest.
class Order {
 public:
  constexpr Order() = default;
  explicit constexpr Order(uint64_t word) : word_(word) {}
  // Places in the order of the slots.
  static constexpr Order of_arrival(unsigned count) {
    constexpr uint64_t kAllSlots = 0xdcba9876543210;
    return Order((kAllSlots & ((uint64_t{1} << (4 * count)) - 1)) << 4 | count);
  }

  constexpr uint64_t word() const { return word_; }
  constexpr unsigned count() const { return word_ & 15; }
  constexpr unsigned slot(unsigned place) const { return (word_ >> (4 + 4 * place)) & 15; }

  // The next free slot put in at `place`; what stands there and behind moves up.
  constexpr Order with_next_slot_at(unsigned place) const {
    const unsigned shift = 4 + 4 * place;
    const uint64_t before = word_ & ((uint64_t{1} << shift) - 1);
    const uint64_t behind = word_ >> shift << shift;
    return Order((before | uint64_t{count()} << shift | behind << 4) + 1);
  }

  constexpr bool operator==(const Order&) const = default;

 private:
  uint64_t word_ = 0;
};

struct Node {
  std::atomic<uint64_t> order_word = 0;
  const uint16_t skipped_key_bytes;  // by the words; all keys in the node's range share them
  const bool is_leaf;
  std::array<uint64_t, kNodeSlots> words;
  std::array<std::atomic<const char*>, kNodeSlots> records;

  Node(size_t skipped, bool leaf)
      : skipped_key_bytes(static_cast<uint16_t>(skipped)), is_leaf(leaf) {}

  Order order() const { return Order(order_word.load(std::memory_order_acquire)); }
  // Acquire, as the writer may put another record of the same key and seqno in its place.
  Record record(unsigned slot) const {
    return Record(records[slot].load(std::memory_order_acquire));
  }

  // Writer only. Requires: fewer than kNodeSlots records.
  void insert(unsigned place, uint64_t word, Record record) {
    const Order old = order();
    words[old.count()] = word;
    records[old.count()].store(record.address(), std::memory_order_relaxed);
    order_word.store(old.with_next_slot_at(place).word(), std::memory_order_release);
  }
};

// Leaves are linked both ways in key order.
struct alignas(64) Leaf : Node {
  std::atomic<Leaf*> previous = nullptr;
  std::atomic<Leaf*> next = nullptr;

  explicit Leaf(size_t skipped) : Node(skipped, true) {}
};

// Child 0 lies left of all separators; the child right of the separator in slot i is child i + 1.
struct alignas(64) Inner : Node {
  std::array<std::atomic<Node*>, kNodeSlots + 1> children;

  explicit Inner(size_t skipped) : Node(skipped, false) {}

  // The child that lies behind `passed` separators.
  const std::atomic<Node*>& child(Order order, unsigned passed) const {
    return children[passed == 0 ? 0 : order.slot(passed - 1) + 1];
  }
  std::atomic<Node*>& child(Order order, unsigned passed) {
    return children[passed == 0 ? 0 : order.slot(passed - 1) + 1];
  }

  // Writer only. From now on readers find what lies at and behind the separator in `right`.
  // Requires: fewer than kNodeSlots separators.
  void insert_separator(unsigned place, uint64_t word, Record separator, Node* right) {
    children[order().count() + 1].store(right, std::memory_order_relaxed);
    insert(place, word, separator);
  }
};

static_assert(sizeof(Leaf) == 4 * 64, "a leaf is four cache lines");
static_assert(sizeof(Inner) == 6 * 64, "an inner node is six");

// The 8 bytes of `key` from `skipped` on as a number that compares as the bytes do, zeros behind
// the end. Requires: skipped <= key.size().
inline uint64_t key_word(std::string_view key, size_t skipped) {
  const size_t left = key.size() - skipped;
  if (left >= 8 || key.size() < 8) return key_prefix(key.substr(skipped));
  // Loading the last 8 bytes of the key and shifting is faster than copying fewer than 8.
  const uint64_t last = key_prefix(key.substr(key.size() - 8));
  return left == 0 ? 0 : last << (8 * (8 - left));
}

}  // namespace lsmkit
