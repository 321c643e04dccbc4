// A file system that hands every call to another one, for those that change, watch or delay some.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lsmkit/vfs/file_system.h"

namespace lsmkit {

class PassingFileSystem : public FileSystem {
 public:
  explicit PassingFileSystem(FileSystem& below) : below_(below) {}

  std::unique_ptr<AppendFile> create(const std::string& path, AppendMode mode,
                                     uint64_t expected_bytes) override {
    return below_.create(path, mode, expected_bytes);
  }
  std::unique_ptr<ReadFile> open(const std::string& path) override { return below_.open(path); }
  bool exists(const std::string& path) override { return below_.exists(path); }
  bool is_directory(const std::string& path) override { return below_.is_directory(path); }
  uint64_t file_bytes(const std::string& path) override { return below_.file_bytes(path); }
  std::vector<std::string> list(const std::string& dir) override { return below_.list(dir); }
  void make_dir(const std::string& path) override { below_.make_dir(path); }
  void remove(const std::string& path) override { below_.remove(path); }
  void remove_dir(const std::string& path) override { below_.remove_dir(path); }
  void rename(const std::string& source, const std::string& target) override {
    below_.rename(source, target);
  }
  void link(const std::string& source, const std::string& target) override {
    below_.link(source, target);
  }
  void sync_dir(const std::string& path) override { below_.sync_dir(path); }
  std::unique_ptr<FileLock> lock(const std::string& path) override { return below_.lock(path); }
  uint64_t free_bytes(const std::string& dir) override { return below_.free_bytes(dir); }
  std::string identity(const std::string& dir) override { return below_.identity(dir); }
  std::string absolute(const std::string& path) override { return below_.absolute(path); }

 protected:
  FileSystem& below_;
};

}  // namespace lsmkit
