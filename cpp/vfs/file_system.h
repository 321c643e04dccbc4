// The one door to the operating system: files, directories, locks, clocks, randomness. The engine
// never calls the system itself, so a test can hand it a disk that lies, fills up or loses power.
//
// Every call throws IoError (with the errno and the path) when the system refuses. Names are built
// by the engine from numbers, never from file contents.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lsmkit {

// A file that only grows, written by one process life only. One thread appends; sync() and
// prepare() may run beside it in other threads.
//
// An append is three steps: allocate() makes sure there is room, so that a full disk is found
// before the first byte is stored; reserve() gives memory to fill; commit() is the operation: from
// then on the bytes survive the death of the process, and a later sync() makes them durable.
class AppendFile {
 public:
  virtual ~AppendFile() = default;  // Closes without syncing and never throws.

  // Makes sure that the next `bytes` bytes can be stored. Throws IoError(ENOSPC) and leaves the
  // file as it was.
  virtual void allocate(uint64_t bytes) = 0;

  // Memory for the next `bytes` bytes. Valid until the next reserve; what was not committed is
  // void. Requires: bytes <= kMaxReserveBytes.
  virtual char* reserve(size_t bytes) = 0;
  static constexpr size_t kMaxReserveBytes = 4 << 20;

  // Appends the first `bytes` of what reserve gave. A throw leaves the tail unknown.
  virtual void commit(size_t bytes) = 0;

  // Bytes committed so far.
  virtual uint64_t size() const = 0;

  // Returns once every byte committed before the call is durable, and with it the file's length
  // (not its name: that is sync_dir's).
  virtual void sync() = 0;

  // Does ahead of time what makes appends slow (page faults of mapped memory), up to `bytes` past
  // the end. Free to do nothing.
  virtual void prepare(uint64_t bytes) = 0;

  // Cuts what was allocated past the end and closes. No sync.
  virtual void close() = 0;

  virtual const std::string& path() const = 0;

  // Reserve, copy, commit, in pieces that fit.
  void append(std::string_view bytes);
};

// A file for reading at any offset, from any thread.
class ReadFile {
 public:
  virtual ~ReadFile() = default;
  virtual uint64_t size() const = 0;
  // Reads up to `bytes` bytes at `offset` into `to`; fewer only at the end of the file.
  virtual size_t read(uint64_t offset, size_t bytes, char* to) const = 0;
  // Tells the system that this range will be wanted soon. Free to do nothing.
  virtual void will_read(uint64_t offset, uint64_t bytes) const { (void)offset, (void)bytes; }
  // Promises that the name leads to this file for as long as this object lives, so that the file
  // may be closed between reads when descriptors run short. Before the first read.
  virtual void keeps_its_name() {}
  virtual const std::string& path() const = 0;
};

// Held until destroyed. The lock file stays.
class FileLock {
 public:
  virtual ~FileLock() = default;
  // In the child of a fork: gives up the descriptor without unlocking the parent's.
  virtual void abandon_after_fork() noexcept = 0;
};

// How a new file will be written.
enum class AppendMode {
  kLog,    // many small appends; where the file system allows, mapped memory
  kTable,  // few large appends
};

class FileSystem {
 public:
  virtual ~FileSystem() = default;

  // Creates a file that must not exist (EEXIST otherwise). `expected_bytes` sizes the first
  // allocation of a log.
  virtual std::unique_ptr<AppendFile> create(const std::string& path, AppendMode mode,
                                             uint64_t expected_bytes) = 0;
  // Opens a regular file; never follows a symbolic link, never hangs on a pipe or a device.
  virtual std::unique_ptr<ReadFile> open(const std::string& path) = 0;

  virtual bool exists(const std::string& path) = 0;  // Anything of that name, also a broken link.
  virtual bool is_directory(const std::string& path) = 0;
  virtual uint64_t file_bytes(const std::string& path) = 0;
  // The same of many files of one directory at once; nullopt where nothing has that name.
  virtual std::vector<std::optional<uint64_t>> all_file_bytes(
      const std::string& dir, const std::vector<std::string>& names);
  virtual std::vector<std::string> list(
      const std::string& dir) = 0;  // Names, sorted, without . and ..
  virtual void make_dir(
      const std::string& path) = 0;  // 0700; existing directories are fine; parents too.
  virtual void remove(const std::string& path) = 0;
  virtual void remove_dir(const std::string& path) = 0;  // Only if empty.
  virtual void rename(const std::string& source, const std::string& target) = 0;
  virtual void link(const std::string& source, const std::string& target) = 0;
  // Makes creations, removals and renames in `path` durable.
  virtual void sync_dir(const std::string& path) = 0;
  // Throws LockedError if another process holds it. Taking it twice in one process is the caller's
  // business (see db's registry). Creates the file (0600) if it is missing.
  virtual std::unique_ptr<FileLock> lock(const std::string& path) = 0;
  virtual uint64_t free_bytes(const std::string& dir) = 0;
  // What names a directory for good, however its path is spelled: device and inode.
  virtual std::string identity(const std::string& dir) = 0;
  // The same place, whatever the process's current directory becomes.
  virtual std::string absolute(const std::string& path) { return path; }
};

// The system's own file system. Lives for ever.
FileSystem& posix_file_system();

// Joins a directory and a name.
std::string join_path(std::string_view dir, std::string_view name);

// The whole of a small file. Throws if it is larger than `max_bytes`.
std::string read_whole(FileSystem& fs, const std::string& path, uint64_t max_bytes);

}  // namespace lsmkit
