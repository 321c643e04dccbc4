// The slow clear statement of what holds of every version (V1 to V9 in version.h).
#include <algorithm>
#include <array>
#include <stdexcept>

#include "lsmkit/version/version.h"

namespace lsmkit {
namespace {

void require(bool ok, const char* invariant, uint32_t level, const std::string& what) {
  if (!ok)
    throw std::logic_error(std::string(invariant) + " broken in L" + std::to_string(level) + ": " +
                           what);
}

void check_order(uint32_t level, const std::vector<TableRef>& tables) {
  for (const TableRef& table : tables)
    require(covers_something(*table), "V1", level, "bounds of table " + to_text(table->number));
  for (size_t i = 1; i < tables.size(); ++i) {
    const std::string pair =
        "tables " + to_text(tables[i - 1]->number) + " and " + to_text(tables[i]->number);
    require(tables[i - 1]->smallest.key < tables[i]->smallest.key, "V1", level, pair);
    require(ends_before(*tables[i - 1], tables[i]->smallest.key), "V2", level, pair);
  }
}

void check_sums(uint32_t level, const Run& run, const std::vector<TableRef>& tables) {
  uint64_t weight = 0, file_bytes = 0, entries = 0, tombstones = 0;
  Seqno smallest = UINT64_MAX, largest = 0;
  for (const TableRef& table : tables) {
    weight += table->weight;
    file_bytes += table->file_bytes;
    entries += table->entry_count;
    tombstones += table->tombstone_count;
    smallest = std::min(smallest, table->smallest_seqno);
    largest = std::max(largest, table->largest_seqno);
  }
  require(run.table_count() == tables.size() && run.weight() == weight &&
              run.file_bytes() == file_bytes && run.entry_count() == entries &&
              run.tombstone_count() == tombstones && run.smallest_seqno() == smallest &&
              run.largest_seqno() == largest &&
              run.smallest_key() == tables.front()->smallest.key &&
              run.largest_key() == tables.back()->largest.key,
          "V6", level, "run " + std::to_string(run.id()));
}

void check_runs(uint32_t level, const Level& here) {
  for (size_t i = 0; i < here.runs.size(); ++i) {
    const Run& run = here.runs[i];
    require(!run.empty(), "V4", level, "an empty run");
    const Run* older = i + 1 < here.runs.size() ? &here.runs[i + 1] : nullptr;
    require(older == nullptr || run.id() > older->id(), "V4", level, "order of runs");
    if (level > 0) continue;
    require(run.largest_seqno() <= run.id(), "V5", level, "id of run " + std::to_string(run.id()));
    require(older == nullptr || run.smallest_seqno() > older->largest_seqno(), "V5", level,
            "seqnos of run " + std::to_string(run.id()));
  }
}

void check_level_sums(uint32_t level, const Level& here) {
  Level anew;
  for (const Run& run : here.runs) anew.put(run);
  require(here.weight() == anew.weight() && here.file_bytes() == anew.file_bytes() &&
              here.entry_count() == anew.entry_count() && here.table_count() == anew.table_count(),
          "V6", level, "the level");
}

// What each table overlaps in the next level, in key order.
std::vector<uint64_t> overlapped_weights(const std::vector<TableRef>& tables, const Level& next) {
  std::vector<uint64_t> weights(tables.size());
  for (const Run& run : next.runs) {
    const std::vector<TableRef> others = run.tables();
    size_t first = 0;
    for (size_t i = 0; i < tables.size(); ++i) {
      while (first < others.size() && ends_before(*others[first], tables[i]->smallest.key)) ++first;
      for (size_t j = first; j < others.size() && !starts_after(*others[j], tables[i]->largest.key);
           ++j)
        weights[i] += others[j]->weight;
    }
  }
  return weights;
}

bool costs_less(const RunItem* a, const RunItem* b) {
  using Wide = unsigned __int128;
  const auto cost = [](const RunItem* item, const RunItem* per) {
    return Wide{item->next_weight} * std::max<uint64_t>(per->table->weight, 1);
  };
  return cost(a, b) < cost(b, a);
}

bool denser(const RunItem* a, const RunItem* b) {
  using Wide = unsigned __int128;
  const auto count = [](const RunItem* item, const RunItem* per) {
    return Wide{item->table->tombstone_count} * (Wide{per->next_weight} + per->table->weight + 1);
  };
  return count(a, b) > count(b, a);
}

// Walks in key order, `overlapped` pointing at the next table's weight; returns the subtree's
// foremost of each order.
std::array<const RunItem*, kTableOrders> check_index(uint32_t level, const Run::Tree::Root& node,
                                                     const uint64_t*& overlapped) {
  if (!node) return {};
  const std::string name = to_text(node->item.table->number);
  const auto left = check_index(level, node->left, overlapped);
  require(node->item.next_weight == *overlapped++, "V7", level, "overlap of " + name);
  const auto right = check_index(level, node->right, overlapped);
  std::array<const RunItem*, kTableOrders> foremost;
  foremost.fill(&node->item);
  for (size_t i = 0; i < kTableOrders; ++i) {
    const auto comes_first = [&](const RunItem* a, const RunItem* b) {
      if (i == static_cast<size_t>(TableOrder::kOverlap)) return costs_less(a, b);
      if (i == static_cast<size_t>(TableOrder::kTombstones)) return denser(a, b);
      return i == static_cast<size_t>(TableOrder::kSmallestSeqno)
                 ? a->table->smallest_seqno < b->table->smallest_seqno
                 : a->table->largest_seqno < b->table->largest_seqno;
    };
    if (left[i] && !comes_first(foremost[i], left[i])) foremost[i] = left[i];
    if (right[i] && comes_first(right[i], foremost[i])) foremost[i] = right[i];
    require(node->sums.foremost[i] == foremost[i], "V7", level, "what goes first beside " + name);
  }
  return foremost;
}

void check_balanced(uint32_t level, const Run::Tree::Root& node) {
  if (!node) return;
  const unsigned left = Run::Tree::height(node->left);
  const unsigned right = Run::Tree::height(node->right);
  require(left <= right + 1 && right <= left + 1, "V8", level, "the tree of a run");
  check_balanced(level, node->left);
  check_balanced(level, node->right);
}

}  // namespace

void Version::check_invariants() const {
  std::vector<TableNumber> numbers;
  for (uint32_t n = 0; n < level_count(); ++n) {
    const Level& here = level(n);
    check_runs(n, here);
    check_level_sums(n, here);
    for (const Run& run : here.runs) {
      const std::vector<TableRef> tables = run.tables();
      check_order(n, tables);
      check_sums(n, run, tables);
      const std::vector<uint64_t> overlapped = n == 0 || n + 1 == level_count()
                                                   ? std::vector<uint64_t>(tables.size())
                                                   : overlapped_weights(tables, level(n + 1));
      const uint64_t* next = overlapped.data();
      check_index(n, run.root(), next);
      check_balanced(n, run.root());
      for (const TableRef& table : tables) {
        const auto place = find(table->number);
        require(place && place->level == n && place->run == run.id() && place->table == table, "V9",
                n, "table " + to_text(table->number));
        numbers.push_back(table->number);
      }
    }
  }
  std::sort(numbers.begin(), numbers.end());
  require(std::adjacent_find(numbers.begin(), numbers.end()) == numbers.end(), "V3", 0,
          "a table number stands twice");
  require(numbers.size() == table_count(), "V9", 0, "tables listed that don't stand");
}

}  // namespace lsmkit
