// Sorted writes in memory: an ordered index over an arena. One writer, any number of readers
// without locks.
#pragma once

#include "lsmkit/iter/cursor.h"
#include "lsmkit/memtable/skiplist_memtable.h"

namespace lsmkit {

class Memtable : public SkiplistMemtable {};
class MemtableCursor : public SkiplistMemtable::CursorType {
 public:
  MemtableCursor(SkiplistMemtable::CursorType base) : CursorType(base) {}
};
static_assert(Cursor<MemtableCursor>);

}  // namespace lsmkit
