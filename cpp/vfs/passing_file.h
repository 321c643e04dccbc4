// Files that hand every call to another one, for those that change, watch or delay some; as
// PassingFileSystem does for file systems.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "lsmkit/vfs/file_system.h"

namespace lsmkit {

class PassingAppendFile : public AppendFile {
 public:
  explicit PassingAppendFile(std::unique_ptr<AppendFile> below) : below_(std::move(below)) {}

  void allocate(uint64_t bytes) override { below_->allocate(bytes); }
  char* reserve(size_t bytes) override { return below_->reserve(bytes); }
  void commit(size_t bytes) override { below_->commit(bytes); }
  uint64_t size() const override { return below_->size(); }
  void sync() override { below_->sync(); }
  void prepare(uint64_t bytes) override { below_->prepare(bytes); }
  void close() override { below_->close(); }
  const std::string& path() const override { return below_->path(); }

 protected:
  const std::unique_ptr<AppendFile> below_;
};

class PassingReadFile : public ReadFile {
 public:
  explicit PassingReadFile(std::unique_ptr<ReadFile> below) : below_(std::move(below)) {}

  uint64_t size() const override { return below_->size(); }
  size_t read(uint64_t offset, size_t bytes, char* to) const override {
    return below_->read(offset, bytes, to);
  }
  void will_read(uint64_t offset, uint64_t bytes) const override {
    below_->will_read(offset, bytes);
  }
  void keeps_its_name() override { below_->keeps_its_name(); }
  const std::string& path() const override { return below_->path(); }

 protected:
  const std::unique_ptr<ReadFile> below_;
};

}  // namespace lsmkit
