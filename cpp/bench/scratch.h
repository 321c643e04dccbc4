// A directory that a benchmark makes for itself, and the only one that it removes.
#pragma once

#include <stdlib.h>

#include <cerrno>
#include <filesystem>
#include <string>
#include <system_error>

namespace lsmkit::bench {

class ScratchDirectory {
 public:
  // A fresh directory within `parent`, which must exist.
  explicit ScratchDirectory(const std::string& parent, const std::string& name)
      : path_(std::filesystem::absolute(parent).lexically_normal() / (name + "-XXXXXX")) {
    if (mkdtemp(path_.data()) == nullptr) {
      throw std::system_error(errno, std::generic_category(), parent);
    }
  }
  ~ScratchDirectory() {
    std::error_code ignored;  // what is left over is seen by who looks
    std::filesystem::remove_all(path_, ignored);
  }
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;

  const std::string& path() const { return path_; }
  // A name within it that was not given out before.
  std::string fresh() { return path_ + "/" + std::to_string(++given_); }

 private:
  std::string path_;
  uint64_t given_ = 0;
};

}  // namespace lsmkit::bench
