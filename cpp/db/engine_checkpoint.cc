// A copy of a moment in a directory of its own: tables are linked (they never change), the logs
// copied up to the last commit, and a MANIFEST of its own is written last. Whoever opens it replays
// the logs, as after a crash.
#include <algorithm>
#include <cerrno>

#include "lsmkit/bytes/error.h"
#include "lsmkit/db/directory.h"
#include "lsmkit/db/engine.h"
#include "lsmkit/log/log_name.h"

namespace lsmkit {
namespace {

constexpr size_t kCopyBytes = 64 << 10;

// The files of a checkpoint on their way; removed unless it is finished.
class NewDirectory {
 public:
  NewDirectory(FileSystem& files, std::string path)
      : files_(files), path_(std::move(path)), made_(!files_.exists(path_)) {
    if (!made_ && (!files_.is_directory(path_) || !files_.list(path_).empty())) {
      throw InvalidArgument(path_ +
                            " exists and is not an empty directory; a checkpoint makes its own");
    }
    files_.make_dir(path_);
    lock_ = files_.lock(add(std::string(kLockName)));
  }
  ~NewDirectory() {
    if (finished_) return;
    try {
      for (const std::string& file : names_) {
        const std::string path = join_path(path_, file);
        if (files_.exists(path)) files_.remove(path);
      }
      lock_.reset();
      if (made_) files_.remove_dir(path_);
    } catch (const Error&) {
      // What stands is no database: without a MANIFEST no open takes it for one.
    }
  }
  NewDirectory(const NewDirectory&) = delete;
  NewDirectory& operator=(const NewDirectory&) = delete;

  const std::string& path() const { return path_; }
  // The path of a file that is about to be made.
  std::string add(const std::string& name) {
    names_.push_back(name);
    return join_path(path_, name);
  }
  void finish() { finished_ = true; }

 private:
  FileSystem& files_;
  const std::string path_;
  const bool made_;
  std::vector<std::string> names_;
  std::unique_ptr<FileLock> lock_;
  bool finished_ = false;
};

// The first `bytes` bytes of `source` as a synced file.
void copy_file(const ReadFile& source, uint64_t bytes, FileSystem& files, const std::string& target,
               const std::function<void(uint64_t)>& copied) {
  const auto out = files.create(target, AppendMode::kTable, bytes);
  std::string piece;
  for (uint64_t at = 0; at < bytes; at += piece.size()) {
    piece.resize(std::min<uint64_t>(kCopyBytes, bytes - at));
    piece.resize(source.read(at, piece.size(), piece.data()));
    if (piece.empty()) {
      throw CorruptionError(source.path(), at,
                            "it ends here, due are " + std::to_string(bytes) + " bytes");
    }
    out->allocate(piece.size());
    out->append(piece);
    copied(piece.size());
  }
  // Against a power loss after the MANIFEST names it.
  out->sync();
  out->close();
}

// Other disks, file systems without links, files with as many names as they can have.
bool may_copy_instead(const IoError& error) {
  constexpr int kCodes[] = {EXDEV, EPERM, EOPNOTSUPP, EMLINK, EACCES};
  return std::find(std::begin(kCodes), std::end(kCodes), error.code()) != std::end(kCodes);
}

}  // namespace

void Engine::checkpoint(FileSystem& disk, const std::string& target, const Poll& poll) {
  check_writable();
  check_not_in_job("checkpoint()");
  const JobScope scope(*this);
  FileSystem& home = *environment_.files;
  NewDirectory made(disk, disk.absolute(target));
  ManifestState state;
  std::shared_ptr<const ReadView> view;  // keeps its tables
  Progress progress;
  const auto told = [&](uint64_t bytes) {
    progress.done += bytes;
    if (stopping()) throw ClosedError(path_ + " is closed");
    if (poll) poll(progress);
  };

  {
    const FlushSlot no_log_goes_away(*this);
    std::vector<std::pair<LogNumber, uint64_t>> logs;
    {
      const std::lock_guard commit_lock(commit_mutex_);
      const std::lock_guard lock(state_mutex_);
      state = state_;
      view = view_owner_;
      logs = wal_->written_files();
    }
    std::erase_if(logs, [&](const auto& log) { return log.first < state.oldest_log; });
    for (const auto& run : view->runs()) progress.total += run->run().file_bytes();
    for (const auto& [number, bytes] : logs) progress.total += bytes;
    for (const auto& [number, bytes] : logs) {
      const std::string name = log_file_name(number);
      copy_file(*home.open(join_path(path_, name)), bytes, disk, made.add(name), told);
    }
  }
  for (const auto& run : view->runs()) {
    for (size_t i = 0; i < run->table_count(); ++i) {
      const TableMeta& meta = run->handle(i).meta();
      const std::string source = run->handle(i).path();
      const std::string copy = made.add(table_file_name(meta.number));
      try {
        home.link(source, copy);
        told(meta.file_bytes);
      } catch (const IoError& error) {
        if (!may_copy_instead(error)) throw;
        copy_file(*home.open(source), meta.file_bytes, disk, copy, told);
      }
    }
  }
  // Names before a MANIFEST that tells of them: a power loss may keep either.
  disk.sync_dir(made.path());
  made.add("MANIFEST");
  Manifest::create(disk, made.path(), database_id_, LogNumber{1}, state);
  made.finish();
}

}  // namespace lsmkit
