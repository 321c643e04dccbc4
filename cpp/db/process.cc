#include "lsmkit/db/process.h"

#include <pthread.h>

#include <atomic>
#include <map>
#include <utility>

#include "lsmkit/db/epoch.h"

namespace lsmkit {
namespace {

std::atomic<uint64_t> generation{1};

void before_fork() {
  OpenDirectories::instance().mutex().lock();
  lock_epochs_for_fork();
}
void in_parent() {
  unlock_epochs_after_fork(false);
  OpenDirectories::instance().mutex().unlock();
}
void in_child() {
  generation.fetch_add(1, std::memory_order_relaxed);
  unlock_epochs_after_fork(true);
  OpenDirectories::instance().abandon_after_fork();
  OpenDirectories::instance().mutex().unlock();
}

}  // namespace

uint64_t fork_generation() {
  return generation.load(std::memory_order_relaxed);
}

struct OpenDirectories::Table {
  struct Item {
    std::weak_ptr<Engine> engine;
    FileLock* lock;
  };
  std::map<std::pair<const FileSystem*, std::string>, Item> items;
};

OpenDirectories::OpenDirectories() : table_(std::make_unique<Table>()) {}

OpenDirectories& OpenDirectories::instance() {
  // Never destroyed: handles may be closed while static objects are torn down.
  static OpenDirectories* const instance = new OpenDirectories;
  [[maybe_unused]] static const int registered = pthread_atfork(before_fork, in_parent, in_child);
  return *instance;
}

std::shared_ptr<Engine> OpenDirectories::find(const FileSystem* files,
                                              const std::string& identity) const {
  const auto found = table_->items.find({files, identity});
  return found == table_->items.end() ? nullptr : found->second.engine.lock();
}

void OpenDirectories::add(const FileSystem* files, const std::string& identity,
                          const std::shared_ptr<Engine>& engine, FileLock* lock) {
  table_->items[{files, identity}] = {engine, lock};
}

void OpenDirectories::remove(const Engine& engine) {
  std::erase_if(table_->items,
                [&](const auto& item) { return item.second.engine.lock().get() == &engine; });
}

void OpenDirectories::abandon_after_fork() noexcept {
  for (auto& [key, item] : table_->items) {
    if (item.lock != nullptr) item.lock->abandon_after_fork();
  }
  table_->items.clear();
}

}  // namespace lsmkit
