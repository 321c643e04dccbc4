// A log file in mapped memory: an append is a copy, and survives the death of the process.
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <mutex>

#include "lsmkit/bytes/error.h"
#include "lsmkit/vfs/posix_append_file.h"
#include "lsmkit/vfs/posix_descriptor.h"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

namespace lsmkit {
namespace {

// Space is allocated in steps that double up to kLastStepBytes. The mapping is a window that moves
// along with the end and always covers kMaxReserveBytes past it.
constexpr uint64_t kFirstStepBytes = 256 << 10;
constexpr uint64_t kLastStepBytes = 8 << 20;
constexpr uint64_t kWindowBytes = 64 << 20;
constexpr uint64_t kPageBytes = 4096;

uint64_t page_floor(uint64_t n) {
  return n / kPageBytes * kPageBytes;
}

class MappedFile final : public AppendFile {
 public:
  MappedFile(int fd, std::string path, uint64_t expected_bytes)
      : fd_(fd),
        path_(std::move(path)),
        last_step_(std::clamp(expected_bytes / 8, kFirstStepBytes, kLastStepBytes)) {}

  ~MappedFile() override {
    unmap();
    if (fd_.get() >= 0) cut_tail();
  }

  void allocate(uint64_t bytes) override {
    const uint64_t end = size() + bytes;
    if (end > allocated_.load(std::memory_order_acquire)) grow(end);
  }

  char* reserve(size_t bytes) override {
    const uint64_t begin = size(), end = begin + bytes;
    if (end > allocated_.load(std::memory_order_acquire)) grow(end);
    if (window_ == nullptr || end > window_begin_ + kWindowBytes) map(begin);
    return window_ + (begin - window_begin_);
  }

  void commit(size_t bytes) override {
    size_.store(size_.load(std::memory_order_relaxed) + bytes, std::memory_order_release);
  }

  uint64_t size() const override { return size_.load(std::memory_order_acquire); }

  void sync() override {
    // Writes pages that were dirtied through the mapping, too. Never tried again: after a failure
    // the kernel has forgotten which pages were lost.
    if (fdatasync(fd_.get()) != 0) throw IoError(errno, path_, "syncing");
  }

  void prepare(uint64_t bytes) override {
    try {
      const uint64_t begin = page_floor(size());
      if (begin + bytes > allocated_.load(std::memory_order_acquire)) grow(begin + bytes);
      const std::lock_guard lock(mutex_);
      if (window_ == nullptr) return;
      const uint64_t first = std::max(begin, prepared_), end = begin + bytes;
      if (end > window_begin_ + kWindowBytes || first < window_begin_ || end <= first) return;
      madvise(window_ + (first - window_begin_), end - first, MADV_POPULATE_WRITE);
      prepared_ = end;
    } catch (const IoError&) {
      // The append that needs the space will say so.
    }
  }

  void close() override {
    if (fd_.get() < 0) return;
    unmap();
    cut_tail();
    if (::close(fd_.release()) != 0) throw IoError(errno, path_, "closing");
  }

  const std::string& path() const override { return path_; }

 private:
  void grow(uint64_t least) {
    const std::lock_guard lock(mutex_);
    const uint64_t have = allocated_.load(std::memory_order_relaxed);
    if (least <= have) return;
    const uint64_t step = std::clamp(have, kFirstStepBytes, last_step_);
    uint64_t end = std::max(least, have + step);
    end = (end + kPageBytes - 1) / kPageBytes * kPageBytes;
    int code = posix_fallocate(fd_.get(), static_cast<off_t>(have), static_cast<off_t>(end - have));
    if (code != 0) {
      // A step ahead was a wish; the bytes asked for are a must.
      end = (least + kPageBytes - 1) / kPageBytes * kPageBytes;
      code = posix_fallocate(fd_.get(), static_cast<off_t>(have), static_cast<off_t>(end - have));
    }
    if (code != 0) throw IoError(code, path_, "reserving space in");
    allocated_.store(end, std::memory_order_release);
  }

  void map(uint64_t begin) {
    const std::lock_guard lock(mutex_);
    unmap_locked();
    window_begin_ = page_floor(begin);
    void* at = mmap(nullptr, kWindowBytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd_.get(),
                    static_cast<off_t>(window_begin_));
    if (at == MAP_FAILED) throw IoError(errno, path_, "mapping");
    madvise(at, kWindowBytes, MADV_DONTFORK);
    window_ = static_cast<char*>(at);
  }

  void unmap() {
    const std::lock_guard lock(mutex_);
    unmap_locked();
  }
  void unmap_locked() {
    if (window_ != nullptr) munmap(window_, kWindowBytes);
    window_ = nullptr;
  }
  void cut_tail() { (void)!ftruncate(fd_.get(), static_cast<off_t>(size())); }

  Descriptor fd_;
  const std::string path_;
  const uint64_t last_step_;
  std::atomic<uint64_t> size_{0};
  std::atomic<uint64_t> allocated_{0};
  // The writer alone replaces the window, under mutex_; prepare() reads it under mutex_.
  std::mutex mutex_;
  char* window_ = nullptr;
  uint64_t window_begin_ = 0;
  uint64_t prepared_ = 0;
};

}  // namespace

bool can_map_appends(int fd) {
  struct statfs about;
  if (fstatfs(fd, &about) != 0) return false;
  const auto type = static_cast<uint64_t>(about.f_type);
  return type == EXT4_SUPER_MAGIC || type == XFS_SUPER_MAGIC || type == TMPFS_MAGIC;
}

std::unique_ptr<AppendFile> make_mapped_file(int fd, const std::string& path,
                                             uint64_t expected_bytes) {
  return std::make_unique<MappedFile>(fd, path, expected_bytes);
}

}  // namespace lsmkit
