// The disk of a test that goes on after a crash: every call goes to the one that stands now.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lsmkit/vfs/file_system.h"

namespace lsmkit::test {

class ReplaceableDisk final : public FileSystem {
 public:
  // `disk` must outlive its files. Requires: no other thread is in a call.
  void replace(FileSystem& disk) { disk_ = &disk; }

  std::unique_ptr<AppendFile> create(const std::string& path, AppendMode mode,
                                     uint64_t expected_bytes) override {
    return disk_->create(path, mode, expected_bytes);
  }
  std::unique_ptr<ReadFile> open(const std::string& path) override { return disk_->open(path); }
  bool exists(const std::string& path) override { return disk_->exists(path); }
  bool is_directory(const std::string& path) override { return disk_->is_directory(path); }
  uint64_t file_bytes(const std::string& path) override { return disk_->file_bytes(path); }
  std::vector<std::string> list(const std::string& dir) override { return disk_->list(dir); }
  void make_dir(const std::string& path) override { disk_->make_dir(path); }
  void remove(const std::string& path) override { disk_->remove(path); }
  void remove_dir(const std::string& path) override { disk_->remove_dir(path); }
  void rename(const std::string& source, const std::string& target) override {
    disk_->rename(source, target);
  }
  void link(const std::string& source, const std::string& target) override {
    disk_->link(source, target);
  }
  void sync_dir(const std::string& path) override { disk_->sync_dir(path); }
  std::unique_ptr<FileLock> lock(const std::string& path) override { return disk_->lock(path); }
  uint64_t free_bytes(const std::string& dir) override { return disk_->free_bytes(dir); }
  std::string identity(const std::string& dir) override { return disk_->identity(dir); }

 private:
  FileSystem* disk_ = nullptr;
};

}  // namespace lsmkit::test
