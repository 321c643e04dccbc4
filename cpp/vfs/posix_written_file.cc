// A file that is written by one system call per commit: tables, and logs where mapping is no good.
#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <vector>

#include "lsmkit/bytes/error.h"
#include "lsmkit/vfs/posix_append_file.h"
#include "lsmkit/vfs/posix_descriptor.h"

namespace lsmkit {
namespace {

class WrittenFile final : public AppendFile {
 public:
  WrittenFile(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}

  void allocate(uint64_t bytes) override {
    const uint64_t end = size() + bytes;
    if (end <= allocated_) return;
    // Best effort: where the file system can't, a full disk is found by the write itself.
    const int result = fallocate(fd_.get(), FALLOC_FL_KEEP_SIZE, 0, static_cast<off_t>(end));
    if (result == 0) {
      allocated_ = end;
    } else if (errno == ENOSPC || errno == EDQUOT || errno == EFBIG) {
      throw IoError(errno, path_, "reserving space in");
    }
  }

  char* reserve(size_t bytes) override {
    if (buffer_.size() < bytes) buffer_.resize(bytes);
    return buffer_.data();
  }

  void commit(size_t bytes) override {
    const char* from = buffer_.data();
    uint64_t offset = size();
    while (bytes > 0) {
      const ssize_t written = retry_interrupted(
          [&] { return pwrite(fd_.get(), from, bytes, static_cast<off_t>(offset)); });
      if (written < 0) throw IoError(errno, path_, "writing");
      from += written;
      bytes -= static_cast<size_t>(written);
      offset += static_cast<uint64_t>(written);
    }
    size_.store(offset, std::memory_order_release);
  }

  uint64_t size() const override { return size_.load(std::memory_order_acquire); }

  void sync() override {
    // Never tried again: after a failure the kernel has forgotten which pages were lost.
    if (fdatasync(fd_.get()) != 0) throw IoError(errno, path_, "syncing");
  }

  void prepare(uint64_t) override {}

  void close() override {
    if (fd_.get() < 0) return;
    if (allocated_ > size()) {
      // Gives back what was reserved past the end.
      (void)!ftruncate(fd_.get(), static_cast<off_t>(size()));
    }
    if (::close(fd_.release()) != 0) throw IoError(errno, path_, "closing");
  }

  const std::string& path() const override { return path_; }

 private:
  Descriptor fd_;
  const std::string path_;
  std::vector<char> buffer_;
  uint64_t allocated_ = 0;
  std::atomic<uint64_t> size_{0};
};

}  // namespace

std::unique_ptr<AppendFile> make_written_file(int fd, const std::string& path) {
  return std::make_unique<WrittenFile>(fd, path);
}

}  // namespace lsmkit
