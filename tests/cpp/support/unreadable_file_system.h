// A file system where no table's first block can be read, as every compaction does and no flush.
#pragma once

#include <atomic>
#include <cerrno>
#include <memory>
#include <string>
#include <utility>

#include "lsmkit/bytes/error.h"
#include "lsmkit/vfs/passing_file_system.h"

namespace lsmkit::test {

class UnreadableFileSystem final : public PassingFileSystem {
 public:
  using PassingFileSystem::PassingFileSystem;
  std::unique_ptr<ReadFile> open(const std::string& path) override {
    return std::make_unique<Reader>(PassingFileSystem::open(path), *this);
  }
  std::atomic<bool> refuses{true};

 private:
  static constexpr uint64_t kFirstBlock = 64;  // sst/FORMAT.md
  class Reader final : public ReadFile {
   public:
    Reader(std::unique_ptr<ReadFile> below, const UnreadableFileSystem& files)
        : below_(std::move(below)), files_(files) {}
    uint64_t size() const override { return below_->size(); }
    const std::string& path() const override { return below_->path(); }
    size_t read(uint64_t offset, size_t bytes, char* to) const override {
      if (offset == kFirstBlock && path().ends_with(".table") && files_.refuses) {
        throw IoError(EIO, path(), "reading");
      }
      return below_->read(offset, bytes, to);
    }

   private:
    const std::unique_ptr<ReadFile> below_;
    const UnreadableFileSystem& files_;
  };
};

}  // namespace lsmkit::test
