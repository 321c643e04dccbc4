#include "lsmkit/memtable/tree.h"

#include "lsmkit/memtable/tree_search.h"
#include "lsmkit/memtable/tree_split.h"

namespace lsmkit {
namespace {

TreePosition first_of(const Leaf* leaf) {
  const Order order = leaf->order();
  return order.count() == 0 ? TreePosition{} : TreePosition{leaf, order, 0};
}

TreePosition last_of(const Leaf* leaf) {
  const Order order = leaf->order();
  return order.count() == 0 ? TreePosition{} : TreePosition{leaf, order, order.count() - 1};
}

// The records of a leaf lie scattered in memory: asked for at once they arrive side by side, while
// the cursor's user is busy with the first. `beyond` is the leaf that comes after.
void prefetch_records(const TreePosition& position, const Leaf* beyond) {
  if (beyond != nullptr) prefetch_node(beyond);
  for (unsigned slot = 0; slot < position.order.count(); ++slot) {
    __builtin_prefetch(position.leaf->record(slot).address());
  }
}

// The first record at or after the target, where the target was found to lie behind all of `leaf`.
// As a rule that is the first of the next leaf; but if the writer has narrowed the leaf's range
// since it was found, that one may come before the target.
TreePosition first_behind(const Leaf* leaf, const Target& target) {
  const Leaf* next = leaf->next.load(std::memory_order_acquire);
  TreePosition position = next == nullptr ? TreePosition{} : first_of(next);
  while (position.valid() && compare_record(position.record(), target) < 0) Tree::next(position);
  return position;
}

}  // namespace

Tree::Tree(Arena& arena) : arena_(arena) {
  rightmost_ = new (arena_.allocate(sizeof(Leaf), alignof(Leaf))) Leaf(0);
  root_.store(rightmost_, std::memory_order_relaxed);
}

Record Tree::insert(Record record) {
  const Target target{record.key(), record.seqno()};
  if (comes_last(target.key, target.seqno)) {
    add(rightmost_, rightmost_->order().count(), record);
    return Record();
  }
  Leaf* const leaf = lies_under_finger(target.key)
                         ? finger_.leaf
                         : find_leaf(root_.load(std::memory_order_relaxed), target);
  const Order order = leaf->order();
  const unsigned place = count_before<Ties::kBehind>(*leaf, order, target);
  if (place < order.count()) {
    const unsigned slot = order.slot(place);
    if (leaf->words[slot] == key_word(target.key, leaf->skipped_key_bytes)) {
      const Record at = leaf->record(slot);
      if (compare_record(at, target) == 0) {
        leaf->records[slot].store(record.address(), std::memory_order_release);
        return at;
      }
    }
  }
  add(leaf, place, record);
  return Record();
}

// Ascending inserts are known by one comparison and need no search.
bool Tree::comes_last(std::string_view key, Seqno seqno) const {
  const Order order = rightmost_->order();
  if (order.count() == 0) return true;
  const unsigned last = order.slot(order.count() - 1);
  return key_word(key, rightmost_->skipped_key_bytes) >= rightmost_->words[last] &&
         compare_record(rightmost_->record(last), {key, seqno}) < 0;
}

// Ascending inserts into the middle come to the same leaf several times over. Words tell where its
// first and last record stand, but only of keys that share what the words skip.
bool Tree::lies_under_finger(std::string_view key) const {
  if (finger_.leaf == nullptr) return false;
  const Leaf& leaf = *finger_.leaf;
  const size_t skipped = leaf.skipped_key_bytes;
  const Order order = leaf.order();
  if (order.count() == 0 || key.substr(0, skipped) != finger_.record.key().substr(0, skipped)) {
    return false;
  }
  const uint64_t word = key_word(key, skipped);
  return leaf.words[order.slot(0)] < word && word < leaf.words[order.slot(order.count() - 1)];
}

void Tree::add(Leaf* leaf, unsigned place, Record record) {
  if (leaf->order().count() < kNodeSlots) {
    leaf->insert(place, key_word(record.key(), leaf->skipped_key_bytes), record);
    finger_ = {leaf, record};
    return;
  }
  Leaf* right = split_leaf(arena_, root_, leaf, place, record);
  finger_ = {};  // it may be what was split
  if (leaf == rightmost_) rightmost_ = right;
}

Record Tree::find(std::string_view key, Seqno seqno) const {
  const Target target{key, seqno};
  const Leaf* leaf = find_leaf(root_.load(std::memory_order_acquire), target);
  const Order order = leaf->order();
  const unsigned place = count_before<Ties::kBehind>(*leaf, order, target);
  Record record;
  if (place < order.count()) {
    const unsigned slot = order.slot(place);
    if (leaf->words[slot] != key_word(key, leaf->skipped_key_bytes)) return Record();
    record = leaf->record(slot);
  } else {
    const TreePosition position = first_behind(leaf, target);
    if (!position.valid()) return Record();
    record = position.record();
  }
  return record.key() == key ? record : Record();
}

TreePosition Tree::seek(std::string_view key, Seqno seqno) const {
  const Target target{key, seqno};
  const Leaf* leaf = find_leaf(root_.load(std::memory_order_acquire), target);
  const Order order = leaf->order();
  const unsigned place = count_before<Ties::kBehind>(*leaf, order, target);
  return place < order.count() ? TreePosition{leaf, order, place} : first_behind(leaf, target);
}

TreePosition Tree::first() const {
  const Node* node = root_.load(std::memory_order_acquire);
  while (!node->is_leaf) {
    node = child_behind(static_cast<const Inner&>(*node), [](Order) { return 0u; });
  }
  return first_of(static_cast<const Leaf*>(node));
}

TreePosition Tree::last() const {
  const Node* node = root_.load(std::memory_order_acquire);
  while (!node->is_leaf) {
    node = child_behind(static_cast<const Inner&>(*node), [](Order o) { return o.count(); });
  }
  return last_of(static_cast<const Leaf*>(node));
}

void Tree::next(TreePosition& position) {
  if (++position.place < position.order.count()) return;
  const Leaf* next = position.leaf->next.load(std::memory_order_acquire);
  position = next == nullptr ? TreePosition{} : first_of(next);
  if (next != nullptr) prefetch_records(position, next->next.load(std::memory_order_acquire));
}

void Tree::prev(TreePosition& position) {
  if (position.place-- > 0) return;
  const Leaf* previous = position.leaf->previous.load(std::memory_order_acquire);
  position = previous == nullptr ? TreePosition{} : last_of(previous);
  if (previous != nullptr) {
    prefetch_records(position, previous->previous.load(std::memory_order_acquire));
  }
}

}  // namespace lsmkit
