// The tables of a database by number: their files are removed when no version and no reader needs
// them.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "lsmkit/db/open_tables.h"
#include "lsmkit/version/table_meta.h"
#include "lsmkit/vfs/file_system.h"

namespace lsmkit {

class TableSet {
 public:
  TableSet(FileSystem& files, std::string dir, std::shared_ptr<OpenTables> open_tables)
      : files_(files), dir_(std::move(dir)), open_tables_(std::move(open_tables)) {}

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

  BlockCache& cache() const { return *open_tables_->cache(); }
  uint64_t open_count() const { return open_tables_->count(); }

 private:
  FileSystem& files_;
  const std::string dir_;
  const std::shared_ptr<OpenTables> open_tables_;
  mutable std::mutex mutex_;
  std::map<TableNumber, std::shared_ptr<TableHandle>> live_;  // mutex_
  std::vector<std::shared_ptr<TableHandle>> dropped_;         // mutex_
};

}  // namespace lsmkit
