#include "lsmkit/db/table_set.h"

#include <utility>

#include "lsmkit/bytes/error.h"
#include "lsmkit/db/directory.h"

namespace lsmkit {

std::string TableSet::path_of(TableNumber number) const {
  return join_path(dir_, table_file_name(number));
}

std::shared_ptr<TableHandle> TableSet::handle(const TableRef& meta) {
  const std::lock_guard lock(mutex_);
  auto& handle = live_[meta->number];
  if (!handle) {
    handle = std::make_shared<TableHandle>(files_, path_of(meta->number), open_tables_, meta);
  }
  return handle;
}

void TableSet::drop(TableNumber number) {
  const std::lock_guard lock(mutex_);
  const auto found = live_.find(number);
  if (found == live_.end()) return;
  dropped_.push_back(std::move(found->second));
  live_.erase(found);
}

void TableSet::forget(TableNumber number) {
  const std::lock_guard lock(mutex_);
  live_.erase(number);
}

void TableSet::purge(bool all) {
  std::vector<std::shared_ptr<TableHandle>> unread;
  {
    const std::lock_guard lock(mutex_);
    unread.reserve(dropped_.size());  // nothing may throw below
    std::erase_if(dropped_, [&](std::shared_ptr<TableHandle>& handle) {
      if (!all && handle.use_count() > 1) return false;
      unread.push_back(std::move(handle));
      return true;
    });
  }
  for (const auto& handle : unread) {
    try {
      files_.remove(handle->path());
    } catch (const IoError&) {
      // No version names it: the next open removes it.
    }
  }
}

void TableSet::discard(TableNumber number) {
  {
    const std::lock_guard lock(mutex_);
    live_.erase(number);
  }
  try {
    const std::string path = path_of(number);
    if (files_.exists(path)) files_.remove(path);
  } catch (const IoError&) {
    // No version names it: the next open removes it.
  }
}

}  // namespace lsmkit
