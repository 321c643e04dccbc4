// Open files and locks of the file system in memory, and the disk they share with it.
#pragma once

#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "lsmkit/vfs/disk_journal.h"
#include "lsmkit/vfs/file_system.h"

namespace lsmkit {

// Shared by the file system and its open files, which may outlive it.
struct MemoryDisk {
  MemoryDisk(DiskState begin, uint64_t operation_count)
      : journal(std::move(begin), operation_count) {}

  std::mutex mutex;  // Guards all of it, the appending to and reading of bytes included.
  DiskJournal journal;
  uint64_t capacity_bytes = std::numeric_limits<uint64_t>::max();
  std::map<DiskNodeId, uint64_t> open_count;
  std::map<DiskNodeId, uint64_t> allocated_bytes;  // Of files open for appending.
  std::set<DiskNodeId> locked;

  // Requires for all below: mutex is held.
  uint64_t used_bytes() const;
  // Throws ENOSPC if the file can't be `end` bytes long.
  void check_room(DiskNodeId file, uint64_t end, const std::string& path, const char* doing) const;
  void close(DiskNodeId file);
};

class MemoryAppendFile final : public AppendFile {
 public:
  MemoryAppendFile(std::shared_ptr<MemoryDisk> disk, DiskNodeId node, std::string path);
  ~MemoryAppendFile() override { close(); }

  void allocate(uint64_t bytes) override;
  char* reserve(size_t bytes) override;
  void commit(size_t bytes) override;
  uint64_t size() const override;
  void sync() override;
  void prepare(uint64_t) override {}
  void close() override;
  const std::string& path() const override { return path_; }

  // What a failed sync does on a real system: the un-synced bytes can be read as long as there is
  // power, but no later sync brings them to the disk; after a power loss they are zeros.
  void lose_unsynced();

 private:
  const std::shared_ptr<MemoryDisk> disk_;
  const DiskNodeId node_;
  const std::string path_;
  std::unique_ptr<char[]> reserved_;
  size_t reserved_bytes_ = 0;
  bool open_ = true;
};

class MemoryReadFile final : public ReadFile {
 public:
  MemoryReadFile(std::shared_ptr<MemoryDisk> disk, DiskNodeId node, std::string path);
  ~MemoryReadFile() override;

  uint64_t size() const override { return size_; }
  size_t read(uint64_t offset, size_t bytes, char* to) const override;
  const std::string& path() const override { return path_; }

 private:
  const std::shared_ptr<MemoryDisk> disk_;
  const DiskNodeId node_;
  const std::string path_;
  const uint64_t size_;
};

class MemoryLock final : public FileLock {
 public:
  MemoryLock(std::shared_ptr<MemoryDisk> disk, DiskNodeId node)
      : disk_(std::move(disk)), node_(node) {}
  ~MemoryLock() override;
  void abandon_after_fork() noexcept override { abandoned_ = true; }

 private:
  const std::shared_ptr<MemoryDisk> disk_;
  const DiskNodeId node_;
  bool abandoned_ = false;
};

}  // namespace lsmkit
