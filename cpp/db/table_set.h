// The tables of an open database by number: opened when first asked, closed when nobody reads them,
// their files removed when no version and no reader needs them.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "lsmkit/sst/block_cache.h"
#include "lsmkit/sst/table.h"
#include "lsmkit/version/table_meta.h"
#include "lsmkit/vfs/file_system.h"

namespace lsmkit {

// A table that some version names. Stays openable as long as the handle lives.
class TableHandle {
 public:
  TableHandle(FileSystem& files, std::string path, std::shared_ptr<BlockCache> cache,
              TableRef meta);

  const TableMeta& meta() const { return *meta_; }
  const std::string& path() const { return path_; }
  // Opens the file at the first call. Throws IoError, CorruptionError.
  const Table& table() const {
    const Table* open = open_.load(std::memory_order_acquire);
    return open != nullptr ? *open : open_now(files_);
  }
  // The same, from other files than those it was made for, where the file may be gone by now.
  void open(FileSystem& files) const {
    if (!is_open()) open_now(files);
  }
  bool is_open() const { return open_.load(std::memory_order_acquire) != nullptr; }

 private:
  const Table& open_now(FileSystem& files) const;

  FileSystem& files_;
  const std::string path_;
  const std::shared_ptr<BlockCache> cache_;
  const TableRef meta_;
  mutable std::atomic<const Table*> open_{nullptr};
  mutable std::mutex mutex_;
  mutable std::shared_ptr<const Table> table_;  // mutex_
};

class TableSet {
 public:
  TableSet(FileSystem& files, std::string dir, std::shared_ptr<BlockCache> cache);

  std::string path_of(TableNumber number) const;
  // The handle of a table; always the same one while anybody holds it or the set keeps it.
  std::shared_ptr<TableHandle> handle(const TableRef& meta);
  // No version names the table any more: its file goes once the last reader lets go of the handle.
  void drop(TableNumber number);
  // The writer, another process, may have dropped it: no new handle of it is made. Its file is the
  // writer's business.
  void forget(TableNumber number);
  // Removes the files of dropped tables that nobody reads, or of all of them.
  void purge(bool all = false);
  // Removes a file that no version ever named (a job failed). Never throws.
  void discard(TableNumber number);

  const std::shared_ptr<BlockCache>& cache() const { return cache_; }

 private:
  FileSystem& files_;
  const std::string dir_;
  const std::shared_ptr<BlockCache> cache_;
  mutable std::mutex mutex_;
  std::map<TableNumber, std::shared_ptr<TableHandle>> live_;  // mutex_
  std::vector<std::shared_ptr<TableHandle>> dropped_;         // mutex_
};

}  // namespace lsmkit
