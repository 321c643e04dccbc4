// The file system of a read-only database: files that are about to be read are opened at once and
// held, so that a writer in another process may remove them meanwhile.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "lsmkit/vfs/passing_file_system.h"

namespace lsmkit {

class HoldingFileSystem final : public PassingFileSystem {
 public:
  using PassingFileSystem::PassingFileSystem;

  // Opens `path` and gives it out to whoever opens it until let_go(). Throws IoError.
  void hold(const std::string& path) { held_.emplace(path, below_.open(path)); }
  // Who has opened a held file keeps it.
  void let_go() { held_.clear(); }

  std::unique_ptr<ReadFile> open(const std::string& path) override {
    const auto found = held_.find(path);
    return found == held_.end() ? below_.open(path) : std::make_unique<Shared>(found->second);
  }
  bool exists(const std::string& path) override {
    return held_.contains(path) || below_.exists(path);
  }
  uint64_t file_bytes(const std::string& path) override {
    const auto found = held_.find(path);
    return found == held_.end() ? below_.file_bytes(path) : found->second->size();
  }

 private:
  class Shared final : public ReadFile {
   public:
    explicit Shared(std::shared_ptr<const ReadFile> file) : file_(std::move(file)) {}
    uint64_t size() const override { return file_->size(); }
    size_t read(uint64_t offset, size_t bytes, char* to) const override {
      return file_->read(offset, bytes, to);
    }
    void will_read(uint64_t offset, uint64_t bytes) const override {
      file_->will_read(offset, bytes);
    }
    const std::string& path() const override { return file_->path(); }

   private:
    const std::shared_ptr<const ReadFile> file_;
  };

  std::map<std::string, std::shared_ptr<const ReadFile>> held_;
};

}  // namespace lsmkit
