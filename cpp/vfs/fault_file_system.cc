#include "lsmkit/vfs/fault_file_system.h"

#include <numeric>

#include "lsmkit/bytes/error.h"
#include "lsmkit/vfs/memory_file.h"
#include "lsmkit/vfs/passing_file.h"

namespace lsmkit {
namespace {

[[noreturn]] void raise(const Fault& fault, FileOperation operation, const std::string& path) {
  throw IoError(fault.code, path, std::string("injected: ") + to_string(operation));
}

// Fails a call before or after it has had its effect.
template <class Call>
auto guarded(FaultFileSystem& fs, FileOperation operation, const std::string& path, Call&& call) {
  const std::optional<Fault> fault = fs.count(operation);
  if (!fault) return call();
  if (fault->effect == FaultEffect::kDone) call();
  raise(*fault, operation, path);
}

class FaultAppendFile final : public PassingAppendFile {
 public:
  FaultAppendFile(FaultFileSystem& fs, std::unique_ptr<AppendFile> below)
      : PassingAppendFile(std::move(below)), fs_(fs) {}

  void allocate(uint64_t bytes) override {
    guarded(fs_, FileOperation::kAllocate, path(), [&] { below_->allocate(bytes); });
  }

  char* reserve(size_t bytes) override {
    return guarded(fs_, FileOperation::kReserve, path(), [&] { return below_->reserve(bytes); });
  }

  void commit(size_t bytes) override {
    const std::optional<Fault> fault = fs_.count(FileOperation::kAppend);
    if (!fault) return below_->commit(bytes);
    if (fault->effect == FaultEffect::kHalf) below_->commit(bytes / 2);
    if (fault->effect == FaultEffect::kDone) below_->commit(bytes);
    raise(*fault, FileOperation::kAppend, path());
  }

  void sync() override {
    const std::optional<Fault> fault = fs_.count(FileOperation::kSync);
    if (!fault) return below_->sync();
    if (fault->effect == FaultEffect::kDone) below_->sync();
    if (fault->effect == FaultEffect::kUnsyncedLost) {
      if (auto* file = dynamic_cast<MemoryAppendFile*>(below_.get())) file->lose_unsynced();
    }
    raise(*fault, FileOperation::kSync, path());
  }

  void close() override {
    guarded(fs_, FileOperation::kClose, path(), [&] { below_->close(); });
  }

 private:
  FaultFileSystem& fs_;
};

class FaultReadFile final : public PassingReadFile {
 public:
  FaultReadFile(FaultFileSystem& fs, std::unique_ptr<ReadFile> below)
      : PassingReadFile(std::move(below)), fs_(fs) {}

  size_t read(uint64_t offset, size_t bytes, char* to) const override {
    return guarded(fs_, FileOperation::kRead, path(),
                   [&] { return below_->read(offset, bytes, to); });
  }

 private:
  FaultFileSystem& fs_;
};

}  // namespace

void FaultFileSystem::inject(const Fault& fault) {
  ensure(fault.at > 0, "a fault's operations are counted from 1");
  const std::lock_guard lock(mutex_);
  armed_.push_back({fault});
}

void FaultFileSystem::heal() {
  const std::lock_guard lock(mutex_);
  armed_.clear();
}

uint64_t FaultFileSystem::operation_count() const {
  const std::lock_guard lock(mutex_);
  return std::accumulate(counts_.begin(), counts_.end(), uint64_t{0});
}

uint64_t FaultFileSystem::operation_count(FileOperation of) const {
  const std::lock_guard lock(mutex_);
  return counts_[static_cast<size_t>(of)];
}

uint64_t FaultFileSystem::failure_count() const {
  const std::lock_guard lock(mutex_);
  return failure_count_;
}

std::optional<Fault> FaultFileSystem::count(FileOperation operation) {
  const std::lock_guard lock(mutex_);
  ++counts_[static_cast<size_t>(operation)];
  std::optional<Fault> due;
  for (Armed& armed : armed_) {
    if (armed.fault.of && *armed.fault.of != operation) continue;
    ++armed.seen_count;
    const bool fails =
        armed.seen_count >= armed.fault.at && armed.seen_count - armed.fault.at < armed.fault.times;
    if (fails && !due) due = armed.fault;
  }
  if (due) ++failure_count_;
  return due;
}

std::unique_ptr<AppendFile> FaultFileSystem::create(const std::string& path, AppendMode mode,
                                                    uint64_t expected_bytes) {
  return guarded(*this, FileOperation::kCreate, path, [&]() -> std::unique_ptr<AppendFile> {
    return std::make_unique<FaultAppendFile>(*this, below_.create(path, mode, expected_bytes));
  });
}

std::unique_ptr<ReadFile> FaultFileSystem::open(const std::string& path) {
  return guarded(*this, FileOperation::kOpen, path, [&]() -> std::unique_ptr<ReadFile> {
    return std::make_unique<FaultReadFile>(*this, below_.open(path));
  });
}

bool FaultFileSystem::exists(const std::string& path) {
  return guarded(*this, FileOperation::kLook, path, [&] { return below_.exists(path); });
}

bool FaultFileSystem::is_directory(const std::string& path) {
  return below_.is_directory(path);
}

uint64_t FaultFileSystem::file_bytes(const std::string& path) {
  return guarded(*this, FileOperation::kLook, path, [&] { return below_.file_bytes(path); });
}

std::vector<std::string> FaultFileSystem::list(const std::string& dir) {
  return guarded(*this, FileOperation::kList, dir, [&] { return below_.list(dir); });
}

void FaultFileSystem::make_dir(const std::string& path) {
  guarded(*this, FileOperation::kMakeDir, path, [&] { below_.make_dir(path); });
}

void FaultFileSystem::remove(const std::string& path) {
  guarded(*this, FileOperation::kRemove, path, [&] { below_.remove(path); });
}

void FaultFileSystem::remove_dir(const std::string& path) {
  guarded(*this, FileOperation::kRemove, path, [&] { below_.remove_dir(path); });
}

void FaultFileSystem::rename(const std::string& source, const std::string& target) {
  guarded(*this, FileOperation::kRename, source, [&] { below_.rename(source, target); });
}

void FaultFileSystem::link(const std::string& source, const std::string& target) {
  guarded(*this, FileOperation::kLink, source, [&] { below_.link(source, target); });
}

void FaultFileSystem::sync_dir(const std::string& path) {
  guarded(*this, FileOperation::kSyncDir, path, [&] { below_.sync_dir(path); });
}

std::unique_ptr<FileLock> FaultFileSystem::lock(const std::string& path) {
  return guarded(*this, FileOperation::kLock, path, [&] { return below_.lock(path); });
}

uint64_t FaultFileSystem::free_bytes(const std::string& dir) {
  return guarded(*this, FileOperation::kLook, dir, [&] { return below_.free_bytes(dir); });
}

std::string FaultFileSystem::identity(const std::string& dir) {
  return guarded(*this, FileOperation::kLook, dir, [&] { return below_.identity(dir); });
}

const char* to_string(FileOperation operation) {
  static constexpr const char* kNames[kFileOperationCount] = {
      "create", "allocate", "reserve",  "append", "sync",   "close", "open",     "read",
      "look",   "list",     "make_dir", "remove", "rename", "link",  "sync_dir", "lock"};
  return kNames[static_cast<size_t>(operation)];
}

}  // namespace lsmkit
