// A disk in memory that can lose power. It keeps apart what is synced and what is not: the bytes of
// files, their sizes, and the names in directories. Every operation is journalled, so the disk that
// a crash after the k-th operation leaves behind is computed, not run for again.
//
// What makes what durable: AppendFile::sync() a file's bytes and size, not its name; sync_dir()
// the names in a directory; make_dir() also the new directory's name, as the POSIX one does; close
// nothing.
#pragma once

#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "lsmkit/vfs/crash_damage.h"
#include "lsmkit/vfs/disk_state.h"
#include "lsmkit/vfs/file_system.h"

namespace lsmkit {

// Thread-safe. Must outlive its files and locks. Paths start at one root directory, with or without
// a slash; there are no links but hard ones.
class MemoryFileSystem final : public FileSystem {
 public:
  MemoryFileSystem();  // An empty root directory.
  ~MemoryFileSystem() override;

  // Operations done: create, commit, sync, make_dir, remove, remove_dir, rename, link, sync_dir,
  // and the creation of a lock file. What fails or changes nothing isn't counted.
  uint64_t operation_count() const;

  // The disk after power was lost, or the process killed, right after that many operations. All of
  // it is durable, no lock is held, and it counts its operations from 0.
  // Requires: forgotten <= after_operation <= operation_count(), see forget_history.
  std::unique_ptr<MemoryFileSystem> crash_image(uint64_t after_operation, Damage damage,
                                                uint64_t seed) const;

  // Gives the memory of the journal and of removed files back; crashes before now are gone.
  void forget_history();

  // The file's bytes, and other bytes in their place as if they had always been there: a file that
  // is missing is created, open files see the change.
  std::string contents(const std::string& path) const;
  void set_contents(const std::string& path, std::string_view bytes);

  // What a failed sync leaves on a real system: the un-synced bytes can be read as long as there is
  // power, but no later sync brings them to the disk; after a power loss they are zeros.
  void lose_unsynced(const std::string& path);

  // From then on allocate and commit beyond `bytes` in all files together raise ENOSPC.
  void set_capacity_bytes(uint64_t bytes);

  std::unique_ptr<AppendFile> create(const std::string& path, AppendMode mode,
                                     uint64_t expected_bytes) override;
  std::unique_ptr<ReadFile> open(const std::string& path) override;
  bool exists(const std::string& path) override;
  bool is_directory(const std::string& path) override;
  uint64_t file_bytes(const std::string& path) override;
  std::vector<std::string> list(const std::string& dir) override;
  void make_dir(const std::string& path) override;
  void remove(const std::string& path) override;
  void remove_dir(const std::string& path) override;
  void rename(const std::string& source, const std::string& target) override;
  void link(const std::string& source, const std::string& target) override;
  void sync_dir(const std::string& path) override;
  // Throws LockedError if it is held, also by this process.
  std::unique_ptr<FileLock> lock(const std::string& path) override;
  uint64_t free_bytes(const std::string& dir) override;
  std::string identity(const std::string& dir) override;

 private:
  class Appender;
  class Reader;
  class Lock;

  // Where a path leads: the directory, the last name, and what it names (kNoNode: nothing).
  struct Place {
    NodeId directory = kNoNode;
    std::string name;
    NodeId node = kNoNode;
  };
  // What open files know of a node beside its content.
  struct Handles {
    uint64_t count = 0;
    uint64_t allocated_bytes = 0;
  };

  explicit MemoryFileSystem(DiskState disk);

  Place find(const std::string& path) const;
  Place find_existing(const std::string& path, const char* doing) const;
  const DirectoryNode& directory_at(const std::string& path, NodeId* id, const char* doing) const;
  FileNode& file_at(NodeId id) { return std::get<FileNode>(disk_.at(id)); }
  const FileNode& file_at(NodeId id) const { return std::get<FileNode>(disk_.at(id)); }
  bool is_directory_node(NodeId id) const {
    return id != kNoNode && std::holds_alternative<DirectoryNode>(disk_.at(id));
  }

  void begin_operation() { ++operation_count_; }
  void record(DiskEvent event);
  NodeId add_file(const Place& place, AppendMode mode);
  void set_entry(const Place& place, NodeId node);
  std::set<NodeId> named_nodes() const;
  uint64_t used_bytes() const;
  void check_room(NodeId node, uint64_t end, const std::string& path, const char* doing) const;
  void close_handle(NodeId node);

  const uint64_t instance_;

  mutable std::mutex mutex_;  // Guards all below. Held for the copying of bytes, too: no I/O here.
  DiskState disk_;
  uint64_t operation_count_ = 0;
  uint64_t capacity_bytes_ = std::numeric_limits<uint64_t>::max();
  std::map<NodeId, Handles> handles_;
  std::set<NodeId> locked_;

  // disk_ is base_ plus the journal. rewound_ is base_ plus its first rewound_events_: crashes are
  // mostly asked for in order.
  DiskState base_;
  uint64_t base_operation_ = 0;
  std::vector<DiskEvent> journal_;
  mutable DiskState rewound_;
  mutable size_t rewound_events_ = 0;
};

}  // namespace lsmkit
