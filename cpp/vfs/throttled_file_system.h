// A file system on a device of a given speed (throttled_device.h), as slow as that and no slower.
#pragma once

#include <memory>
#include <string>

#include "lsmkit/vfs/passing_file_system.h"
#include "lsmkit/vfs/throttled_device.h"

namespace lsmkit {

class ThrottledFileSystem final : public PassingFileSystem {
 public:
  // Both live longer than this and its files.
  ThrottledFileSystem(FileSystem& below, ThrottledDevice& device)
      : PassingFileSystem(below), device_(device) {}

  std::unique_ptr<AppendFile> create(const std::string& path, AppendMode mode,
                                     uint64_t expected_bytes) override;
  std::unique_ptr<ReadFile> open(const std::string& path) override;

 private:
  ThrottledDevice& device_;
};

// Adds small appends up, so that a log of small records does not ask the device for each of them.
class LogCharge {
 public:
  explicit LogCharge(ThrottledDevice& device) : device_(device) {}
  void append(uint64_t bytes) {
    unpaid_bytes_ += bytes;
    if (unpaid_bytes_ >= kPageBytes) pay();
  }
  void pay() {
    const uint64_t bytes = unpaid_bytes_;
    unpaid_bytes_ = 0;
    device_.append_to_log(bytes);
  }

 private:
  static constexpr uint64_t kPageBytes = 4096;
  ThrottledDevice& device_;
  uint64_t unpaid_bytes_ = 0;
};

}  // namespace lsmkit
