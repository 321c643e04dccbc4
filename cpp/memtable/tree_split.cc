#include "lsmkit/memtable/tree_split.h"

#include <algorithm>
#include <cassert>
#include <span>

#include "lsmkit/memtable/tree_search.h"

namespace lsmkit {
namespace {

constexpr unsigned kOverfull = kNodeSlots + 1;

// A record of a node that is being split, and its word there.
struct Item {
  Record record;
  uint64_t word = 0;
};
using Items = std::span<const Item>;

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
  return static_cast<size_t>(std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first -
                             a.begin());
}

// As few key bytes as part `left` from `right`.
Record make_separator(Arena& arena, Record left, Record right) {
  const std::string_view key = right.key();
  if (left.key() == key) return Record::copy(arena, {key, right.seqno(), Kind::kPut, {}});
  const size_t common = common_prefix_bytes(left.key(), key);
  return Record::copy(arena, {key.substr(0, common + 1), kMaxSeqno, Kind::kPut, {}});
}

// A full node's items in order, with one more at `place`.
std::array<Item, kOverfull> with_record(const Node& node, unsigned place, Record record) {
  const Order order = node.order();
  std::array<Item, kOverfull> items;
  for (unsigned from = 0; from < kNodeSlots; ++from) {
    const unsigned slot = order.slot(from);
    items[from + (from >= place)] = {node.record(slot), node.words[slot]};
  }
  items[place] = {record, key_word(record.key(), node.skipped_key_bytes)};
  return items;
}

// Whether there are keys that the words do not tell apart.
bool undecided(Items items) {
  const auto same_word = [](const Item& a, const Item& b) {
    return a.word == b.word && a.record.key() != b.record.key();
  };
  return std::ranges::adjacent_find(items, same_word) != items.end();
}

// How many key bytes the words of a new node skip: as many as those of the node it comes from, so
// that no record need be touched, unless these leave keys undecided; then all that its keys share.
size_t bytes_to_skip(const Node& old, Items all_items, Record low, Record high) {
  if (!low || !high || !undecided(all_items)) return old.skipped_key_bytes;
  return common_prefix_bytes(low.key(), high.key());
}

void fill(Node& node, Items items, size_t skipped_by_words) {
  const bool same_words = node.skipped_key_bytes == skipped_by_words;
  unsigned slot = 0;
  for (const auto& [record, word] : items) {
    node.words[slot] = same_words ? word : key_word(record.key(), node.skipped_key_bytes);
    node.records[slot].store(record.address(), std::memory_order_relaxed);
    ++slot;
  }
  node.order_word.store(Order::of_arrival(slot).word(), std::memory_order_relaxed);
}

Leaf* make_leaf(Arena& arena, size_t skipped, Items items, size_t skipped_by_words) {
  auto* leaf = new (arena.allocate(sizeof(Leaf), alignof(Leaf))) Leaf(skipped);
  fill(*leaf, items, skipped_by_words);
  return leaf;
}

Inner* make_inner(Arena& arena, size_t skipped, Items separators, size_t skipped_by_words,
                  std::span<Node* const> children) {
  auto* inner = new (arena.allocate(sizeof(Inner), alignof(Inner))) Inner(skipped);
  fill(*inner, separators, skipped_by_words);
  for (size_t i = 0; i < children.size(); ++i) {
    inner->children[i].store(children[i], std::memory_order_relaxed);
  }
  return inner;
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

// How many of a leaf's records, one more at `place`, go to the left. A row is cut off from what
// lies beyond it; once it has a leaf to itself and fills it, the new record begins the next.
unsigned leaf_cut(Trend trend, unsigned place) {
  if (trend == Trend::kUp) return std::min(place + 1, kNodeSlots);
  if (trend == Trend::kDown) return std::max(place, 1u);
  return kOverfull / 2;
}

// Which of the separators, one more at `place`, goes up: likewise.
unsigned separator_to_raise(Trend trend, unsigned place) {
  if (trend == Trend::kUp) return std::min(place + 1, kNodeSlots);
  if (trend == Trend::kDown) return place == 0 ? 0 : place - 1;
  return kOverfull / 2;
}

// Makes the two nodes that hold a full inner node's children, the pair in place of one.
Pair split_inner(Arena& arena, const Inner& node, unsigned passed, const Pair& pair,
                 const Range& range) {
  const Order order = node.order();
  std::array<Node*, kOverfull + 1> all_children;
  for (unsigned from = 0; from <= kNodeSlots; ++from) {
    all_children[from + (from > passed)] = node.child(order, from).load(std::memory_order_relaxed);
  }
  all_children[passed] = pair.left;
  all_children[passed + 1] = pair.right;
  const std::span<Node* const> children(all_children);

  const auto all_separators = with_record(node, passed, pair.separator);
  const Items separators(all_separators);
  const unsigned raised = separator_to_raise(trend_at(order, passed), passed);
  const Record separator = separators[raised].record;
  const auto side = [&](unsigned begin, unsigned end, Record low, Record high) {
    return make_inner(arena, bytes_to_skip(node, separators, low, high),
                      separators.subspan(begin, end - begin), node.skipped_key_bytes,
                      children.subspan(begin, end - begin + 1));
  };
  Inner* left = side(0, raised, range.low, separator);
  Inner* right = side(raised + 1, kOverfull, separator, range.high);
  return {left, separator, right};
}

// Puts the pair in place of the child that the first `height` steps lead to.
void replace_child(Arena& arena, std::atomic<Node*>& root, const Path& path, unsigned height,
                   const Pair& pair) {
  if (height == 0) {
    const Item separator{pair.separator, key_word(pair.separator.key(), 0)};
    root.store(make_inner(arena, 0, {&separator, 1}, 0, std::array{pair.left, pair.right}),
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
  const uint64_t word = key_word(pair.separator.key(), parent->skipped_key_bytes);
  parent->insert_separator(passed, word, pair.separator, pair.right);
  parent->child(order, passed).store(pair.left, std::memory_order_release);
}

}  // namespace

Leaf* split_leaf(Arena& arena, std::atomic<Node*>& root, Leaf* leaf, unsigned place,
                 Record record) {
  const Target target{record.key(), record.seqno()};
  const Path path = find_path(root.load(std::memory_order_relaxed), target);
  const Range range = range_below(path, path.height);
  const auto all_items = with_record(*leaf, place, record);
  const Items items(all_items);
  const unsigned cut = leaf_cut(trend_at(leaf->order(), place), place);
  const Record separator = make_separator(arena, items[cut - 1].record, items[cut].record);

  // At the end of a row the side without the new record stays the leaf that it was.
  const auto side = [&](unsigned begin, unsigned end, Record low, Record high) {
    const size_t skipped = bytes_to_skip(*leaf, items, low, high);
    const bool unchanged = end - begin == kNodeSlots && (place < begin || place >= end);
    if (unchanged && skipped == leaf->skipped_key_bytes) return leaf;
    return make_leaf(arena, skipped, items.subspan(begin, end - begin), leaf->skipped_key_bytes);
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
