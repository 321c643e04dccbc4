#include "lsmkit/vfs/throttled_file_system.h"

#include <utility>

#include "lsmkit/vfs/passing_file.h"

namespace lsmkit {
namespace {

class ThrottledAppendFile final : public PassingAppendFile {
 public:
  ThrottledAppendFile(std::unique_ptr<AppendFile> below, ThrottledDevice& device, AppendMode mode)
      : PassingAppendFile(std::move(below)), device_(device), log_(device), mode_(mode) {}

  void commit(size_t bytes) override {
    if (mode_ == AppendMode::kTable) {
      device_.write_table(bytes);
    } else {
      log_.append(bytes);
    }
    below_->commit(bytes);
  }
  void sync() override {
    // What a log still owes is less than a page: the device's queue is what a sync waits for.
    device_.sync();
    below_->sync();
  }

 private:
  ThrottledDevice& device_;
  LogCharge log_;  // appending thread
  const AppendMode mode_;
};

class ThrottledReadFile final : public PassingReadFile {
 public:
  ThrottledReadFile(std::unique_ptr<ReadFile> below, ThrottledDevice& device)
      : PassingReadFile(std::move(below)), device_(device) {}

  size_t read(uint64_t offset, size_t bytes, char* to) const override {
    const size_t got = below_->read(offset, bytes, to);
    device_.read_table(got);
    return got;
  }

 private:
  ThrottledDevice& device_;
};

}  // namespace

std::unique_ptr<AppendFile> ThrottledFileSystem::create(const std::string& path, AppendMode mode,
                                                        uint64_t expected_bytes) {
  return std::make_unique<ThrottledAppendFile>(below_.create(path, mode, expected_bytes), device_,
                                               mode);
}

std::unique_ptr<ReadFile> ThrottledFileSystem::open(const std::string& path) {
  return std::make_unique<ThrottledReadFile>(below_.open(path), device_);
}

}  // namespace lsmkit
