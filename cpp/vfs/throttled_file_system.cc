#include "lsmkit/vfs/throttled_file_system.h"

#include <utility>

namespace lsmkit {
namespace {

class ThrottledAppendFile final : public AppendFile {
 public:
  ThrottledAppendFile(std::unique_ptr<AppendFile> below, ThrottledDevice& device, AppendMode mode)
      : below_(std::move(below)), device_(device), log_(device), mode_(mode) {}

  void allocate(uint64_t bytes) override { below_->allocate(bytes); }
  char* reserve(size_t bytes) override { return below_->reserve(bytes); }
  void commit(size_t bytes) override {
    if (mode_ == AppendMode::kTable) {
      device_.write_table(bytes);
    } else {
      log_.append(bytes);
    }
    below_->commit(bytes);
  }
  uint64_t size() const override { return below_->size(); }
  void sync() override {
    // What a log still owes is less than a page: the device's queue is what a sync waits for.
    device_.sync();
    below_->sync();
  }
  void prepare(uint64_t bytes) override { below_->prepare(bytes); }
  void close() override { below_->close(); }
  const std::string& path() const override { return below_->path(); }

 private:
  const std::unique_ptr<AppendFile> below_;
  ThrottledDevice& device_;
  LogCharge log_;  // appending thread
  const AppendMode mode_;
};

class ThrottledReadFile final : public ReadFile {
 public:
  ThrottledReadFile(std::unique_ptr<ReadFile> below, ThrottledDevice& device)
      : below_(std::move(below)), device_(device) {}

  uint64_t size() const override { return below_->size(); }
  size_t read(uint64_t offset, size_t bytes, char* to) const override {
    const size_t got = below_->read(offset, bytes, to);
    device_.read_table(got);
    return got;
  }
  void will_read(uint64_t offset, uint64_t bytes) const override {
    below_->will_read(offset, bytes);
  }
  void keeps_its_name() override { below_->keeps_its_name(); }
  const std::string& path() const override { return below_->path(); }

 private:
  const std::unique_ptr<ReadFile> below_;
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
