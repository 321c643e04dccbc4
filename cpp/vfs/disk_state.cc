#include "lsmkit/vfs/disk_state.h"

namespace lsmkit {
namespace {

void sync_entries(DirectoryNode& directory) {
  for (const EntryChange& change : directory.unsynced) {
    change_entry(directory.durable_entries, change.name, change.node);
  }
  directory.unsynced.clear();
}

}  // namespace

void change_entry(Entries& entries, const std::string& name, NodeId node) {
  if (node == kNoNode) {
    entries.erase(name);
  } else {
    entries[name] = node;
  }
}

void DiskState::apply(const DiskEvent& event) {
  using Kind = DiskEvent::Kind;
  if (event.kind == Kind::kNewFile) {
    nodes.emplace_back(FileNode{event.bytes, event.mode, 0, 0, {}});
    return;
  }
  if (event.kind == Kind::kNewDirectory) {
    nodes.emplace_back(DirectoryNode{});
    return;
  }
  if (auto* directory = std::get_if<DirectoryNode>(&at(event.node))) {
    if (event.kind == Kind::kSyncDir) {
      sync_entries(*directory);
    } else {
      change_entry(directory->entries, event.name, event.target);
      directory->unsynced.push_back({event.operation, event.name, event.target});
    }
    return;
  }
  auto& file = std::get<FileNode>(at(event.node));
  switch (event.kind) {
    case Kind::kCommit:
      last_commit_node = event.node;
      last_commit_begin = file.size;
      file.size = event.size;
      break;
    case Kind::kSync:
      file.synced_bytes = file.size;
      break;
    case Kind::kReplace:
      file.bytes = event.bytes;
      file.size = file.synced_bytes = event.size;
      file.lost.clear();
      break;
    default:  // kLose
      if (file.synced_bytes < file.size) file.lost.push_back({file.synced_bytes, file.size});
      file.synced_bytes = file.size;
  }
}

}  // namespace lsmkit
