// Its logs and its MANIFEST count as logs, its tables as tables, as in vfs/throttled_file_system.h.
#include "throttled_rocksdb.h"

#include <rocksdb/file_system.h>

#include <string>
#include <utility>

#include "lsmkit/vfs/throttled_file_system.h"

namespace lsmkit::bench {
namespace {

using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

class WritableFile final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  WritableFile(std::unique_ptr<rocksdb::FSWritableFile> below, ThrottledDevice& device,
               bool is_table)
      : FSWritableFileOwnerWrapper(std::move(below)),
        device_(device),
        log_(device),
        is_table_(is_table) {}

  IOStatus Append(const Slice& data, const IOOptions& options, IODebugContext* debug) override {
    charge(data.size());
    return FSWritableFileOwnerWrapper::Append(data, options, debug);
  }
  IOStatus Append(const Slice& data, const IOOptions& options,
                  const rocksdb::DataVerificationInfo& info, IODebugContext* debug) override {
    charge(data.size());
    return FSWritableFileOwnerWrapper::Append(data, options, info, debug);
  }
  IOStatus Sync(const IOOptions& options, IODebugContext* debug) override {
    device_.sync();
    return FSWritableFileOwnerWrapper::Sync(options, debug);
  }
  IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override {
    device_.sync();
    return FSWritableFileOwnerWrapper::Fsync(options, debug);
  }

 private:
  void charge(uint64_t bytes) {
    if (is_table_) {
      device_.write_table(bytes);
    } else {
      log_.append(bytes);
    }
  }

  ThrottledDevice& device_;
  LogCharge log_;
  const bool is_table_;
};

class RandomAccessFile final : public rocksdb::FSRandomAccessFileOwnerWrapper {
 public:
  RandomAccessFile(std::unique_ptr<rocksdb::FSRandomAccessFile> below, ThrottledDevice& device)
      : FSRandomAccessFileOwnerWrapper(std::move(below)), device_(device) {}

  IOStatus Read(uint64_t offset, size_t bytes, const IOOptions& options, Slice* result,
                char* scratch, IODebugContext* debug) const override {
    const IOStatus status =
        FSRandomAccessFileOwnerWrapper::Read(offset, bytes, options, result, scratch, debug);
    if (status.ok()) device_.read_table(result->size());
    return status;
  }
  IOStatus MultiRead(rocksdb::FSReadRequest* requests, size_t count, const IOOptions& options,
                     IODebugContext* debug) override {
    const IOStatus status =
        FSRandomAccessFileOwnerWrapper::MultiRead(requests, count, options, debug);
    for (size_t i = 0; status.ok() && i < count; ++i) {
      device_.read_table(requests[i].result.size());
    }
    return status;
  }

 private:
  ThrottledDevice& device_;
};

class Files final : public rocksdb::FileSystemWrapper {
 public:
  explicit Files(ThrottledDevice& device)
      : FileSystemWrapper(rocksdb::FileSystem::Default()), device_(device) {}

  const char* Name() const override { return "ThrottledFiles"; }

  IOStatus NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                           std::unique_ptr<rocksdb::FSWritableFile>* file,
                           IODebugContext* debug) override {
    return throttled(FileSystemWrapper::NewWritableFile(path, options, file, debug), path, file);
  }
  IOStatus ReuseWritableFile(const std::string& path, const std::string& old_path,
                             const rocksdb::FileOptions& options,
                             std::unique_ptr<rocksdb::FSWritableFile>* file,
                             IODebugContext* debug) override {
    return throttled(FileSystemWrapper::ReuseWritableFile(path, old_path, options, file, debug),
                     path, file);
  }
  IOStatus NewRandomAccessFile(const std::string& path, const rocksdb::FileOptions& options,
                               std::unique_ptr<rocksdb::FSRandomAccessFile>* file,
                               IODebugContext* debug) override {
    const IOStatus status = FileSystemWrapper::NewRandomAccessFile(path, options, file, debug);
    if (status.ok()) *file = std::make_unique<RandomAccessFile>(std::move(*file), device_);
    return status;
  }

 private:
  IOStatus throttled(IOStatus status, const std::string& path,
                     std::unique_ptr<rocksdb::FSWritableFile>* file) {
    if (status.ok()) {
      *file = std::make_unique<WritableFile>(std::move(*file), device_, path.ends_with(".sst"));
    }
    return status;
  }

  ThrottledDevice& device_;
};

}  // namespace

std::unique_ptr<rocksdb::Env> throttled_rocksdb_env(ThrottledDevice& device) {
  return rocksdb::NewCompositeEnv(std::make_shared<Files>(device));
}

}  // namespace lsmkit::bench
