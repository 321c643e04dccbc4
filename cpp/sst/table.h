// Reads a table: point lookups, cursors, and a check of every byte. Thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "lsmkit/bytes/key.h"
#include "lsmkit/format/table_properties.h"
#include "lsmkit/lookup/filter.h"
#include "lsmkit/sst/block_cache.h"
#include "lsmkit/sst/compression.h"
#include "lsmkit/sst/index.h"
#include "lsmkit/vfs/file_system.h"

namespace lsmkit {

class TableCursor;

struct ReadHints {
  bool fill_cache = true;
  // How far ahead a cursor that walks on reads at once. 0: found out by itself, up to 256 KiB.
  uint64_t readahead_bytes = 0;
  bool use_cache = true;  // false: every block is read from the file
  // Called before each read of the file, and may throw. Outlives the cursor.
  const std::function<void()>* before_read = nullptr;
};

struct TableGetStats {
  bool filter_negative = false;
};

struct TableHit {
  Seqno seqno = 0;
  Kind kind = Kind::kPut;
  std::string_view value;
  std::shared_ptr<const void> owner;  // keeps the value's bytes
};

enum class TableGetResult { kFound, kAbsent, kWouldBlock };

// One key of a group.
struct GroupLookup {
  std::string_view key;
  uint64_t hash = 0;  // hash_bytes(key)
  TableGetResult result = TableGetResult::kAbsent;
  TableHit hit;
  TableGetStats stats;
  size_t block = 0;  // the table's own: where the key would be
};

class Table {
 public:
  // Reads footer, index, filter and properties, which stay in memory. `cache` may be null, and must
  // outlive the table. Throws CorruptionError, NotSupported, IoError.
  static std::shared_ptr<const Table> open(std::unique_ptr<ReadFile> file, BlockCache* cache,
                                           std::optional<uint64_t> expected_id);
  ~Table();
  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;

  // The newest entry of `key` at or below `seqno`, whatever its kind. `hash` is hash_bytes(key).
  // With may_block false, kWouldBlock if a block is not in the cache.
  TableGetResult get(std::string_view key, Seqno seqno, uint64_t hash, TableHit& hit,
                     bool may_block, TableGetStats& stats) const;
  // get() for each of a group of keys, which ascend; blocks are read from the file where they must.
  // Some dozens at once wait for memory at the same time, not one after the other.
  void get_group(std::span<GroupLookup> group, Seqno seqno) const;
  TableCursor cursor(const ReadHints& hints) const;  // valid while the table lives

  // Where in the file `key` is or would be.
  uint64_t approximate_offset(std::string_view key) const;
  const TableProperties& properties() const { return properties_; }
  uint64_t memory_bytes() const;
  const std::string& path() const { return file_->path(); }

  // Reads every block: checksums, order, counts, bounds, and that index and filter lead to every
  // key. Throws CorruptionError. `poll` is called now and then and may throw.
  void verify(const std::function<void()>& poll) const;

  // ---- For cursors.
  size_t block_count() const { return index_.block_count(); }
  const IndexReader& index() const { return index_; }
  // Null: it is not cached. Who reads all of the tables has no say in what stays: marks false.
  std::shared_ptr<const Block> cached_block(size_t block, bool marks) const;
  // Of a reader's block; compactions don't count.
  void count_read(bool hit) const;
  // `stored`: the block and its trailer as they lie in the file.
  std::shared_ptr<const Block> parse_block(size_t block, std::string_view stored) const;
  std::shared_ptr<const Block> read_block(size_t block, bool fill_cache) const;  // from the file
  void cache_block(size_t block, const std::shared_ptr<const Block>& parsed) const;
  const ReadFile& file() const { return *file_; }
  [[noreturn]] void corrupt(uint64_t offset, std::string_view what) const;

 private:
  explicit Table(std::unique_ptr<ReadFile> file, BlockCache* cache);
  void find_blocks(std::span<GroupLookup> group) const;
  void prefetch_blocks(std::span<const GroupLookup> group) const;
  void seek_in_block(GroupLookup& lookup, const std::shared_ptr<const Block>& block,
                     BlockCursor& cursor, Seqno seqno) const;
  void read_frame(std::optional<uint64_t> expected_id);
  std::string read_meta_block(const BlockHandle& handle) const;
  std::string_view check_stored(const BlockHandle& handle, std::string_view stored,
                                TableCodec* codec, uint64_t* raw_bytes) const;

  const std::unique_ptr<ReadFile> file_;
  BlockCache* const cache_;
  uint64_t id_ = 0;
  IndexReader index_;
  FilterReader filter_;
  std::unique_ptr<char[]> filter_bytes_;
  uint64_t filter_size_ = 0;
  std::unique_ptr<ReadDictionary> dictionary_;  // null: none
  TableProperties properties_;
  uint64_t charged_bytes_ = 0;  // to the cache
  mutable std::vector<BlockSlot> slots_;
};

}  // namespace lsmkit
