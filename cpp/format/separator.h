// The keys of an index: which one stands for a block, and how many a partition takes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "lsmkit/bytes/key.h"
#include "lsmkit/format/table_format.h"

namespace lsmkit {

// The shortest key at or above `last` and below `next`: one byte past their common prefix suffices.
// Where both are one user key, that key. A piece of one of the two.
std::string_view shortest_separator(std::string_view last, std::string_view next);
// The same, of keys that are known to begin with so many bytes in common: these are not looked at.
inline std::string_view shortest_separator(std::string_view last, std::string_view next,
                                           size_t shared) {
  // One byte past the common prefix, `next` itself cut there is above `last`, and is below `next`
  // unless it is all of it.
  return shared + 1 < next.size() && shared < last.size() ? next.substr(0, shared + 1) : last;
}

// What one more separator adds to a partition. Past kIndexPartitionBytes a partition takes no more,
// so its common prefix can't make a few bytes on disk many in memory.
inline uint64_t index_weight(std::string_view separator) {
  return separator.size() + 4;
}

// Where the partition ends that begins with that entry.
template <class Entries>  // of which each has a `separator`
size_t partition_end(const Entries& entries, size_t begin) {
  size_t end = begin;
  uint64_t weight = 0;
  while (end < entries.size() && (end == begin || weight < kIndexPartitionBytes))
    weight += index_weight(entries[end++].separator);
  return end;
}

}  // namespace lsmkit
