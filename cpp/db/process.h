// What concerns the whole process: forks, and which directories it has open.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "lsmkit/vfs/file_system.h"

namespace lsmkit {

class Engine;

// Grows by one in the child of every fork. Whoever remembers an older one than this belongs to the
// parent and must not touch anything.
uint64_t fork_generation();

// The directories that this process has open, by file system and identity. One engine serves all
// handles of a directory. A lock taken twice by one process would be no lock.
//
// Whoever opens a directory, closes its last handle or destroys it takes a turn at it; the others
// wait. No mutex is held meanwhile, so the thread whose turn it is may poll: Python's signal
// handlers may open other databases and fork.
class DirectoryTurn {
 public:
  // Waits. Throws InvalidArgument if it is this very thread's turn already: it came back here from
  // a poll.
  DirectoryTurn(const FileSystem& files, const std::string& identity, const std::string& path);
  // Gives up the lock if no engine stands.
  ~DirectoryTurn();
  DirectoryTurn(const DirectoryTurn&) = delete;
  DirectoryTurn& operator=(const DirectoryTurn&) = delete;

  // The engine that serves the directory; null: none.
  std::shared_ptr<Engine> engine() const;
  void set_engine(const std::shared_ptr<Engine>& engine);  // null once it has stopped
  // Kept until no engine stands. In the child of a fork it is given up without unlocking.
  void set_lock(std::unique_ptr<FileLock> lock);

 private:
  const std::pair<const FileSystem*, std::string> name_;
  const uint64_t fork_generation_;
};

}  // namespace lsmkit
