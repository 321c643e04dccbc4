// A file system that fails on command, wrapped around one that works: the k-th operation, or the
// k-th of a kind, once, for a while or for ever.
#pragma once

#include <array>
#include <cerrno>
#include <cstdint>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "lsmkit/vfs/file_system.h"

namespace lsmkit {

// What a caller asks of a file system. prepare(), will_read() and is_directory() can't fail, nor
// can size() and path(): they are not counted.
enum class FileOperation : uint8_t {
  kCreate,
  kAllocate,
  kReserve,
  kAppend,  // commit
  kSync,
  kClose,
  kOpen,
  kRead,
  kLook,  // exists, file_bytes, free_bytes, identity
  kList,
  kMakeDir,
  kRemove,  // remove_dir too
  kRename,
  kLink,
  kSyncDir,
  kLock,
};
inline constexpr size_t kFileOperationCount = 16;
const char* to_string(FileOperation operation);

// What has happened to the disk when the error is raised.
enum class FaultEffect {
  kNothing,
  kHalf,          // a commit stored its first half; else nothing
  kDone,          // all of it: the error lies
  kUnsyncedLost,  // a sync lost what was un-synced, later ones succeed; on MemoryFileSystem only
};

struct Fault {
  std::optional<FileOperation> of = {};  // Any if empty.
  uint64_t at = 1;                       // The first operation to fail, counted from inject() on.
  uint64_t times = 1;                    // So many fail in a row; then the disk has healed.
  int code = EIO;
  FaultEffect effect = FaultEffect::kNothing;

  static constexpr uint64_t kForEver = std::numeric_limits<uint64_t>::max();
};

// Thread-safe. `below` must outlive it, and it its files.
class FaultFileSystem final : public FileSystem {
 public:
  explicit FaultFileSystem(FileSystem& below) : below_(below) {}

  void inject(const Fault& fault);  // Beside those that are there.
  void heal();                      // Drops all faults.

  // Operations asked for, failed ones included, and how many were failed.
  uint64_t operation_count() const;
  uint64_t operation_count(FileOperation of) const;
  uint64_t failure_count() const;

  std::unique_ptr<AppendFile> create(const std::string& path, AppendMode mode,
                                     uint64_t expected_bytes) override;
  std::unique_ptr<ReadFile> open(const std::string& path) override;
  bool exists(const std::string& path) override;
  bool is_directory(const std::string& path) override;
  uint64_t file_bytes(const std::string& path) override;
  std::vector<std::string> list(const std::string& dir) override;
  void make_dir(const std::string& path) override;
  void remove(const std::string& path) override;
  void remove_dir(const std::string& path) override;
  void rename(const std::string& source, const std::string& target) override;
  void link(const std::string& source, const std::string& target) override;
  void sync_dir(const std::string& path) override;
  std::unique_ptr<FileLock> lock(const std::string& path) override;
  uint64_t free_bytes(const std::string& dir) override;
  std::string identity(const std::string& dir) override;
  std::string absolute(const std::string& path) override { return below_.absolute(path); }

  // Counts an operation; the fault to raise for it, if any.
  std::optional<Fault> count(FileOperation operation);

 private:
  struct Armed {
    Fault fault;
    uint64_t seen_count = 0;
  };

  FileSystem& below_;

  mutable std::mutex mutex_;  // Guards all below.
  std::vector<Armed> armed_;
  std::array<uint64_t, kFileOperationCount> counts_{};
  uint64_t failure_count_ = 0;
};

}  // namespace lsmkit
