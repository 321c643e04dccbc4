#include "lsmkit/vfs/memory_file_system.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <limits>

#include "lsmkit/bytes/error.h"
#include "lsmkit/vfs/disk_path.h"
#include "lsmkit/vfs/memory_file.h"

namespace lsmkit {
namespace {

using Kind = DiskEvent::Kind;

uint64_t next_instance() {
  static std::atomic<uint64_t> last{0};
  return ++last;
}

bool is_within(const std::string& path, const std::string& dir) {
  const auto inner = path_parts(path), outer = path_parts(dir);
  return inner.size() > outer.size() && std::equal(outer.begin(), outer.end(), inner.begin());
}

// As rename(2): a directory replaces an empty directory only, a file replaces a file only.
void check_replaceable(const DiskState& disk, DiskNodeId source, DiskNodeId target,
                       const std::string& path) {
  if (target == kNoNode) return;
  if (!disk.is_directory(target)) {
    if (disk.is_directory(source)) throw IoError(ENOTDIR, path, "renaming");
  } else if (!disk.is_directory(source)) {
    throw IoError(EISDIR, path, "renaming");
  } else if (!disk.directory(target).entries.empty()) {
    throw IoError(ENOTEMPTY, path, "renaming");
  }
}

}  // namespace

MemoryFileSystem::MemoryFileSystem() : MemoryFileSystem(DiskState{}) {}

MemoryFileSystem::MemoryFileSystem(DiskState disk, uint64_t operation_count)
    : disk_(std::make_shared<MemoryDisk>(std::move(disk), operation_count)),
      instance_(next_instance()) {}

uint64_t MemoryFileSystem::operation_count() const {
  const std::lock_guard lock(disk_->mutex);
  return disk_->journal.operation_count();
}

std::unique_ptr<MemoryFileSystem> MemoryFileSystem::crash_image(uint64_t after_operation,
                                                                Damage damage,
                                                                uint64_t seed) const {
  const std::lock_guard lock(disk_->mutex);
  return std::unique_ptr<MemoryFileSystem>(
      new MemoryFileSystem(crash(disk_->journal.after(after_operation), damage, seed)));
}

std::unique_ptr<MemoryFileSystem> MemoryFileSystem::kill_image(uint64_t after_operation) const {
  const std::lock_guard lock(disk_->mutex);
  return std::unique_ptr<MemoryFileSystem>(
      new MemoryFileSystem(disk_->journal.after(after_operation), after_operation));
}

void MemoryFileSystem::forget_history() {
  const std::lock_guard lock(disk_->mutex);
  std::vector<DiskNodeId> open;
  for (const auto& [id, count] : disk_->open_count) open.push_back(id);
  disk_->journal.forget(open);
}

std::string MemoryFileSystem::contents(const std::string& path) const {
  const std::lock_guard lock(disk_->mutex);
  const DiskState& now = disk_->journal.now();
  const FileNode& file = now.file(find_file(now, path, "reading").node);
  std::string bytes(file.size, '\0');
  file.bytes->read(0, bytes.size(), bytes.data());
  return bytes;
}

void MemoryFileSystem::set_contents(const std::string& path, std::string_view bytes) {
  const std::lock_guard lock(disk_->mutex);
  DiskPlace place = find_room(disk_->journal.now(), path, "replacing");
  if (disk_->journal.now().is_directory(place.node)) throw IoError(EISDIR, path, "replacing");
  if (place.node == kNoNode) {
    place.node = add_file(place, AppendMode::kTable);
    sync_entries(place.directory);
  }
  disk_->journal.record({.kind = Kind::kReplace,
                         .node = place.node,
                         .size = bytes.size(),
                         .bytes = std::make_shared<GrowingBytes>(bytes)});
}

void MemoryFileSystem::set_capacity_bytes(uint64_t bytes) {
  const std::lock_guard lock(disk_->mutex);
  disk_->capacity_bytes = bytes;
}

std::unique_ptr<AppendFile> MemoryFileSystem::create(const std::string& path, AppendMode mode,
                                                     uint64_t) {
  const std::lock_guard lock(disk_->mutex);
  const DiskPlace place = find_room(disk_->journal.now(), path, "creating");
  if (place.node != kNoNode) throw IoError(EEXIST, path, "creating");
  disk_->journal.begin_operation();
  return std::make_unique<MemoryAppendFile>(disk_, add_file(place, mode), path);
}

std::unique_ptr<ReadFile> MemoryFileSystem::open(const std::string& path) {
  const std::lock_guard lock(disk_->mutex);
  const DiskPlace place = find_existing(disk_->journal.now(), path, "opening");
  if (disk_->journal.now().is_directory(place.node)) {
    throw IoError(EINVAL, path, "opening something that is no file:");
  }
  return std::make_unique<MemoryReadFile>(disk_, place.node, path);
}

bool MemoryFileSystem::exists(const std::string& path) {
  const std::lock_guard lock(disk_->mutex);
  return find(disk_->journal.now(), path).node != kNoNode;
}

bool MemoryFileSystem::is_directory(const std::string& path) {
  const std::lock_guard lock(disk_->mutex);
  return disk_->journal.now().is_directory(find(disk_->journal.now(), path).node);
}

uint64_t MemoryFileSystem::file_bytes(const std::string& path) {
  const std::lock_guard lock(disk_->mutex);
  const DiskState& now = disk_->journal.now();
  const DiskNodeId node = find_existing(now, path, "looking at").node;
  return now.is_directory(node) ? 0 : now.file(node).size;
}

std::vector<std::string> MemoryFileSystem::list(const std::string& dir) {
  const std::lock_guard lock(disk_->mutex);
  const DiskState& now = disk_->journal.now();
  std::vector<std::string> names;
  for (const auto& entry : now.directory(find_directory(now, dir, "listing")).entries) {
    names.push_back(entry.first);
  }
  return names;
}

void MemoryFileSystem::make_dir(const std::string& path) {
  const std::lock_guard lock(disk_->mutex);
  std::string reached;
  for (const std::string& part : path_parts(path)) {
    reached += "/" + part;
    const DiskPlace place = find(disk_->journal.now(), reached);
    if (disk_->journal.now().is_directory(place.node)) continue;
    if (place.node != kNoNode) throw IoError(ENOTDIR, path, "making directory");
    disk_->journal.begin_operation();
    const DiskNodeId node = disk_->journal.now().next_id();
    disk_->journal.record({.kind = Kind::kNewDirectory, .node = node});
    set_entry(place, node);
    disk_->journal.begin_operation();
    sync_entries(place.directory);
  }
}

void MemoryFileSystem::remove(const std::string& path) {
  const std::lock_guard lock(disk_->mutex);
  const DiskPlace place = find_file(disk_->journal.now(), path, "removing");
  disk_->journal.begin_operation();
  set_entry(place, kNoNode);
}

void MemoryFileSystem::remove_dir(const std::string& path) {
  const std::lock_guard lock(disk_->mutex);
  const DiskState& now = disk_->journal.now();
  const DiskNodeId node = find_directory(now, path, "removing directory");
  if (node == kRootNode) throw IoError(EBUSY, path, "removing directory");
  if (!now.directory(node).entries.empty()) throw IoError(ENOTEMPTY, path, "removing directory");
  const DiskPlace place = find(now, path);
  disk_->journal.begin_operation();
  set_entry(place, kNoNode);
}

void MemoryFileSystem::rename(const std::string& source, const std::string& target) {
  const std::lock_guard lock(disk_->mutex);
  const DiskState& now = disk_->journal.now();
  const DiskPlace from = find_existing(now, source, "renaming");
  const DiskPlace to = find_room(now, target, "renaming");
  if (from.node == to.node) return;
  if (is_within(target, source)) throw IoError(EINVAL, source, "renaming");
  check_replaceable(now, from.node, to.node, source);
  disk_->journal.begin_operation();
  set_entry(from, kNoNode);
  set_entry(to, from.node);
}

void MemoryFileSystem::link(const std::string& source, const std::string& target) {
  const std::lock_guard lock(disk_->mutex);
  const DiskState& now = disk_->journal.now();
  const DiskPlace from = find_existing(now, source, "linking");
  if (now.is_directory(from.node)) throw IoError(EPERM, source, "linking");
  const DiskPlace to = find_room(now, target, "linking");
  if (to.node != kNoNode) throw IoError(EEXIST, source, "linking");
  disk_->journal.begin_operation();
  set_entry(to, from.node);
}

void MemoryFileSystem::sync_dir(const std::string& path) {
  const std::lock_guard lock(disk_->mutex);
  const DiskNodeId node = find_directory(disk_->journal.now(), path, "syncing directory");
  disk_->journal.begin_operation();
  sync_entries(node);
}

std::unique_ptr<FileLock> MemoryFileSystem::lock(const std::string& path) {
  const std::lock_guard guard(disk_->mutex);
  DiskPlace place = find_room(disk_->journal.now(), path, "locking");
  if (disk_->journal.now().is_directory(place.node)) throw IoError(EISDIR, path, "locking");
  if (place.node == kNoNode) {
    disk_->journal.begin_operation();
    place.node = add_file(place, AppendMode::kTable);
  }
  if (!disk_->locked.insert(place.node).second) throw LockedError(parent_path(path), 0);
  return std::make_unique<MemoryLock>(disk_, place.node);
}

uint64_t MemoryFileSystem::free_bytes(const std::string& dir) {
  const std::lock_guard lock(disk_->mutex);
  find_directory(disk_->journal.now(), dir, "looking at");
  return disk_->capacity_bytes - std::min(disk_->capacity_bytes, disk_->used_bytes());
}

std::string MemoryFileSystem::identity(const std::string& dir) {
  const std::lock_guard lock(disk_->mutex);
  const DiskNodeId node = find_directory(disk_->journal.now(), dir, "looking at");
  return "memory " + std::to_string(instance_) + ":" + std::to_string(static_cast<uint32_t>(node));
}

DiskNodeId MemoryFileSystem::add_file(const DiskPlace& place, AppendMode mode) {
  const DiskNodeId node = disk_->journal.now().next_id();
  disk_->journal.record({.kind = Kind::kNewFile,
                         .node = node,
                         .mode = mode,
                         .bytes = std::make_shared<GrowingBytes>()});
  set_entry(place, node);
  return node;
}

void MemoryFileSystem::set_entry(const DiskPlace& place, DiskNodeId node) {
  disk_->journal.record(
      {.kind = Kind::kEntry, .node = place.directory, .target = node, .name = place.name});
}

void MemoryFileSystem::sync_entries(DiskNodeId directory) {
  disk_->journal.record({.kind = Kind::kSyncDir, .node = directory});
}

}  // namespace lsmkit
