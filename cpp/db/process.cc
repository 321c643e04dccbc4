#include "lsmkit/db/process.h"

#include <pthread.h>

#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "lsmkit/bytes/error.h"
#include "lsmkit/db/epoch.h"

namespace lsmkit {
namespace {

std::atomic<uint64_t> generation{1};

using DirectoryName = std::pair<const FileSystem*, std::string>;

struct OpenDirectory {
  std::optional<std::thread::id> turn_of;
  std::weak_ptr<Engine> engine;
  std::unique_ptr<FileLock> lock;
};

struct OpenDirectories {
  std::mutex mutex;  // also held across every fork, so that the child finds the list whole
  // Both under the mutex. Pointers, because a child leaves its parent's behind.
  std::unique_ptr<std::condition_variable> turn_ended = std::make_unique<std::condition_variable>();
  std::map<DirectoryName, OpenDirectory> items;
};

OpenDirectories& open_directories();

void before_fork() {
  open_directories().mutex.lock();
  lock_epochs_for_fork();
}
void in_parent() {
  unlock_epochs_after_fork(false);
  open_directories().mutex.unlock();
}
// Gives up all lock descriptors and forgets all.
void in_child() {
  generation.fetch_add(1, std::memory_order_relaxed);
  unlock_epochs_after_fork(true);
  OpenDirectories& directories = open_directories();
  for (auto& [name, item] : directories.items) {
    if (item.lock) item.lock->abandon_after_fork();
  }
  directories.items.clear();
  // The parent's threads may wait on the old one; what they left in it is not ours to end.
  (void)directories.turn_ended.release();
  directories.turn_ended = std::make_unique<std::condition_variable>();
  directories.mutex.unlock();
}

OpenDirectories& open_directories() {
  // Never destroyed: handles may be closed while static objects are torn down.
  static OpenDirectories* const instance = new OpenDirectories;
  [[maybe_unused]] static const int registered = pthread_atfork(before_fork, in_parent, in_child);
  return *instance;
}

}  // namespace

uint64_t fork_generation() {
  return generation.load(std::memory_order_relaxed);
}

DirectoryTurn::DirectoryTurn(const FileSystem& files, const std::string& identity,
                             const std::string& path)
    : name_(&files, identity), fork_generation_(fork_generation()) {
  OpenDirectories& directories = open_directories();
  std::unique_lock lock(directories.mutex);
  for (;;) {
    OpenDirectory& item = directories.items[name_];
    if (!item.turn_of) {
      item.turn_of = std::this_thread::get_id();
      return;
    }
    if (item.turn_of == std::this_thread::get_id()) {
      throw InvalidArgument(path +
                            " is being opened or closed by this very thread, which came here "
                            "from a signal handler; do this after the call has returned");
    }
    directories.turn_ended->wait(lock);
  }
}

DirectoryTurn::~DirectoryTurn() {
  OpenDirectories& directories = open_directories();
  const std::lock_guard lock(directories.mutex);
  if (fork_generation_ != fork_generation()) return;
  OpenDirectory& item = directories.items[name_];
  item.turn_of.reset();
  if (item.engine.expired()) directories.items.erase(name_);
  directories.turn_ended->notify_all();
}

std::shared_ptr<Engine> DirectoryTurn::engine() const {
  OpenDirectories& directories = open_directories();
  const std::lock_guard lock(directories.mutex);
  return directories.items[name_].engine.lock();
}

void DirectoryTurn::set_engine(const std::shared_ptr<Engine>& engine) {
  OpenDirectories& directories = open_directories();
  const std::lock_guard lock(directories.mutex);
  directories.items[name_].engine = engine;
}

void DirectoryTurn::set_lock(std::unique_ptr<FileLock> file_lock) {
  OpenDirectories& directories = open_directories();
  const std::lock_guard lock(directories.mutex);
  directories.items[name_].lock = std::move(file_lock);
}

}  // namespace lsmkit
