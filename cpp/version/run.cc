#include "lsmkit/version/run.h"

#include <algorithm>
#include <queue>

namespace lsmkit {
namespace {

using Node = Run::Tree::Node;

// next_weight / weight, compared exactly.
bool overlaps_less(const RunItem& a, const RunItem& b) {
  using Wide = unsigned __int128;
  return Wide{a.next_weight} * std::max<uint64_t>(b.table->weight, 1) <
         Wide{b.next_weight} * std::max<uint64_t>(a.table->weight, 1);
}

bool more_tombstones(const RunItem& a, const RunItem& b) {
  using Wide = unsigned __int128;
  const auto rewritten = [](const RunItem& item) {
    return Wide{item.table->weight} + item.next_weight + 1;
  };
  return Wide{a.table->tombstone_count} * rewritten(b) >
         Wide{b.table->tombstone_count} * rewritten(a);
}

bool comes_before(TableOrder order, const RunItem& a, const RunItem& b) {
  switch (order) {
    case TableOrder::kOverlap:
      return overlaps_less(a, b);
    case TableOrder::kSmallestSeqno:
      return a.table->smallest_seqno < b.table->smallest_seqno;
    case TableOrder::kLargestSeqno:
      return a.table->largest_seqno < b.table->largest_seqno;
    case TableOrder::kTombstones:
      return more_tombstones(a, b);
  }
  return false;
}

bool meets(const TableMeta& table, std::string_view smallest, std::string_view largest) {
  return !ends_before(table, smallest) && !starts_after(table, largest);
}

void collect(const Node* node, std::string_view smallest, std::string_view largest,
             std::vector<TableRef>& out) {
  if (node == nullptr) return;
  const TableMeta& table = *node->item.table;
  const bool ends = ends_before(table, smallest);
  const bool starts = starts_after(table, largest);
  if (!ends) collect(node->left.get(), smallest, largest, out);
  if (!ends && !starts) out.push_back(node->item.table);
  if (!starts) collect(node->right.get(), smallest, largest, out);
}

void collect_stretch(const Node* node, size_t first, size_t end, std::vector<TableRef>& out) {
  if (node == nullptr || first >= end) return;
  const size_t before = node->left ? node->left->sums.table_count : 0;
  if (first < before) collect_stretch(node->left.get(), first, std::min(end, before), out);
  if (first <= before && before < end) out.push_back(node->item.table);
  if (end > before + 1)
    collect_stretch(node->right.get(), first > before ? first - before - 1 : 0, end - before - 1,
                    out);
}

uint64_t weight_within(const Node* node, std::string_view smallest, std::string_view largest) {
  if (node == nullptr) return 0;
  const RunSums& sums = node->sums;
  if (ends_before(*sums.last->table, smallest) || starts_after(*sums.first->table, largest))
    return 0;
  if (!ends_before(*sums.first->table, smallest) && !starts_after(*sums.last->table, largest))
    return sums.weight;
  return weight_within(node->left.get(), smallest, largest) +
         (meets(*node->item.table, smallest, largest) ? node->item.table->weight : 0) +
         weight_within(node->right.get(), smallest, largest);
}

TableRef table_of(const RunItem* item) {
  return item != nullptr ? item->table : nullptr;
}

}  // namespace

RunSums::RunSums(const RunItem& item, const RunSums* left, const RunSums* right)
    : table_count(1),
      weight(item.table->weight),
      file_bytes(item.table->file_bytes),
      entry_count(item.table->entry_count),
      tombstone_count(item.table->tombstone_count),
      smallest_seqno(item.table->smallest_seqno),
      largest_seqno(item.table->largest_seqno),
      first(left ? left->first : &item),
      last(right ? right->last : &item) {
  for (size_t i = 0; i < kTableOrders; ++i) {
    const auto order = static_cast<TableOrder>(i);
    const RunItem* first_of_all = left ? left->foremost[i] : &item;
    for (const RunItem* later : {&item, right ? right->foremost[i] : &item}) {
      if (comes_before(order, *later, *first_of_all)) first_of_all = later;
    }
    foremost[i] = first_of_all;
  }
  for (const RunSums* side : {left, right}) {
    if (side == nullptr) continue;
    table_count += side->table_count;
    weight += side->weight;
    file_bytes += side->file_bytes;
    entry_count += side->entry_count;
    tombstone_count += side->tombstone_count;
    smallest_seqno = std::min(smallest_seqno, side->smallest_seqno);
    largest_seqno = std::max(largest_seqno, side->largest_seqno);
  }
}

std::string_view Run::smallest_key() const {
  return root_->sums.first->table->smallest.key;
}

std::string_view Run::largest_key() const {
  return root_->sums.last->table->largest.key;
}

std::vector<TableRef> Run::tables() const {
  std::vector<TableRef> all;
  all.reserve(table_count());
  for_each([&](const TableRef& table) { all.push_back(table); });
  return all;
}

std::vector<TableRef> Run::stretch(size_t first, size_t count) const {
  std::vector<TableRef> found;
  collect_stretch(root_.get(), first, std::min(first + count, table_count()), found);
  return found;
}

std::vector<TableRef> Run::overlapping(std::string_view smallest, std::string_view largest) const {
  std::vector<TableRef> met;
  collect(root_.get(), smallest, largest, met);
  return met;
}

uint64_t Run::overlapping_weight(std::string_view smallest, std::string_view largest) const {
  return weight_within(root_.get(), smallest, largest);
}

bool Run::overlaps(std::string_view smallest, std::string_view largest) const {
  const TableRef table = first_not_before(smallest);
  return table && !starts_after(*table, largest);
}

TableRef Run::first_not_before(std::string_view key) const {
  return table_of(Tree::first_where(
      root_, [&](const RunItem& item) { return !ends_before(*item.table, key); }));
}

TableRef Run::first_after(std::string_view key) const {
  return table_of(Tree::first_where(
      root_, [&](const RunItem& item) { return starts_after(*item.table, key); }));
}

TableRef Run::last_before(std::string_view key) const {
  return table_of(
      Tree::last_where(root_, [&](const RunItem& item) { return ends_before(*item.table, key); }));
}

// A subtree waits at its foremost item's place; when its turn comes, it gives way to its own item
// and its two halves.
void Run::for_each_in(TableOrder order,
                      const std::function<bool(const TableRef&, uint64_t)>& f) const {
  struct Waiting {
    const RunItem* item;
    const Node* subtree;  // null: the item alone
  };
  const auto later = [order](const Waiting& a, const Waiting& b) {
    if (comes_before(order, *a.item, *b.item)) return false;
    if (comes_before(order, *b.item, *a.item)) return true;
    return a.item->table->smallest.key > b.item->table->smallest.key;
  };
  std::priority_queue<Waiting, std::vector<Waiting>, decltype(later)> queue(later);
  const auto enter = [&](const Node* node) {
    if (node != nullptr) queue.push({node->sums.foremost[static_cast<size_t>(order)], node});
  };
  enter(root_.get());
  while (!queue.empty()) {
    const Waiting next = queue.top();
    queue.pop();
    if (next.subtree == nullptr) {
      if (f(next.item->table, next.item->next_weight)) return;
      continue;
    }
    queue.push({&next.subtree->item, nullptr});
    enter(next.subtree->left.get());
    enter(next.subtree->right.get());
  }
}

}  // namespace lsmkit
