// A memtable as a skip list: the slow clear version, which the tests hold the B+-tree against and
// the benchmark measures it by.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <optional>
#include <string_view>

#include "lsmkit/bytes/hash.h"
#include "lsmkit/bytes/key.h"
#include "lsmkit/memtable/arena.h"
#include "lsmkit/memtable/memtable.h"
#include "lsmkit/memtable/record.h"

namespace lsmkit {

class SkiplistMemtable {
 public:
  SkiplistMemtable() : head_(new_node(kMaxHeight)) {}
  SkiplistMemtable(const SkiplistMemtable&) = delete;
  SkiplistMemtable& operator=(const SkiplistMemtable&) = delete;

  void insert(const Entry& entry) {
    std::array<Node*, kMaxHeight> before;
    Node* found = seek(entry.key, entry.seqno, &before);
    const Record record = Record::copy(arena_, entry);
    if (found != nullptr && compare(found->at(), entry.key, entry.seqno) == 0) {
      add(weight_, record.weight() - found->at().weight());
      found->record.store(record.address(), std::memory_order_release);
      return;
    }
    const unsigned height = draw_height();
    Node* node = new_node(height);
    node->record.store(record.address(), std::memory_order_relaxed);
    for (unsigned level = 0; level < height; ++level) {
      node->next(level).store(before[level]->next(level).load(std::memory_order_relaxed),
                              std::memory_order_relaxed);
      before[level]->next(level).store(node, std::memory_order_release);
    }
    add(weight_, record.weight());
    add(entry_count_, 1);
    if (entry_count() == 1 || entry.seqno < smallest_seqno()) {
      smallest_seqno_.store(entry.seqno, std::memory_order_relaxed);
    }
    if (entry.seqno > largest_seqno()) largest_seqno_.store(entry.seqno, std::memory_order_relaxed);
  }

  std::optional<MemtableHit> get(std::string_view key, Seqno seqno) const {
    const Node* node = seek(key, seqno, nullptr);
    if (node == nullptr) return std::nullopt;
    const Record record = node->at();
    if (record.key() != key) return std::nullopt;
    return MemtableHit{record.seqno(), record.kind(), record.value()};
  }

  uint64_t weight() const { return weight_.load(std::memory_order_relaxed); }
  uint64_t entry_count() const { return entry_count_.load(std::memory_order_relaxed); }
  uint64_t allocated_bytes() const { return arena_.allocated_bytes(); }
  bool empty() const { return entry_count() == 0; }
  Seqno smallest_seqno() const { return smallest_seqno_.load(std::memory_order_relaxed); }
  Seqno largest_seqno() const { return largest_seqno_.load(std::memory_order_relaxed); }

  class CursorType;
  inline CursorType cursor() const;

 private:
  static constexpr unsigned kMaxHeight = 12;

  struct Node {
    std::atomic<const char*> record;
    Record at() const { return Record(record.load(std::memory_order_acquire)); }
    std::atomic<Node*>& next(unsigned level) {
      return reinterpret_cast<std::atomic<Node*>*>(this + 1)[level];
    }
    const std::atomic<Node*>& next(unsigned level) const {
      return reinterpret_cast<const std::atomic<Node*>*>(this + 1)[level];
    }
  };

  static int compare(Record record, std::string_view key, Seqno seqno) {
    return compare_internal(record.key(), record.seqno(), key, seqno);
  }

  static void add(std::atomic<uint64_t>& counter, uint64_t by) {
    counter.store(counter.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
  }

  Node* new_node(unsigned height) {
    char* memory =
        arena_.allocate(sizeof(Node) + height * sizeof(std::atomic<Node*>), alignof(Node));
    Node* node = new (memory) Node{nullptr};
    for (unsigned level = 0; level < height; ++level) {
      new (&node->next(level)) std::atomic<Node*>(nullptr);
    }
    return node;
  }

  // Each level holds a quarter of the one below.
  unsigned draw_height() {
    const auto zeros = static_cast<unsigned>(std::countr_zero(mix64(++drawn_)));
    return std::min(1 + zeros / 2, kMaxHeight);
  }

  // The first node at or after (key, seqno), and the node before it on every level.
  Node* seek(std::string_view key, Seqno seqno, std::array<Node*, kMaxHeight>* before) const {
    Node* node = head_;
    Node* found = nullptr;
    for (unsigned level = kMaxHeight; level-- > 0;) {
      for (;;) {
        found = node->next(level).load(std::memory_order_acquire);
        if (found == nullptr) break;
        if (compare(found->at(), key, seqno) >= 0) break;
        node = found;
      }
      if (before != nullptr) (*before)[level] = node;
    }
    return found;
  }

  // The last node before (key, seqno), or of all.
  const Node* before(const Record* record) const {
    const Node* node = head_;
    for (unsigned level = kMaxHeight; level-- > 0;) {
      for (;;) {
        const Node* next = node->next(level).load(std::memory_order_acquire);
        if (next == nullptr) break;
        if (record != nullptr && compare(next->at(), record->key(), record->seqno()) >= 0) break;
        node = next;
      }
    }
    return node == head_ ? nullptr : node;
  }

  Arena arena_;
  Node* const head_;
  uint64_t drawn_ = 0;
  std::atomic<uint64_t> weight_ = 0;
  std::atomic<uint64_t> entry_count_ = 0;
  std::atomic<Seqno> smallest_seqno_ = 0;
  std::atomic<Seqno> largest_seqno_ = 0;
};

class SkiplistMemtable::CursorType {
 public:
  explicit CursorType(const SkiplistMemtable& memtable) : memtable_(&memtable) {}

  bool valid() const { return node_ != nullptr; }
  void seek_to_first() { stand_on(memtable_->head_->next(0).load(std::memory_order_acquire)); }
  void seek_to_last() { stand_on(memtable_->before(nullptr)); }
  void seek(std::string_view key, Seqno seqno) { stand_on(memtable_->seek(key, seqno, nullptr)); }
  void next() { stand_on(node_->next(0).load(std::memory_order_acquire)); }
  void prev() { stand_on(memtable_->before(&record_)); }

  std::string_view key() const { return record_.key(); }
  Seqno seqno() const { return record_.seqno(); }
  Kind kind() const { return record_.kind(); }
  std::string_view value() const { return record_.value(); }

 private:
  void stand_on(const Node* node) {
    node_ = node;
    if (node != nullptr) record_ = node->at();
  }

  const SkiplistMemtable* memtable_;
  const Node* node_ = nullptr;
  Record record_;
};

inline SkiplistMemtable::CursorType SkiplistMemtable::cursor() const {
  return CursorType(*this);
}

}  // namespace lsmkit
