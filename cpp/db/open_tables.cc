#include "lsmkit/db/open_tables.h"

#include <algorithm>
#include <utility>

#include "lsmkit/bytes/error.h"
#include "lsmkit/db/epoch.h"

namespace lsmkit {

// ---- One table.

TableHandle::TableHandle(FileSystem& files, std::string path,
                         std::shared_ptr<OpenTables> open_tables, TableRef meta)
    : files_(files),
      path_(std::move(path)),
      open_tables_(std::move(open_tables)),
      meta_(std::move(meta)) {}

TableHandle::~TableHandle() {
  open_tables_->remove(*this);
}

std::shared_ptr<const Table> TableHandle::pin(FileSystem& files) const {
  std::shared_ptr<const Table> table;
  {
    const std::lock_guard lock(mutex_);
    if (table_) return table_;
    table = table_ = open_file(files);
    open_.store(table.get(), std::memory_order_seq_cst);
  }
  // Until now nobody could close it, and `table` keeps it from being closed here.
  open_tables_->add(*this, table->memory_bytes());
  return table;
}

std::shared_ptr<const Table> TableHandle::open_file(FileSystem& files) const {
  auto file = files.open(path_);
  if (file->size() != meta_->file_bytes) {
    throw CorruptionError(path_, 0,
                          "found " + std::to_string(file->size()) + " bytes, due are " +
                              std::to_string(meta_->file_bytes) + " by the MANIFEST");
  }
  if (open_tables_->keep_their_names()) file->keeps_its_name();
  return Table::open(std::move(file), open_tables_->cache(), meta_->id);
}

std::shared_ptr<const Table> TableHandle::close_if_unpinned() const {
  const std::unique_lock lock(mutex_, std::try_to_lock);
  if (!lock || table_.use_count() != 1) return nullptr;
  // seq_cst, as epoch.h asks: readers that come later see null.
  open_.store(nullptr, std::memory_order_seq_cst);
  return std::move(table_);
}

// ---- All of them.

void OpenTables::add(const TableHandle& handle, uint64_t bytes) {
  {
    const std::lock_guard lock(mutex_);
    opened_.push_back(&handle);
    handle.place() = {opened_.size() - 1, bytes};
    bytes_ += bytes;
    close_some(handle);
  }
  retire_closed();
}

void OpenTables::remove(const TableHandle& handle) noexcept {
  const std::lock_guard lock(mutex_);
  if (handle.place().index != SIZE_MAX) drop(handle);
}

void OpenTables::drop(const TableHandle& handle) noexcept {
  const size_t index = handle.place().index;
  bytes_ -= handle.place().bytes;
  opened_[index] = opened_.back();
  opened_[index]->place().index = index;
  opened_.pop_back();
  handle.place() = {};
}

// Twice around finds all that nobody reads right now. Requires: mutex_ held.
void OpenTables::close_some(const TableHandle& spared) {
  for (size_t looks = 2 * opened_.size(); bytes_ > most_bytes_ && looks > 0; --looks) {
    if (hand_ >= opened_.size()) hand_ = 0;
    const TableHandle& handle = *opened_[hand_];
    closed_.reserve(closed_.size() + 1);  // nothing may throw once it is closed
    if (&handle != &spared && !handle.was_used()) {
      if (auto table = handle.close_if_unpinned()) {
        closed_.push_back(std::move(table));
        drop(handle);
        continue;
      }
    }
    ++hand_;
  }
}

// Readers may still use them. What is retired may free others, which come back here: no lock is
// held. A table stays in the list until it is retired for certain.
void OpenTables::retire_closed() {
  for (;;) {
    std::shared_ptr<const Table> table;
    {
      const std::lock_guard lock(mutex_);
      if (closed_.empty()) return;
      table = closed_.back();
    }
    // The cache last: the table gives its blocks back.
    retire([cache = cache_, table]() mutable { table.reset(); });
    const std::lock_guard lock(mutex_);
    std::erase(closed_, table);
  }
}

uint64_t OpenTables::count() const {
  const std::lock_guard lock(mutex_);
  return opened_.size();
}

}  // namespace lsmkit
