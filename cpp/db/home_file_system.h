// The file system as one open database uses it: its directory is the one that was opened, whatever
// becomes of the process's current directory or of the directory's name.
//
// Somebody may move the directory, or remove it and make another of the same name ("start over" in
// a notebook). Then this database must not write into the other one, nor remove its files: every
// call that follows a name first looks whether it still leads home, and throws IoError(ESTALE) if
// not. What is open already can still be read. A move between the look and the call goes unnoticed.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lsmkit/vfs/passing_file_system.h"

namespace lsmkit {

class HomeFileSystem final : public PassingFileSystem {
 public:
  // `given`: the directory as its user names it; paths that start with it are understood.
  HomeFileSystem(FileSystem& below, std::string given)
      : PassingFileSystem(below),
        given_(std::move(given)),
        home_(below.absolute(given_)),
        identity_(below.identity(home_)) {}

  std::unique_ptr<AppendFile> create(const std::string& path, AppendMode mode,
                                     uint64_t expected_bytes) override {
    return below_.create(checked(path), mode, expected_bytes);
  }
  std::unique_ptr<ReadFile> open(const std::string& path) override {
    return below_.open(checked(path));
  }
  bool exists(const std::string& path) override { return below_.exists(checked(path)); }
  bool is_directory(const std::string& path) override { return below_.is_directory(at_home(path)); }
  uint64_t file_bytes(const std::string& path) override { return below_.file_bytes(checked(path)); }
  std::vector<std::optional<uint64_t>> all_file_bytes(
      const std::string& dir, const std::vector<std::string>& names) override {
    return below_.all_file_bytes(checked(dir), names);
  }
  std::vector<std::string> list(const std::string& dir) override {
    return below_.list(checked(dir));
  }
  void make_dir(const std::string& path) override { below_.make_dir(at_home(path)); }
  void remove(const std::string& path) override { below_.remove(checked(path)); }
  void remove_dir(const std::string& path) override { below_.remove_dir(checked(path)); }
  void rename(const std::string& source, const std::string& target) override {
    below_.rename(checked(source), at_home(target));
  }
  void link(const std::string& source, const std::string& target) override {
    below_.link(checked(source), at_home(target));
  }
  void sync_dir(const std::string& path) override { below_.sync_dir(checked(path)); }
  std::unique_ptr<FileLock> lock(const std::string& path) override {
    return below_.lock(checked(path));
  }
  uint64_t free_bytes(const std::string& dir) override { return below_.free_bytes(at_home(dir)); }
  std::string identity(const std::string& dir) override { return below_.identity(at_home(dir)); }
  std::string absolute(const std::string& path) override { return at_home(path); }

 private:
  std::string at_home(const std::string& path) const;
  std::string checked(const std::string& path) const;

  const std::string given_;
  const std::string home_;
  const std::string identity_;
};

}  // namespace lsmkit
