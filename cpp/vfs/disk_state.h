// What a disk and the page cache before it hold at one moment: files with a synced and an un-synced
// part, directories with durable entries and changes that are not durable yet. A plain value that
// changes by events only, so a journal of events gives back any moment.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "lsmkit/vfs/file_system.h"
#include "lsmkit/vfs/growing_bytes.h"

namespace lsmkit {

enum class DiskNodeId : uint32_t {};
inline constexpr DiskNodeId kRootNode{0};
inline constexpr DiskNodeId kNoNode{~uint32_t{0}};

struct ByteRange {
  uint64_t begin = 0;
  uint64_t end = 0;
};

// A file is only appended to, so its un-synced writes are the bytes from synced_bytes to size.
struct FileNode {
  // May hold more than size: a crash image shares the bytes of its origin.
  std::shared_ptr<GrowingBytes> bytes = {};
  AppendMode mode = AppendMode::kTable;
  uint64_t size = 0;
  uint64_t synced_bytes = 0;
  std::vector<ByteRange> lost = {};  // In the page cache only, whatever later syncs say.
};

using DirectoryEntries = std::map<std::string, DiskNodeId, std::less<>>;

struct EntryChange {
  uint64_t operation = 0;
  std::string name;
  DiskNodeId node = kNoNode;  // kNoNode: the name goes.
};

struct DirectoryNode {
  DirectoryEntries entries;
  DirectoryEntries durable_entries;
  std::vector<EntryChange> unsynced;  // In order; applied to durable_entries they give entries.
};

using DiskNode = std::variant<FileNode, DirectoryNode>;

struct DiskEvent {
  enum class Kind {
    kNewFile,       // node, mode
    kNewDirectory,  // node
    kEntry,         // node (the directory), name, target
    kCommit,        // node, size (after it)
    kSync,          // node
    kSyncDir,       // node
    kReplace,       // node, bytes: as if they had always been there
    kLose,          // node: what is un-synced now will never reach the disk
  };
  Kind kind{};
  DiskNodeId node = kNoNode;
  DiskNodeId target = kNoNode;
  std::string name = {};
  AppendMode mode = AppendMode::kTable;
  uint64_t size = 0;
  std::shared_ptr<GrowingBytes> bytes = {};
  uint64_t operation = 0;  // The one that it belongs to.
};

struct DiskState {
  std::vector<DiskNode> nodes{DirectoryNode{}};
  DiskNodeId last_commit_node = kNoNode;
  uint64_t last_commit_begin = 0;  // The file's size before it.

  void apply(const DiskEvent& event);

  DiskNodeId next_id() const { return DiskNodeId{static_cast<uint32_t>(nodes.size())}; }
  bool is_directory(DiskNodeId id) const {
    return id != kNoNode && std::holds_alternative<DirectoryNode>(at(id));
  }
  const FileNode& file(DiskNodeId id) const { return std::get<FileNode>(at(id)); }
  const DirectoryNode& directory(DiskNodeId id) const { return std::get<DirectoryNode>(at(id)); }
  const DiskNode& at(DiskNodeId id) const { return nodes[static_cast<size_t>(id)]; }
};

// Sets or removes one name.
void change_entry(DirectoryEntries& entries, const std::string& name, DiskNodeId node);

}  // namespace lsmkit
