// Tables of a database that are open, which keep their index and filter in memory. When these take
// more than they may, tables that were not read of late are closed: a clock picks them, as the
// block cache's does blocks.
//
// A table is open for its handle; readers use it through a plain pointer under an EpochGuard, or
// pin it. So a closed one is retired (epoch.h), and one that is pinned is not closed.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "lsmkit/sst/block_cache.h"
#include "lsmkit/sst/table.h"
#include "lsmkit/version/table_meta.h"
#include "lsmkit/vfs/file_system.h"

namespace lsmkit {

class TableHandle;

class OpenTables {
 public:
  // Their names lead to them for as long as somebody needs them, but for those of a database that
  // another process writes: no table of it is ever closed.
  OpenTables(std::shared_ptr<BlockCache> cache, uint64_t most_bytes, bool keep_their_names)
      : cache_(std::move(cache)), most_bytes_(most_bytes), keep_their_names_(keep_their_names) {}

  BlockCache* cache() const { return cache_.get(); }
  bool keep_their_names() const { return keep_their_names_; }
  uint64_t count() const;

  // ---- For handles, which hold no lock of theirs meanwhile.
  // Closes others if there is too much.
  void add(const TableHandle& handle, uint64_t bytes);
  void remove(const TableHandle& handle) noexcept;  // also if it was closed

 private:
  void drop(const TableHandle& handle) noexcept;
  void close_some(const TableHandle& spared);
  void retire_closed();

  const std::shared_ptr<BlockCache> cache_;
  const uint64_t most_bytes_;
  const bool keep_their_names_;
  mutable std::mutex mutex_;
  std::vector<const TableHandle*> opened_;            // mutex_
  size_t hand_ = 0;                                   // mutex_
  uint64_t bytes_ = 0;                                // mutex_
  std::vector<std::shared_ptr<const Table>> closed_;  // mutex_; not yet retired
};

// A table that some version names. Stays openable as long as the handle lives.
class TableHandle {
 public:
  TableHandle(FileSystem& files, std::string path, std::shared_ptr<OpenTables> open_tables,
              TableRef meta);
  ~TableHandle();
  TableHandle(const TableHandle&) = delete;
  TableHandle& operator=(const TableHandle&) = delete;

  const TableMeta& meta() const { return *meta_; }
  const std::string& path() const { return path_; }
  // Opens the file if it is not. Valid as long as an EpochGuard that stands now. Throws IoError,
  // CorruptionError.
  const Table& table() const {
    if (!used_.load(std::memory_order_relaxed)) used_.store(true, std::memory_order_relaxed);
    const Table* open = open_.load(std::memory_order_seq_cst);
    return open != nullptr ? *open : *pin();
  }
  // The same, kept open.
  std::shared_ptr<const Table> pin() const { return pin(files_); }
  // From other files than those it was made for, where the file may be gone by now.
  std::shared_ptr<const Table> pin(FileSystem& files) const;
  bool is_open() const { return open_.load(std::memory_order_acquire) != nullptr; }

  // ---- For OpenTables, under its mutex.
  struct Place {
    size_t index = SIZE_MAX;  // in its list; SIZE_MAX: nowhere
    uint64_t bytes = 0;
  };
  Place& place() const { return place_; }
  bool was_used() const { return used_.exchange(false, std::memory_order_relaxed); }
  // Null if somebody opens or has pinned it.
  std::shared_ptr<const Table> close_if_unpinned() const;

 private:
  std::shared_ptr<const Table> open_file(FileSystem& files) const;

  FileSystem& files_;
  const std::string path_;
  const std::shared_ptr<OpenTables> open_tables_;
  const TableRef meta_;
  mutable std::atomic<bool> used_{true};
  mutable std::atomic<const Table*> open_{nullptr};
  mutable Place place_;
  mutable std::mutex mutex_;
  mutable std::shared_ptr<const Table> table_;  // mutex_
};

}  // namespace lsmkit
