#include "lsmkit/vfs/posix_read_file.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <mutex>
#include <shared_mutex>
#include <vector>

#include "lsmkit/bytes/error.h"
#include "lsmkit/vfs/posix_descriptor.h"

namespace lsmkit {
namespace {

constexpr size_t kLeastOpenFiles = 16;

class PosixReadFile;

// The open files of this process that may be closed.
class Closable {
 public:
  static Closable& of_process();

  // Closes others if there are too many. Requires: `file` is locked for this thread alone, or
  // nobody else has it yet.
  void add(PosixReadFile& file);
  void remove(PosixReadFile& file);  // also if it was closed meanwhile
  bool close_half();                 // false if none was closed

 private:
  bool close_down_to(size_t count);  // mutex_
  static size_t limit();

  std::mutex mutex_;  // also held across every fork
  std::vector<PosixReadFile*> open_;
  size_t hand_ = 0;
};

class PosixReadFile final : public ReadFile {
 public:
  PosixReadFile(int fd, std::string path, const struct stat& about)
      : path_(std::move(path)),
        size_(static_cast<uint64_t>(about.st_size)),
        device_(about.st_dev),
        inode_(about.st_ino),
        fd_(fd) {}

  ~PosixReadFile() override {
    if (closable_.load(std::memory_order_relaxed)) Closable::of_process().remove(*this);
    if (fd_ >= 0) ::close(fd_);
  }

  uint64_t size() const override { return size_; }
  const std::string& path() const override { return path_; }

  size_t read(uint64_t offset, size_t bytes, char* to) const override {
    size_t done = 0;
    with_descriptor([&](int fd) {
      while (done < bytes) {
        const ssize_t got = retry_interrupted(
            [&] { return pread(fd, to + done, bytes - done, static_cast<off_t>(offset + done)); });
        if (got < 0) throw IoError(errno, path_, "reading");
        if (got == 0) break;
        done += static_cast<size_t>(got);
      }
    });
    return done;
  }

  void will_read(uint64_t offset, uint64_t bytes) const override {
    with_descriptor([&](int fd) {
      posix_fadvise(fd, static_cast<off_t>(offset), static_cast<off_t>(bytes), POSIX_FADV_WILLNEED);
    });
  }

  void keeps_its_name() override {
    if (!path_.starts_with('/') || closable_.load(std::memory_order_relaxed)) return;
    const std::unique_lock lock(mutex_);
    Closable::of_process().add(*this);
    closable_.store(true, std::memory_order_release);
  }

  // ---- For Closable, under its mutex.
  bool was_used() { return used_.exchange(false, std::memory_order_relaxed); }
  bool close_if_idle() {
    const std::unique_lock lock(mutex_, std::try_to_lock);
    if (!lock) return false;
    ::close(fd_);
    fd_ = -1;
    return true;
  }

  static constexpr size_t kNowhere = SIZE_MAX;
  size_t place = kNowhere;  // in Closable's list

 private:
  template <class Use>
  void with_descriptor(const Use& use) const {
    if (!closable_.load(std::memory_order_acquire)) return use(fd_);
    if (!used_.load(std::memory_order_relaxed)) used_.store(true, std::memory_order_relaxed);
    {
      const std::shared_lock lock(mutex_);
      if (fd_ >= 0) [[likely]]
        return use(fd_);
    }
    const std::unique_lock lock(mutex_);
    if (fd_ < 0) open_again();
    return use(fd_);
  }

  // Requires: mutex_ held.
  void open_again() const {
    const int fd = open_descriptor(path_, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0) throw IoError(errno, path_, "opening again");
    struct stat about;
    if (fstat(fd, &about) != 0 || about.st_dev != device_ || about.st_ino != inode_) {
      ::close(fd);
      throw IoError(ESTALE, path_, "opening again (another file has this name by now)");
    }
    fd_ = fd;
    Closable::of_process().add(const_cast<PosixReadFile&>(*this));
  }

  const std::string path_;
  const uint64_t size_;
  const dev_t device_;
  const ino_t inode_;
  std::atomic<bool> closable_{false};
  mutable std::atomic<bool> used_{true};
  mutable std::shared_mutex mutex_;
  mutable int fd_;  // mutex_, once closable_; -1: closed
};

// ---- Which to close.

Closable& Closable::of_process() {
  // Never destroyed: files may be closed while static objects are torn down.
  static Closable* const instance = new Closable;
  [[maybe_unused]] static const int registered =
      pthread_atfork([] { of_process().mutex_.lock(); }, [] { of_process().mutex_.unlock(); },
                     [] { of_process().mutex_.unlock(); });
  return *instance;
}

size_t Closable::limit() {
  struct rlimit files;
  if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur == RLIM_INFINITY) return SIZE_MAX;
  return std::max<size_t>(files.rlim_cur / 2, kLeastOpenFiles);
}

void Closable::add(PosixReadFile& file) {
  const std::lock_guard lock(mutex_);
  close_down_to(limit() - 1);
  file.place = open_.size();
  open_.push_back(&file);
}

void Closable::remove(PosixReadFile& file) {
  const std::lock_guard lock(mutex_);
  if (file.place == PosixReadFile::kNowhere) return;
  open_.back()->place = file.place;
  open_[file.place] = open_.back();
  open_.pop_back();
  file.place = PosixReadFile::kNowhere;
}

bool Closable::close_half() {
  const std::lock_guard lock(mutex_);
  return close_down_to(open_.size() / 2);
}

// Twice around finds everything that is not being read right now.
bool Closable::close_down_to(size_t count) {
  bool closed = false;
  for (size_t looks = 2 * open_.size(); open_.size() > count && looks > 0; --looks) {
    if (hand_ >= open_.size()) hand_ = 0;
    PosixReadFile& file = *open_[hand_];
    if (file.was_used() || !file.close_if_idle()) {
      ++hand_;
      continue;
    }
    file.place = PosixReadFile::kNowhere;
    open_[hand_] = open_.back();
    open_.pop_back();
    if (hand_ < open_.size()) open_[hand_]->place = hand_;
    closed = true;
  }
  return closed;
}

}  // namespace

std::unique_ptr<ReadFile> make_read_file(int fd, const std::string& path) {
  Descriptor guard(fd);
  struct stat about;
  if (fstat(fd, &about) != 0) throw IoError(errno, path, "looking at");
  if (!S_ISREG(about.st_mode)) throw IoError(EINVAL, path, "opening something that is no file:");
  auto file = std::make_unique<PosixReadFile>(fd, path, about);
  (void)guard.release();
  return file;
}

bool close_some_read_files() {
  return Closable::of_process().close_half();
}

}  // namespace lsmkit
