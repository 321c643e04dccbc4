// Which data block holds a key. On disk: partitions of separators with their common prefix removed,
// and a top that lists the partitions. In memory: the first eight bytes of each separator (after
// the prefix that all of a table share) side by side, so that a search touches few cache lines.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lsmkit/format/separator.h"
#include "lsmkit/format/table_format.h"

namespace lsmkit {

// One partition (or the top): common prefix | count varint | (suffix | bytes varint) each, after
// the offset of the first block; further blocks follow without gaps.
struct IndexEntry {
  std::string separator;  // at or above every key of the block, below every key of the next one
  uint64_t bytes = 0;     // of the stored block, its trailer not counted
};
std::string encode_index(const std::vector<IndexEntry>& entries, uint64_t first_offset);

// Where the partitions stand that a top lists. Throws DecodeError.
std::vector<BlockHandle> partitions_of(std::string_view top);

class IndexReader {
 public:
  // Adds what one partition says. Throws DecodeError.
  void add(std::string_view partition);
  // Call once all partitions are in.
  void finish();

  size_t block_count() const { return handles_.size(); }
  const BlockHandle& handle(size_t block) const { return handles_[block]; }
  std::string_view separator(size_t block) const;
  // The first block, of those from `from` on, whose separator is at or above `key`; block_count()
  // if there is none. Cheapest where that is near `from`, or for the first one.
  size_t find(std::string_view key, size_t from = 0) const;
  uint64_t separator_bytes() const { return keys_.size(); }  // of all of them

 private:
  std::string keys_;                // all separators, one after the other
  std::vector<uint64_t> key_ends_;  // in keys_
  std::vector<BlockHandle> handles_;
  std::vector<uint64_t> prefixes_;  // of separators, past shared_bytes_
  size_t shared_bytes_ = 0;         // that all separators have in common
};

}  // namespace lsmkit
