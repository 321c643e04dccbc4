#include "lsmkit/vfs/memory_file_system.h"

#include <algorithm>
#include <atomic>
#include <cerrno>

#include "lsmkit/bytes/error.h"

namespace lsmkit {
namespace {

uint64_t next_instance() {
  static std::atomic<uint64_t> last{0};
  return ++last;
}

std::vector<std::string> split(const std::string& path) {
  std::vector<std::string> parts;
  for (size_t begin = 0; begin < path.size();) {
    const size_t end = std::min(path.find('/', begin), path.size());
    std::string part = path.substr(begin, end - begin);
    if (part == ".." && !parts.empty()) parts.pop_back();
    if (!part.empty() && part != "." && part != "..") parts.push_back(std::move(part));
    begin = end + 1;
  }
  return parts;
}

std::string parent_of(const std::string& path) {
  const size_t slash = path.find_last_of('/', path.find_last_not_of('/'));
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

class MemoryFileSystem::Appender final : public AppendFile {
 public:
  Appender(MemoryFileSystem& fs, NodeId node, std::string path)
      : fs_(fs), node_(node), path_(std::move(path)) {}
  ~Appender() override { release(); }

  void allocate(uint64_t bytes) override {
    const std::lock_guard lock(fs_.mutex_);
    const uint64_t end = fs_.file_at(node_).size + bytes;
    uint64_t& allocated = fs_.handles_[node_].allocated_bytes;
    if (end <= allocated) return;
    fs_.check_room(node_, end, path_, "reserving space in");
    allocated = end;
  }

  // A block of its own each time, so that the address sanitizer sees who writes past it.
  char* reserve(size_t bytes) override {
    ensure(bytes <= kMaxReserveBytes, "reserve: too many bytes");
    reserved_ = std::make_unique_for_overwrite<char[]>(bytes);
    reserved_bytes_ = bytes;
    return reserved_.get();
  }

  void commit(size_t bytes) override {
    ensure(open_ && bytes <= reserved_bytes_, "commit: more bytes than were reserved");
    const std::lock_guard lock(fs_.mutex_);
    FileNode& file = fs_.file_at(node_);
    const uint64_t end = file.size + bytes;
    fs_.check_room(node_, end, path_, "writing");
    file.bytes->append({reserved_.get(), bytes});
    fs_.begin_operation();
    fs_.record({.kind = DiskEvent::Kind::kCommit, .node = node_, .size = end});
    reserved_bytes_ = 0;
  }

  uint64_t size() const override {
    const std::lock_guard lock(fs_.mutex_);
    return fs_.file_at(node_).size;
  }

  void sync() override {
    const std::lock_guard lock(fs_.mutex_);
    fs_.begin_operation();
    fs_.record({.kind = DiskEvent::Kind::kSync, .node = node_});
  }

  void prepare(uint64_t) override {}
  void close() override { release(); }
  const std::string& path() const override { return path_; }

 private:
  void release() {
    if (!open_) return;
    open_ = false;
    const std::lock_guard lock(fs_.mutex_);
    fs_.close_handle(node_);
  }

  MemoryFileSystem& fs_;
  const NodeId node_;
  const std::string path_;
  std::unique_ptr<char[]> reserved_;
  size_t reserved_bytes_ = 0;
  bool open_ = true;
};

class MemoryFileSystem::Reader final : public ReadFile {
 public:
  Reader(MemoryFileSystem& fs, NodeId node, std::string path, uint64_t size)
      : fs_(fs), node_(node), path_(std::move(path)), size_(size) {}
  ~Reader() override {
    const std::lock_guard lock(fs_.mutex_);
    fs_.close_handle(node_);
  }

  uint64_t size() const override { return size_; }

  size_t read(uint64_t offset, size_t bytes, char* to) const override {
    const std::lock_guard lock(fs_.mutex_);
    const FileNode& file = fs_.file_at(node_);
    if (offset >= file.size) return 0;
    const size_t n = std::min<uint64_t>(bytes, file.size - offset);
    file.bytes->read(offset, n, to);
    return n;
  }

  const std::string& path() const override { return path_; }

 private:
  MemoryFileSystem& fs_;
  const NodeId node_;
  const std::string path_;
  const uint64_t size_;
};

class MemoryFileSystem::Lock final : public FileLock {
 public:
  Lock(MemoryFileSystem& fs, NodeId node) : fs_(&fs), node_(node) {}
  ~Lock() override {
    if (fs_ == nullptr) return;
    const std::lock_guard lock(fs_->mutex_);
    fs_->locked_.erase(node_);
  }
  // The child's copy of the mutex may be locked for ever: it touches nothing.
  void abandon_after_fork() noexcept override { fs_ = nullptr; }

 private:
  MemoryFileSystem* fs_;
  const NodeId node_;
};

MemoryFileSystem::MemoryFileSystem() : MemoryFileSystem(DiskState{}) {}
MemoryFileSystem::MemoryFileSystem(DiskState disk)
    : instance_(next_instance()), disk_(std::move(disk)), base_(disk_), rewound_(disk_) {}
MemoryFileSystem::~MemoryFileSystem() = default;

uint64_t MemoryFileSystem::operation_count() const {
  const std::lock_guard lock(mutex_);
  return operation_count_;
}

std::unique_ptr<MemoryFileSystem> MemoryFileSystem::crash_image(uint64_t after_operation,
                                                                Damage damage,
                                                                uint64_t seed) const {
  const std::lock_guard lock(mutex_);
  ensure(after_operation >= base_operation_ && after_operation <= operation_count_,
         "crash_image: no such operation in the journal");
  const auto is_later = [](uint64_t operation, const DiskEvent& event) {
    return operation < event.operation;
  };
  const auto events = static_cast<size_t>(
      std::upper_bound(journal_.begin(), journal_.end(), after_operation, is_later) -
      journal_.begin());
  if (events < rewound_events_) {
    rewound_ = base_;
    rewound_events_ = 0;
  }
  while (rewound_events_ < events) rewound_.apply(journal_[rewound_events_++]);
  return std::unique_ptr<MemoryFileSystem>(
      new MemoryFileSystem(crash(rewound_, damage, seed)));
}

void MemoryFileSystem::forget_history() {
  const std::lock_guard lock(mutex_);
  const std::set<NodeId> named = named_nodes();
  for (size_t i = 0; i < disk_.nodes.size(); ++i) {
    const NodeId id{static_cast<uint32_t>(i)};
    if (named.count(id) > 0 || handles_.count(id) > 0) continue;
    if (auto* file = std::get_if<FileNode>(&disk_.nodes[i])) *file = FileNode{};
  }
  journal_.clear();
  base_ = rewound_ = disk_;
  rewound_events_ = 0;
  base_operation_ = operation_count_;
}

std::string MemoryFileSystem::contents(const std::string& path) const {
  const std::lock_guard lock(mutex_);
  const Place place = find_existing(path, "reading");
  if (is_directory_node(place.node)) throw IoError(EISDIR, path, "reading");
  const FileNode& file = file_at(place.node);
  std::string bytes(file.size, '\0');
  file.bytes->read(0, bytes.size(), bytes.data());
  return bytes;
}

void MemoryFileSystem::set_contents(const std::string& path, std::string_view bytes) {
  const std::lock_guard lock(mutex_);
  Place place = find(path);
  if (place.directory == kNoNode) throw IoError(ENOENT, path, "replacing");
  if (is_directory_node(place.node)) throw IoError(EISDIR, path, "replacing");
  if (place.node == kNoNode) {
    place.node = add_file(place, AppendMode::kTable);
    record({.kind = DiskEvent::Kind::kSyncDir, .node = place.directory});
  }
  record({.kind = DiskEvent::Kind::kReplace,
          .node = place.node,
          .size = bytes.size(),
          .bytes = std::make_shared<GrowingBytes>(bytes)});
}

void MemoryFileSystem::lose_unsynced(const std::string& path) {
  const std::lock_guard lock(mutex_);
  const Place place = find_existing(path, "losing");
  if (is_directory_node(place.node)) throw IoError(EISDIR, path, "losing");
  record({.kind = DiskEvent::Kind::kLose, .node = place.node});
}

void MemoryFileSystem::set_capacity_bytes(uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  capacity_bytes_ = bytes;
}

std::unique_ptr<AppendFile> MemoryFileSystem::create(const std::string& path, AppendMode mode,
                                                     uint64_t) {
  const std::lock_guard lock(mutex_);
  const Place place = find(path);
  if (place.directory == kNoNode) throw IoError(ENOENT, path, "creating");
  if (place.node != kNoNode) throw IoError(EEXIST, path, "creating");
  begin_operation();
  const NodeId node = add_file(place, mode);
  ++handles_[node].count;
  return std::make_unique<Appender>(*this, node, path);
}

std::unique_ptr<ReadFile> MemoryFileSystem::open(const std::string& path) {
  const std::lock_guard lock(mutex_);
  const Place place = find_existing(path, "opening");
  if (is_directory_node(place.node)) {
    throw IoError(EINVAL, path, "opening something that is no file:");
  }
  ++handles_[place.node].count;
  return std::make_unique<Reader>(*this, place.node, path, file_at(place.node).size);
}

bool MemoryFileSystem::exists(const std::string& path) {
  const std::lock_guard lock(mutex_);
  return find(path).node != kNoNode;
}

bool MemoryFileSystem::is_directory(const std::string& path) {
  const std::lock_guard lock(mutex_);
  return is_directory_node(find(path).node);
}

uint64_t MemoryFileSystem::file_bytes(const std::string& path) {
  const std::lock_guard lock(mutex_);
  const Place place = find_existing(path, "looking at");
  return is_directory_node(place.node) ? 0 : file_at(place.node).size;
}

std::vector<std::string> MemoryFileSystem::list(const std::string& dir) {
  const std::lock_guard lock(mutex_);
  NodeId id;
  std::vector<std::string> names;
  for (const auto& [name, node] : directory_at(dir, &id, "listing").entries) names.push_back(name);
  return names;
}

void MemoryFileSystem::make_dir(const std::string& path) {
  const std::lock_guard lock(mutex_);
  std::string reached;
  for (const std::string& part : split(path)) {
    reached += "/" + part;
    const Place place = find(reached);
    if (is_directory_node(place.node)) continue;
    if (place.node != kNoNode) throw IoError(ENOTDIR, path, "making directory");
    begin_operation();
    const NodeId node = disk_.next_id();
    record({.kind = DiskEvent::Kind::kNewDirectory, .node = node});
    set_entry(place, node);
    begin_operation();
    record({.kind = DiskEvent::Kind::kSyncDir, .node = place.directory});
  }
}

void MemoryFileSystem::remove(const std::string& path) {
  const std::lock_guard lock(mutex_);
  const Place place = find_existing(path, "removing");
  if (is_directory_node(place.node)) throw IoError(EISDIR, path, "removing");
  begin_operation();
  set_entry(place, kNoNode);
}

void MemoryFileSystem::remove_dir(const std::string& path) {
  const std::lock_guard lock(mutex_);
  NodeId id;
  if (!directory_at(path, &id, "removing directory").entries.empty()) {
    throw IoError(ENOTEMPTY, path, "removing directory");
  }
  const Place place = find(path);
  if (place.directory == kNoNode) throw IoError(EBUSY, path, "removing directory");
  begin_operation();
  set_entry(place, kNoNode);
}

void MemoryFileSystem::rename(const std::string& source, const std::string& target) {
  const std::lock_guard lock(mutex_);
  const Place from = find_existing(source, "renaming");
  const Place to = find(target);
  if (to.directory == kNoNode || from.directory == kNoNode) {
    throw IoError(ENOENT, source, "renaming");
  }
  if (from.node == to.node) return;
  if (is_directory_node(to.node)) {
    if (!is_directory_node(from.node)) throw IoError(EISDIR, source, "renaming");
    if (!std::get<DirectoryNode>(disk_.at(to.node)).entries.empty()) {
      throw IoError(ENOTEMPTY, source, "renaming");
    }
  } else if (is_directory_node(from.node) && to.node != kNoNode) {
    throw IoError(ENOTDIR, source, "renaming");
  }
  begin_operation();
  set_entry(from, kNoNode);
  set_entry(to, from.node);
}

void MemoryFileSystem::link(const std::string& source, const std::string& target) {
  const std::lock_guard lock(mutex_);
  const Place from = find_existing(source, "linking");
  const Place to = find(target);
  if (is_directory_node(from.node)) throw IoError(EPERM, source, "linking");
  if (to.directory == kNoNode) throw IoError(ENOENT, source, "linking");
  if (to.node != kNoNode) throw IoError(EEXIST, source, "linking");
  begin_operation();
  set_entry(to, from.node);
}

void MemoryFileSystem::sync_dir(const std::string& path) {
  const std::lock_guard lock(mutex_);
  NodeId id;
  directory_at(path, &id, "syncing directory");
  begin_operation();
  record({.kind = DiskEvent::Kind::kSyncDir, .node = id});
}

std::unique_ptr<FileLock> MemoryFileSystem::lock(const std::string& path) {
  const std::lock_guard lock(mutex_);
  Place place = find(path);
  if (place.directory == kNoNode) throw IoError(ENOENT, path, "locking");
  if (is_directory_node(place.node)) throw IoError(EISDIR, path, "locking");
  if (place.node == kNoNode) {
    begin_operation();
    place.node = add_file(place, AppendMode::kTable);
  }
  if (!locked_.insert(place.node).second) throw LockedError(parent_of(path), 0);
  return std::make_unique<Lock>(*this, place.node);
}

uint64_t MemoryFileSystem::free_bytes(const std::string& dir) {
  const std::lock_guard lock(mutex_);
  NodeId id;
  directory_at(dir, &id, "looking at");
  if (capacity_bytes_ == std::numeric_limits<uint64_t>::max()) return capacity_bytes_;
  return capacity_bytes_ - std::min(capacity_bytes_, used_bytes());
}

std::string MemoryFileSystem::identity(const std::string& dir) {
  const std::lock_guard lock(mutex_);
  NodeId id;
  directory_at(dir, &id, "looking at");
  return "memory " + std::to_string(instance_) + ":" + std::to_string(static_cast<uint32_t>(id));
}

MemoryFileSystem::Place MemoryFileSystem::find(const std::string& path) const {
  Place place{kNoNode, "", kRootNode};
  for (const std::string& part : split(path)) {
    if (!is_directory_node(place.node)) return {};
    const Entries& entries = std::get<DirectoryNode>(disk_.at(place.node)).entries;
    const auto entry = entries.find(part);
    place = {place.node, part, entry == entries.end() ? kNoNode : entry->second};
  }
  return place;
}

MemoryFileSystem::Place MemoryFileSystem::find_existing(const std::string& path,
                                                        const char* doing) const {
  Place place = find(path);
  if (place.node == kNoNode) throw IoError(ENOENT, path, doing);
  return place;
}

const DirectoryNode& MemoryFileSystem::directory_at(const std::string& path, NodeId* id,
                                                    const char* doing) const {
  *id = find_existing(path, doing).node;
  if (!is_directory_node(*id)) throw IoError(ENOTDIR, path, doing);
  return std::get<DirectoryNode>(disk_.at(*id));
}

void MemoryFileSystem::record(DiskEvent event) {
  event.operation = operation_count_;
  disk_.apply(event);
  journal_.push_back(std::move(event));
}

NodeId MemoryFileSystem::add_file(const Place& place, AppendMode mode) {
  const NodeId node = disk_.next_id();
  record({.kind = DiskEvent::Kind::kNewFile,
          .node = node,
          .mode = mode,
          .bytes = std::make_shared<GrowingBytes>()});
  set_entry(place, node);
  return node;
}

void MemoryFileSystem::set_entry(const Place& place, NodeId node) {
  record({.kind = DiskEvent::Kind::kEntry,
          .node = place.directory,
          .target = node,
          .name = place.name});
}

std::set<NodeId> MemoryFileSystem::named_nodes() const {
  std::set<NodeId> named;
  for (const Node& node : disk_.nodes) {
    const auto* directory = std::get_if<DirectoryNode>(&node);
    if (directory == nullptr) continue;
    for (const auto& [name, id] : directory->entries) named.insert(id);
    for (const auto& [name, id] : directory->durable_entries) named.insert(id);
    for (const EntryChange& change : directory->unsynced) named.insert(change.node);
  }
  return named;
}

uint64_t MemoryFileSystem::used_bytes() const {
  std::map<NodeId, uint64_t> used;
  for (const auto& [id, handles] : handles_) {
    used[id] = std::max(handles.allocated_bytes, file_at(id).size);
  }
  for (const Node& node : disk_.nodes) {
    const auto* directory = std::get_if<DirectoryNode>(&node);
    if (directory == nullptr) continue;
    for (const auto& [name, id] : directory->entries) {
      if (!is_directory_node(id)) used.try_emplace(id, file_at(id).size);
    }
  }
  uint64_t sum = 0;
  for (const auto& [id, bytes] : used) sum += bytes;
  return sum;
}

void MemoryFileSystem::check_room(NodeId node, uint64_t end, const std::string& path,
                                  const char* doing) const {
  if (capacity_bytes_ == std::numeric_limits<uint64_t>::max()) return;
  const uint64_t held =
      std::max(handles_.at(node).allocated_bytes, file_at(node).size);
  if (end <= held) return;
  if (used_bytes() + (end - held) > capacity_bytes_) throw IoError(ENOSPC, path, doing);
}

void MemoryFileSystem::close_handle(NodeId node) {
  Handles& handles = handles_.at(node);
  if (--handles.count == 0) handles_.erase(node);
}

}  // namespace lsmkit
