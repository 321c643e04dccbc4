#include "lsmkit/db/table_set.h"

#include <utility>

#include "lsmkit/bytes/error.h"
#include "lsmkit/db/directory.h"

namespace lsmkit {

TableHandle::TableHandle(FileSystem& files, std::string path, std::shared_ptr<BlockCache> cache,
                         TableRef meta)
    : files_(files), path_(std::move(path)), cache_(std::move(cache)), meta_(std::move(meta)) {}

const Table& TableHandle::open_now(FileSystem& files) const {
  const std::lock_guard lock(mutex_);
  if (!table_) {
    auto file = files.open(path_);
    if (file->size() != meta_->file_bytes) {
      throw CorruptionError(path_, 0,
                            "found " + std::to_string(file->size()) + " bytes, due are " +
                                std::to_string(meta_->file_bytes) + " by the MANIFEST");
    }
    table_ = Table::open(std::move(file), cache_.get(), meta_->id);
    open_.store(table_.get(), std::memory_order_release);
  }
  return *table_;
}

TableSet::TableSet(FileSystem& files, std::string dir, std::shared_ptr<BlockCache> cache)
    : files_(files), dir_(std::move(dir)), cache_(std::move(cache)) {}

std::string TableSet::path_of(TableNumber number) const {
  return join_path(dir_, table_file_name(number));
}

std::shared_ptr<TableHandle> TableSet::handle(const TableRef& meta) {
  const std::lock_guard lock(mutex_);
  auto& handle = live_[meta->number];
  if (!handle) {
    handle = std::make_shared<TableHandle>(files_, path_of(meta->number), cache_, meta);
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
