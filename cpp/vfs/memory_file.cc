#include "lsmkit/vfs/memory_file.h"

#include <algorithm>
#include <cerrno>

#include "lsmkit/bytes/error.h"

namespace lsmkit {

using Kind = DiskEvent::Kind;

MemoryAppendFile::MemoryAppendFile(std::shared_ptr<MemoryDisk> disk, DiskNodeId node,
                                   std::string path)
    : disk_(std::move(disk)), node_(node), path_(std::move(path)) {
  ++disk_->open_count[node_];
}

void MemoryAppendFile::allocate(uint64_t bytes) {
  const std::lock_guard lock(disk_->mutex);
  const uint64_t end = disk_->journal.now().file(node_).size + bytes;
  disk_->check_room(node_, end, path_, "reserving space in");
  uint64_t& allocated = disk_->allocated_bytes[node_];
  allocated = std::max(allocated, end);
}

char* MemoryAppendFile::reserve(size_t bytes) {
  ensure(bytes <= kMaxReserveBytes, "reserve: too many bytes");
  // A block of its own each time: the address sanitizer sees who writes past it or too late.
  reserved_ = std::make_unique_for_overwrite<char[]>(bytes);
  reserved_bytes_ = bytes;
  return reserved_.get();
}

void MemoryAppendFile::commit(size_t bytes) {
  ensure(open_ && bytes <= reserved_bytes_, "commit: more bytes than were reserved");
  const std::lock_guard lock(disk_->mutex);
  const FileNode& file = disk_->journal.now().file(node_);
  const uint64_t end = file.size + bytes;
  disk_->check_room(node_, end, path_, "writing");
  file.bytes->append({reserved_.get(), bytes});
  disk_->journal.begin_operation();
  disk_->journal.record({.kind = Kind::kCommit, .node = node_, .size = end});
  reserved_bytes_ = 0;
}

uint64_t MemoryAppendFile::size() const {
  const std::lock_guard lock(disk_->mutex);
  return disk_->journal.now().file(node_).size;
}

void MemoryAppendFile::sync() {
  const std::lock_guard lock(disk_->mutex);
  disk_->journal.begin_operation();
  disk_->journal.record({.kind = Kind::kSync, .node = node_});
}

void MemoryAppendFile::lose_unsynced() {
  const std::lock_guard lock(disk_->mutex);
  disk_->journal.record({.kind = Kind::kLose, .node = node_});
}

void MemoryAppendFile::close() {
  if (!open_) return;
  open_ = false;
  const std::lock_guard lock(disk_->mutex);
  disk_->allocated_bytes.erase(node_);
  disk_->close(node_);
}

MemoryReadFile::MemoryReadFile(std::shared_ptr<MemoryDisk> disk, DiskNodeId node, std::string path)
    : disk_(std::move(disk)),
      node_(node),
      path_(std::move(path)),
      size_(disk_->journal.now().file(node).size) {
  ++disk_->open_count[node_];
}

MemoryReadFile::~MemoryReadFile() {
  const std::lock_guard lock(disk_->mutex);
  disk_->close(node_);
}

size_t MemoryReadFile::read(uint64_t offset, size_t bytes, char* to) const {
  const std::lock_guard lock(disk_->mutex);
  const FileNode& file = disk_->journal.now().file(node_);
  if (offset >= file.size) return 0;
  const size_t n = std::min<uint64_t>(bytes, file.size - offset);
  file.bytes->read(offset, n, to);
  return n;
}

MemoryLock::~MemoryLock() {
  // In a forked child the mutex may be locked for ever.
  if (abandoned_) return;
  const std::lock_guard lock(disk_->mutex);
  disk_->locked.erase(node_);
}

uint64_t MemoryDisk::used_bytes() const {
  const DiskState& now = journal.now();
  std::map<DiskNodeId, uint64_t> used;
  for (const auto& [id, count] : open_count) used[id] = now.file(id).size;
  for (const DiskNode& node : now.nodes) {
    const auto* directory = std::get_if<DirectoryNode>(&node);
    if (directory == nullptr) continue;
    for (const auto& [name, id] : directory->entries) {
      if (!now.is_directory(id)) used[id] = now.file(id).size;
    }
  }
  for (const auto& [id, bytes] : allocated_bytes) used[id] = std::max(used[id], bytes);
  uint64_t sum = 0;
  for (const auto& [id, bytes] : used) sum += bytes;
  return sum;
}

void MemoryDisk::check_room(DiskNodeId file, uint64_t end, const std::string& path,
                            const char* doing) const {
  if (capacity_bytes == std::numeric_limits<uint64_t>::max()) return;
  const auto allocated = allocated_bytes.find(file);
  const uint64_t held = std::max(journal.now().file(file).size,
                                 allocated == allocated_bytes.end() ? 0 : allocated->second);
  if (end > held && used_bytes() + (end - held) > capacity_bytes) {
    throw IoError(ENOSPC, path, doing);
  }
}

void MemoryDisk::close(DiskNodeId file) {
  const auto count = open_count.find(file);
  if (--count->second == 0) open_count.erase(count);
}

}  // namespace lsmkit
