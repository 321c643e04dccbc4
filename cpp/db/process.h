// What concerns the whole process: forks, and which directories it has open.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "lsmkit/vfs/file_system.h"

namespace lsmkit {

class Engine;

// Grows by one in the child of every fork. Whoever remembers an older one than this belongs to the
// parent and must not touch anything.
uint64_t fork_generation();

// The directories that this process has open, by file system and identity. One engine serves all
// handles of a directory. A lock taken twice by one process would be no lock.
class OpenDirectories {
 public:
  static OpenDirectories& instance();

  // Held while a directory is opened, or closed by its last handle, so that two threads don't do it
  // at once. Also held across every fork, so that the child finds the list whole.
  std::mutex& mutex() { return mutex_; }

  // All below require mutex().
  std::shared_ptr<Engine> find(const FileSystem* files, const std::string& identity) const;
  void add(const FileSystem* files, const std::string& identity,
           const std::shared_ptr<Engine>& engine, FileLock* lock);
  void remove(const Engine& engine);
  // In the child of a fork: gives up all lock descriptors and forgets all.
  void abandon_after_fork() noexcept;

 private:
  OpenDirectories();
  struct Table;
  std::mutex mutex_;
  std::unique_ptr<Table> table_;
};

}  // namespace lsmkit
