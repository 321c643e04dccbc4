// The system's own file system.
#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "lsmkit/bytes/error.h"
#include "lsmkit/vfs/file_system.h"
#include "lsmkit/vfs/posix_append_file.h"
#include "lsmkit/vfs/posix_descriptor.h"
#include "lsmkit/vfs/posix_read_file.h"

namespace lsmkit {
namespace {

[[noreturn]] void fail(const std::string& path, const char* doing) {
  throw IoError(errno, path, doing);
}

// flock belongs to the open file, not to the process: closing another descriptor of the same file
// does not give it up, and a forked child that closes its copy leaves the parent's lock alone.
class PosixLock final : public FileLock {
 public:
  explicit PosixLock(int fd) : fd_(fd) {}
  void abandon_after_fork() noexcept override { ::close(fd_.release()); }

 private:
  Descriptor fd_;
};

class PosixFileSystem final : public FileSystem {
 public:
  std::unique_ptr<AppendFile> create(const std::string& path, AppendMode mode,
                                     uint64_t expected_bytes) override {
    const int fd = open_descriptor(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
    if (fd < 0) fail(path, "creating");
    if (mode == AppendMode::kLog && can_map_appends(fd)) {
      return make_mapped_file(fd, path, expected_bytes);
    }
    return make_written_file(fd, path);
  }

  std::unique_ptr<ReadFile> open(const std::string& path) override {
    // O_NONBLOCK: a pipe put in the place of a file must not make us wait.
    const int fd = open_descriptor(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0) fail(path, "opening");
    return make_read_file(fd, path);
  }

  bool exists(const std::string& path) override {
    struct stat about;
    if (lstat(path.c_str(), &about) == 0) return true;
    if (errno == ENOENT || errno == ENOTDIR) return false;
    fail(path, "looking at");
  }

  bool is_directory(const std::string& path) override {
    struct stat about;
    return stat(path.c_str(), &about) == 0 && S_ISDIR(about.st_mode);
  }

  uint64_t file_bytes(const std::string& path) override {
    struct stat about;
    if (lstat(path.c_str(), &about) != 0) fail(path, "looking at");
    return static_cast<uint64_t>(about.st_size);
  }

  // From the directory on: the way there is walked once.
  std::vector<std::optional<uint64_t>> all_file_bytes(
      const std::string& dir, const std::vector<std::string>& names) override {
    const Descriptor guard(open_dir(dir));
    std::vector<std::optional<uint64_t>> out;
    out.reserve(names.size());
    for (const std::string& name : names) {
      struct stat about;
      if (fstatat(guard.get(), name.c_str(), &about, AT_SYMLINK_NOFOLLOW) == 0) {
        out.emplace_back(static_cast<uint64_t>(about.st_size));
      } else {
        if (errno != ENOENT) fail(join_path(dir, name), "looking at");
        out.emplace_back();
      }
    }
    return out;
  }

  std::vector<std::string> list(const std::string& dir) override {
    Descriptor descriptor(open_dir(dir));
    DIR* stream = fdopendir(descriptor.get());
    if (stream == nullptr) fail(dir, "listing");
    (void)descriptor.release();
    const std::unique_ptr<DIR, int (*)(DIR*)> guard(stream, closedir);
    std::vector<std::string> names;
    for (errno = 0; const dirent* entry = readdir(stream); errno = 0) {
      const std::string name = entry->d_name;
      if (name != "." && name != "..") names.push_back(name);
    }
    if (errno != 0) fail(dir, "listing");
    std::sort(names.begin(), names.end());
    return names;
  }

  void make_dir(const std::string& path) override {
    if (is_directory(path)) return;
    const std::string parent = parent_of(path);
    make_dir(parent);
    if (mkdir(path.c_str(), 0700) != 0) {
      const int code = errno;
      // Another process may have made it meanwhile; a file of that name is no directory.
      if (code != EEXIST) throw IoError(code, path, "making directory");
      if (!is_directory(path)) throw IoError(ENOTDIR, path, "making directory");
    }
    // Against a power loss after the database in it has acknowledged a write.
    sync_dir(parent);
  }

  void remove(const std::string& path) override {
    if (unlink(path.c_str()) != 0) fail(path, "removing");
  }
  void remove_dir(const std::string& path) override {
    if (rmdir(path.c_str()) != 0) fail(path, "removing directory");
  }
  void rename(const std::string& source, const std::string& target) override {
    if (::rename(source.c_str(), target.c_str()) != 0) fail(source, "renaming");
  }
  void link(const std::string& source, const std::string& target) override {
    if (::link(source.c_str(), target.c_str()) != 0) fail(source, "linking");
  }

  void sync_dir(const std::string& path) override {
    const Descriptor guard(open_dir(path));
    if (fsync(guard.get()) != 0) fail(path, "syncing directory");
  }

  std::unique_ptr<FileLock> lock(const std::string& path) override {
    for (;;) {
      const int fd = open_descriptor(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0600);
      if (fd < 0) fail(path, "opening");
      Descriptor guard(fd);
      if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK) fail(path, "locking");
        throw LockedError(parent_of(path), holder_of(fd));
      }
      // Whoever held it before may have removed it (destroy); then the next one locks another file.
      if (!leads_to(path, fd)) continue;
      // Who holds it, for the other's error message.
      const std::string pid = std::to_string(getpid()) + "\n";
      if (ftruncate(fd, 0) == 0) (void)!pwrite(fd, pid.data(), pid.size(), 0);
      return std::make_unique<PosixLock>(guard.release());
    }
  }

  uint64_t free_bytes(const std::string& dir) override {
    struct statvfs about;
    if (statvfs(dir.c_str(), &about) != 0) fail(dir, "looking at");
    return static_cast<uint64_t>(about.f_bavail) * about.f_frsize;
  }

  std::string absolute(const std::string& path) override {
    return std::filesystem::absolute(path).string();
  }
  std::string identity(const std::string& dir) override {
    struct stat about;
    if (stat(dir.c_str(), &about) != 0) fail(dir, "looking at");
    return std::to_string(about.st_dev) + ":" + std::to_string(about.st_ino);
  }

 private:
  static int open_dir(const std::string& path) {
    const int fd = open_descriptor(path, O_RDONLY | O_DIRECTORY);
    if (fd < 0) fail(path, "opening directory");
    return fd;
  }
  static bool leads_to(const std::string& path, int fd) {
    struct stat named, open;
    return stat(path.c_str(), &named) == 0 && fstat(fd, &open) == 0 &&
           named.st_dev == open.st_dev && named.st_ino == open.st_ino;
  }
  static std::string parent_of(std::string path) {
    while (path.size() > 1 && path.back() == '/') path.pop_back();
    const size_t slash = path.rfind('/');
    if (slash == std::string::npos) return ".";
    return slash == 0 ? "/" : path.substr(0, slash);
  }

  static int64_t holder_of(int fd) {
    char text[24] = {};
    if (pread(fd, text, sizeof text - 1, 0) <= 0) return 0;
    return std::strtoll(text, nullptr, 10);
  }
};

}  // namespace

FileSystem& posix_file_system() {
  static PosixFileSystem* const instance = new PosixFileSystem;
  return *instance;
}

}  // namespace lsmkit
