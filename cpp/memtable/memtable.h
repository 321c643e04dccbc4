// Sorted writes in memory: an ordered index over an arena. One writer, any number of readers
// without locks.
//
// STUB HEADER: the seam. The floor's author refines what is private.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string_view>

#include "lsmkit/bytes/key.h"
#include "lsmkit/iter/cursor.h"
#include "lsmkit/memtable/arena.h"

namespace lsmkit {

// What a point lookup found. The value lives as long as the memtable.
struct MemtableHit {
  Seqno seqno;
  Kind kind;
  std::string_view value;
};

class Memtable {
 public:
  Memtable();
  ~Memtable();
  Memtable(const Memtable&) = delete;
  Memtable& operator=(const Memtable&) = delete;

  // Copies the entry in. One thread at a time. An entry of the same (key, seqno) leaves the order
  // and is no longer weighed: within a commit the last word on a key wins.
  // Requires: entry.seqno is above every published seqno, so no reader can ask for it yet.
  void insert(const Entry& entry);

  // The newest entry of `key` at or below `seqno`, whatever its kind. Any thread, at any time.
  std::optional<MemtableHit> get(std::string_view key, Seqno seqno) const;

  uint64_t weight() const;           // of the entries in the order
  uint64_t entry_count() const;      // likewise
  uint64_t allocated_bytes() const;  // by the arena
  bool empty() const { return entry_count() == 0; }
  Seqno smallest_seqno() const;  // 0 while empty
  Seqno largest_seqno() const;

  class MemtableCursor cursor() const;  // Satisfies Cursor; valid while the memtable lives.
};

}  // namespace lsmkit
