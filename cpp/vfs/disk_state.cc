#include "lsmkit/vfs/disk_state.h"

namespace lsmkit {
namespace {

using Kind = DiskEvent::Kind;

void change_directory(DirectoryNode& directory, const DiskEvent& event) {
  if (event.kind == Kind::kEntry) {
    change_entry(directory.entries, event.name, event.target);
    directory.unsynced.push_back({event.operation, event.name, event.target});
    return;
  }
  // kSyncDir
  for (const EntryChange& change : directory.unsynced) {
    change_entry(directory.durable_entries, change.name, change.node);
  }
  directory.unsynced.clear();
}

void change_file(FileNode& file, const DiskEvent& event) {
  if (event.kind == Kind::kCommit) {
    file.size = event.size;
  } else if (event.kind == Kind::kSync) {
    file.synced_bytes = file.size;
  } else if (event.kind == Kind::kLose) {
    if (file.synced_bytes < file.size) file.lost.push_back({file.synced_bytes, file.size});
  } else {  // kReplace
    file = {event.bytes, file.mode, event.size, event.size};
  }
}

}  // namespace

void change_entry(DirectoryEntries& entries, const std::string& name, DiskNodeId node) {
  if (node == kNoNode) {
    entries.erase(name);
  } else {
    entries[name] = node;
  }
}

void DiskState::apply(const DiskEvent& event) {
  if (event.kind == Kind::kNewFile) {
    nodes.emplace_back(FileNode{event.bytes, event.mode});
    return;
  }
  if (event.kind == Kind::kNewDirectory) {
    nodes.emplace_back(DirectoryNode{});
    return;
  }
  DiskNode& node = nodes[static_cast<size_t>(event.node)];
  if (auto* directory = std::get_if<DirectoryNode>(&node)) {
    change_directory(*directory, event);
    return;
  }
  auto& file = std::get<FileNode>(node);
  if (event.kind == Kind::kCommit) {
    last_commit_node = event.node;
    last_commit_begin = file.size;
  }
  change_file(file, event);
}

}  // namespace lsmkit
