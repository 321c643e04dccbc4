// A disk in memory that can lose power. It keeps apart what is synced and what is not: the bytes of
// files, their sizes, and the names in directories. Every operation is journalled, so the disk that
// a crash after the k-th operation leaves behind is computed, not run for again.
//
// What makes what durable: AppendFile::sync() a file's bytes and size, not its name; sync_dir() the
// names in a directory; make_dir() also the new directory's name, as the POSIX one does; close
// nothing.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lsmkit/vfs/crash_damage.h"
#include "lsmkit/vfs/file_system.h"

namespace lsmkit {

enum class DiskNodeId : uint32_t;
struct MemoryDisk;
struct DiskPlace;

// Thread-safe. Paths start at one root directory, with or without a slash; there are no links but
// hard ones.
class MemoryFileSystem final : public FileSystem {
 public:
  MemoryFileSystem();  // An empty root directory.

  // Operations done: create, commit, sync, make_dir (one, and one for its sync, per directory),
  // remove, remove_dir, rename, link, sync_dir, and the creation of a lock file. What fails or
  // changes nothing isn't counted.
  uint64_t operation_count() const;

  // The disk after power was lost right after that many operations. All of it is durable, no lock
  // is held, there is no limit to its capacity, and it counts its own operations from 0. The same
  // seed gives the same disk.
  // Requires: after_operation <= operation_count(), and not before the last forget_history().
  std::unique_ptr<MemoryFileSystem> crash_image(uint64_t after_operation, Damage damage,
                                                uint64_t seed) const;

  // What a process that is killed right after that many operations leaves to the next: nothing is
  // lost yet, and what was not synced still can be. Counts its operations on from there.
  std::unique_ptr<MemoryFileSystem> kill_image(uint64_t after_operation) const;

  // Gives back the memory of the journal and of removed files.
  void forget_history();

  // The file's bytes; and other bytes in their place, as if they had always been there. A missing
  // file is created. Files that are open see the change.
  std::string contents(const std::string& path) const;
  void set_contents(const std::string& path, std::string_view bytes);

  // From now on allocate and commit raise ENOSPC where all files together would exceed `bytes`.
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
  explicit MemoryFileSystem(DiskState disk, uint64_t operation_count = 0);

  DiskNodeId add_file(const DiskPlace& place, AppendMode mode);
  void set_entry(const DiskPlace& place, DiskNodeId node);
  void sync_entries(DiskNodeId directory);

  const std::shared_ptr<MemoryDisk> disk_;
  const uint64_t instance_;
};

}  // namespace lsmkit
