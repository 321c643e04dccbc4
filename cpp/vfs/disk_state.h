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

enum class NodeId : uint32_t {};
inline constexpr NodeId kRootNode{0};
inline constexpr NodeId kNoNode{~uint32_t{0}};

struct ByteRange {
  uint64_t begin = 0;
  uint64_t end = 0;
};

// A file is only appended to, so its un-synced writes are the bytes from synced_bytes to size.
struct FileNode {
  std::shared_ptr<GrowingBytes> bytes;  // May run ahead of size, never behind.
  AppendMode mode = AppendMode::kTable;
  uint64_t size = 0;
  uint64_t synced_bytes = 0;
  std::vector<ByteRange> lost;  // In the page cache only, whatever later syncs say.
};

using Entries = std::map<std::string, NodeId, std::less<>>;

struct EntryChange {
  uint64_t operation = 0;
  std::string name;
  NodeId node = kNoNode;  // kNoNode: the name goes.
};

struct DirectoryNode {
  Entries entries;
  Entries durable_entries;
  std::vector<EntryChange> unsynced;  // In order; applied to durable_entries they give entries.
};

using Node = std::variant<FileNode, DirectoryNode>;

struct DiskEvent {
  enum class Kind {
    kNewFile,       // node, mode
    kNewDirectory,  // node
    kEntry,         // node (the directory), name, target
    kCommit,        // node, size (after it)
    kSync,          // node
    kSyncDir,       // node
    kReplace,       // node, bytes: as if they had always been there
    kLose,          // node: the un-synced bytes will never reach the disk
  };
  Kind kind{};
  NodeId node = kNoNode;
  NodeId target = kNoNode;
  std::string name = {};
  AppendMode mode = AppendMode::kTable;
  uint64_t size = 0;
  std::shared_ptr<GrowingBytes> bytes = {};
  uint64_t operation = 0;  // The one that it belongs to.
};

struct DiskState {
  std::vector<Node> nodes{DirectoryNode{}};
  NodeId last_commit_node = kNoNode;
  uint64_t last_commit_begin = 0;  // The file's size before it.

  Node& at(NodeId id) { return nodes[static_cast<size_t>(id)]; }
  const Node& at(NodeId id) const { return nodes[static_cast<size_t>(id)]; }
  NodeId next_id() const { return NodeId{static_cast<uint32_t>(nodes.size())}; }

  void apply(const DiskEvent& event);
};

// Sets or removes one name.
void change_entry(Entries& entries, const std::string& name, NodeId node);

}  // namespace lsmkit
