#include "lsmkit/memtable/tree_split.h"

#include <algorithm>
#include <cassert>
#include <span>

#include "lsmkit/memtable/tree_search.h"

namespace lsmkit {
namespace {

constexpr unsigned kOverfull = kNodeSlots + 1;

// The way from the root down to a leaf: inner nodes, and how many separators were passed in each.
struct Path {
  struct Step {
    Inner* node;
    unsigned passed;
  };
  static constexpr unsigned kMaxHeight = 24;  // even nodes of two children hold 2^24 leaves
  std::array<Step, kMaxHeight> steps;
  unsigned height = 0;
};

// The bounds of a node's range, [low, high); null where there is none.
struct Range {
  Record low;
  Record high;
};

// What takes the place of one child: two, and the separator between them.
struct Pair {
  Node* left;
  Record separator;
  Node* right;
};

Path find_path(Node* node, const Target& target) {
  Path path;
  while (!node->is_leaf) {
    auto* inner = static_cast<Inner*>(node);
    const Order order = inner->order();
    const unsigned passed = count_before<Ties::kPassed>(*inner, order, target);
    assert(path.height < Path::kMaxHeight);
    path.steps[path.height++] = {inner, passed};
    node = inner->child(order, passed).load(std::memory_order_relaxed);
  }
  return path;
}

// The range of the child that the first `height` steps lead to.
Range range_below(const Path& path, unsigned height) {
  Range range;
  for (unsigned step = height; step-- > 0;) {
    const auto& [node, passed] = path.steps[step];
    const Order order = node->order();
    if (!range.low && passed > 0) range.low = node->record(order.slot(passed - 1));
    if (!range.high && passed < order.count()) range.high = node->record(order.slot(passed));
  }
  return range;
}

size_t common_prefix_bytes(std::string_view a, std::string_view b) {
  const size_t shorter = std::min(a.size(), b.size());
  return static_cast<size_t>(std::mismatch(a.begin(), a.begin() + shorter, b.begin()).first -
                             a.begin());
}

// What all keys between two bounds begin with.
size_t shared_key_bytes(Record low, Record high) {
  return low && high ? common_prefix_bytes(low.key(), high.key()) : 0;
}

// As few key bytes as part `left` from `right`.
Record make_separator(Arena& arena, Record left, Record right) {
  const std::string_view key = right.key();
  if (left.key() == key) return Record::copy(arena, {key, right.seqno(), Kind::kPut, {}});
  const size_t common = common_prefix_bytes(left.key(), key);
  return Record::copy(arena, {key.substr(0, common + 1), kMaxSeqno, Kind::kPut, {}});
}

void fill(Node& node, std::span<const Record> records) {
  unsigned slot = 0;
  for (const Record record : records) {
    node.words[slot].store(key_word(record.key(), node.shared_key_bytes),
                           std::memory_order_relaxed);
    node.records[slot].store(record.address(), std::memory_order_relaxed);
    ++slot;
  }
  node.order_word.store(Order::of_arrival(slot).word(), std::memory_order_relaxed);
}

// Whether a record at `place` of a full node looks like the next of an ascending or descending row:
// the last arrivals stand in a row just before it, or just behind.
enum class Trend { kNone, kUp, kDown };

Trend trend_at(Order order, unsigned place) {
  constexpr unsigned kRow = 3;
  bool up = place >= kRow;
  bool down = place + kRow <= kNodeSlots;
  for (unsigned back = 0; back < kRow; ++back) {
    const unsigned arrival = kNodeSlots - 1 - back;
    up = up && order.slot(place - 1 - back) == arrival;
    down = down && order.slot(place + back) == arrival;
  }
  return up ? Trend::kUp : down ? Trend::kDown : Trend::kNone;
}

// Whether the words leave keys of a node undecided that longer shared keys could tell apart.
bool gains_from(const Node& node, size_t shared) {
  if (shared <= node.shared_key_bytes) return false;
  const Order order = node.order();
  for (unsigned place = 1; place < order.count(); ++place) {
    const unsigned slot = order.slot(place - 1);
    const unsigned next = order.slot(place);
    if (node.word(slot) == node.word(next) && node.record(slot).key() != node.record(next).key()) {
      return true;
    }
  }
  return false;
}

// The node's records in order, with one more at `place`.
std::array<Record, kOverfull> with_record(const Node& node, unsigned place, Record record) {
  const Order order = node.order();
  std::array<Record, kOverfull> all;
  for (unsigned from = 0; from < kNodeSlots; ++from) {
    all[from + (from >= place)] = node.record(order.slot(from));
  }
  all[place] = record;
  return all;
}

Leaf* make_leaf(Arena& arena, size_t shared, std::span<const Record> records) {
  auto* leaf = new (arena.allocate(sizeof(Leaf), alignof(Leaf))) Leaf(shared);
  fill(*leaf, records);
  return leaf;
}

Inner* make_inner(Arena& arena, size_t shared, std::span<const Record> separators,
                  std::span<Node* const> children) {
  auto* inner = new (arena.allocate(sizeof(Inner), alignof(Inner))) Inner(shared);
  fill(*inner, separators);
  for (size_t i = 0; i < children.size(); ++i) {
    inner->children[i].store(children[i], std::memory_order_relaxed);
  }
  return inner;
}

// Which of the separators, one more at `place`, goes up, so that a row goes on in a node of its
// own.
unsigned separator_to_raise(Trend trend, unsigned place) {
  if (trend == Trend::kUp) return std::min(place + 1, kNodeSlots);
  if (trend == Trend::kDown) return place == 0 ? 0 : place - 1;
  return kOverfull / 2;
}

// Makes the two nodes that hold a full inner node's children, the pair in place of one.
Pair split_inner(Arena& arena, const Inner& node, unsigned passed, const Pair& pair,
                 const Range& range) {
  const Order order = node.order();
  const auto all_separators = with_record(node, passed, pair.separator);
  std::array<Node*, kOverfull + 1> all_children;
  for (unsigned from = 0; from <= kNodeSlots; ++from) {
    all_children[from + (from > passed)] = node.child(order, from).load(std::memory_order_relaxed);
  }
  all_children[passed] = pair.left;
  all_children[passed + 1] = pair.right;

  const unsigned raised = separator_to_raise(trend_at(order, passed), passed);
  const Record separator = all_separators[raised];
  const std::span<const Record> separators(all_separators);
  const std::span<Node* const> children(all_children);
  Inner* left = make_inner(arena, shared_key_bytes(range.low, separator), separators.first(raised),
                           children.first(raised + 1));
  Inner* right = make_inner(arena, shared_key_bytes(separator, range.high),
                            separators.subspan(raised + 1), children.subspan(raised + 1));
  return {left, separator, right};
}

// Puts the pair in place of the child that the first `height` steps lead to.
void replace_child(Arena& arena, std::atomic<Node*>& root, const Path& path, unsigned height,
                   const Pair& pair) {
  if (height == 0) {
    root.store(make_inner(arena, 0, {&pair.separator, 1}, std::array{pair.left, pair.right}),
               std::memory_order_release);
    return;
  }
  const auto& [parent, passed] = path.steps[height - 1];
  const Order order = parent->order();
  if (order.count() == kNodeSlots) {
    const Range range = range_below(path, height - 1);
    replace_child(arena, root, path, height - 1, split_inner(arena, *parent, passed, pair, range));
    return;
  }
  const uint64_t word = key_word(pair.separator.key(), parent->shared_key_bytes);
  parent->insert_separator(passed, word, pair.separator, pair.right);
  parent->child(order, passed).store(pair.left, std::memory_order_release);
}

// How many of the records, one more at `place`, go to the left.
unsigned leaf_cut(Trend trend, unsigned place) {
  if (trend == Trend::kUp) return std::min(place + 1, kNodeSlots);
  if (trend == Trend::kDown) return std::max(place, 1u);
  return kOverfull / 2;
}

}  // namespace

Leaf* split_leaf(Arena& arena, std::atomic<Node*>& root, Leaf* leaf, unsigned place,
                 Record record) {
  const Path path = find_path(root.load(std::memory_order_relaxed), {record.key(), record.seqno()});
  const Range range = range_below(path, path.height);
  const auto records = with_record(*leaf, place, record);
  const unsigned cut = leaf_cut(trend_at(leaf->order(), place), place);
  const Record separator = make_separator(arena, records[cut - 1], records[cut]);

  // At the end of a row the side without the new record stays the leaf that it was.
  const auto side = [&](unsigned begin, unsigned end, Record low, Record high) {
    const size_t shared = shared_key_bytes(low, high);
    const bool unchanged = end - begin == kNodeSlots && (place < begin || place >= end);
    if (unchanged && !gains_from(*leaf, shared)) return leaf;
    return make_leaf(arena, shared, std::span(records).subspan(begin, end - begin));
  };
  Leaf* left = side(0, cut, range.low, separator);
  Leaf* right = side(cut, kOverfull, separator, range.high);

  Leaf* previous = leaf->previous.load(std::memory_order_relaxed);
  Leaf* next = leaf->next.load(std::memory_order_relaxed);
  if (left != leaf) {
    left->previous.store(previous, std::memory_order_relaxed);
    left->next.store(right, std::memory_order_relaxed);
  }
  if (right != leaf) {
    right->previous.store(left, std::memory_order_relaxed);
    right->next.store(next, std::memory_order_relaxed);
  }

  replace_child(arena, root, path, path.height, {left, separator, right});
  // From here on nothing can fail.
  if (left == leaf) {
    left->next.store(right, std::memory_order_release);
  } else if (previous != nullptr) {
    previous->next.store(left, std::memory_order_release);
  }
  if (right == leaf) {
    right->previous.store(left, std::memory_order_release);
  } else if (next != nullptr) {
    next->previous.store(right, std::memory_order_release);
  }
  return right;
}

}  // namespace lsmkit
