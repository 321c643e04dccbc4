// What the log's tests stand on: a disk that is a map of strings, so that a test can cut, flip and
// swap bytes; and short ways to write and read logs on it.
#pragma once

#include <doctest/doctest.h>

#include <cerrno>
#include <cstring>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lsmkit/log/log_name.h"
#include "lsmkit/log/log_replay.h"
#include "lsmkit/log/log_writer.h"
#include "lsmkit/vfs/file_system.h"

namespace lsmkit {

class StringDisk : public FileSystem {
 public:
  std::map<std::string, std::string> files;
  uint64_t room_bytes = std::numeric_limits<uint64_t>::max();  // for all files together
  std::string unreadable;                                      // a path that fails with EIO
  bool commits_fail = false;
  std::function<void(const std::string&, uint64_t)> before_read;  // path, offset
  uint64_t commit_count = 0;

  std::unique_ptr<AppendFile> create(const std::string& path, AppendMode,
                                     uint64_t expected_bytes) override {
    if (!files.emplace(path, "").second) throw IoError(EEXIST, path, "create");
    files[path].reserve(expected_bytes);
    return std::make_unique<Append>(*this, path);
  }
  std::unique_ptr<ReadFile> open(const std::string& path) override {
    if (!exists(path)) throw IoError(ENOENT, path, "open");
    return std::make_unique<Read>(*this, path);
  }
  bool exists(const std::string& path) override { return files.count(path) > 0; }

  bool is_directory(const std::string&) override { return refuse<bool>(); }
  uint64_t file_bytes(const std::string&) override { return refuse<uint64_t>(); }
  std::vector<std::string> list(const std::string&) override {
    return refuse<std::vector<std::string>>();
  }
  void make_dir(const std::string&) override { refuse<void>(); }
  void remove(const std::string&) override { refuse<void>(); }
  void remove_dir(const std::string&) override { refuse<void>(); }
  void rename(const std::string&, const std::string&) override { refuse<void>(); }
  void link(const std::string&, const std::string&) override { refuse<void>(); }
  void sync_dir(const std::string&) override { refuse<void>(); }
  std::unique_ptr<FileLock> lock(const std::string&) override {
    return refuse<std::unique_ptr<FileLock>>();
  }
  uint64_t free_bytes(const std::string&) override { return refuse<uint64_t>(); }
  std::string identity(const std::string&) override { return refuse<std::string>(); }

 private:
  template <class T>
  static T refuse() {
    throw std::logic_error("the log floor has no business with this");
  }

  class Append : public AppendFile {
   public:
    Append(StringDisk& disk, std::string path) : disk_(disk), path_(std::move(path)) {}
    void allocate(uint64_t bytes) override {
      uint64_t used = 0;
      for (const auto& [path, content] : disk_.files) used += content.size();
      if (bytes > disk_.room_bytes - used) throw IoError(ENOSPC, path_, "allocate");
    }
    char* reserve(size_t bytes) override {
      REQUIRE(bytes <= kMaxReserveBytes);
      reserved_ = bytes;
      if (buffer_.size() <= bytes) buffer_.resize(bytes + 1);
      buffer_[bytes] = kGuard;
      return buffer_.data();
    }
    void commit(size_t bytes) override {
      REQUIRE(bytes <= reserved_);
      REQUIRE(buffer_[reserved_] == kGuard);
      if (disk_.commits_fail) throw IoError(EIO, path_, "append to");
      disk_.files[path_].append(buffer_.data(), bytes);
      size_ += bytes;
      reserved_ = 0;
      ++disk_.commit_count;
    }
    uint64_t size() const override { return size_; }
    void sync() override {}
    void prepare(uint64_t) override {}
    void close() override {}
    const std::string& path() const override { return path_; }

   private:
    static constexpr char kGuard = 'G';
    StringDisk& disk_;
    const std::string path_;
    std::string buffer_;
    size_t reserved_ = 0;
    uint64_t size_ = 0;
  };

  class Read : public ReadFile {
   public:
    Read(StringDisk& disk, std::string path)
        : disk_(disk), path_(std::move(path)), size_(disk.files[path_].size()) {}
    uint64_t size() const override { return size_; }
    size_t read(uint64_t offset, size_t bytes, char* to) const override {
      if (disk_.before_read) disk_.before_read(path_, offset);
      if (disk_.unreadable == path_) throw IoError(EIO, path_, "read");
      const std::string& content = disk_.files[path_];
      if (offset >= content.size()) return 0;
      return content.copy(to, bytes, offset);
    }
    const std::string& path() const override { return path_; }

   private:
    StringDisk& disk_;
    const std::string path_;
    const uint64_t size_;
  };
};

inline constexpr uint64_t kDatabase = 0x0123456789abcdef;
inline constexpr LogPosition kNothingSynced{};

inline LogNumber number(uint64_t n) {
  return LogNumber{n};
}
inline std::string path_of(uint64_t n) {
  return "db/" + log_file_name(number(n));
}

inline std::unique_ptr<LogWriter> create_log(FileSystem& disk, uint64_t n, uint64_t predecessor = 0,
                                             uint64_t database = kDatabase) {
  return LogWriter::create(disk, path_of(n), {database, number(n), number(predecessor)}, 0);
}

inline uint64_t append(LogWriter& log, std::string_view record,
                       LogPosition synced = kNothingSynced) {
  const std::string_view pieces[] = {record};
  log.allocate(record.size());
  return log.append(pieces, synced);
}

// What a replay gave, or how it failed.
struct Replayed {
  std::vector<std::string> records;
  std::vector<LogPosition> begins;
  ReplayReport report;
  std::string damaged_file;  // of a CorruptionError; empty: none
  uint64_t damaged_offset = 0;
  std::string error;
};

inline Replayed replay(FileSystem& disk, const std::vector<uint64_t>& present, uint64_t oldest,
                       uint64_t database = kDatabase) {
  Replayed result;
  std::vector<LogNumber> numbers;
  for (const uint64_t n : present) numbers.push_back(number(n));
  try {
    result.report = replay_chain(disk, "db", numbers, number(oldest), database,
                                 [&](std::string_view record, LogPosition begin) {
                                   result.records.emplace_back(record);
                                   result.begins.push_back(begin);
                                 });
  } catch (const CorruptionError& e) {
    result.damaged_file = e.file();
    result.damaged_offset = e.offset();
    result.error = e.what();
  }
  return result;
}

// Bytes that differ from place to place.
inline std::string patterned(size_t bytes, uint64_t seed) {
  std::string out(bytes, '\0');
  uint64_t x = seed * 2 + 1;
  for (char& c : out) {
    x = x * 6364136223846793005u + 1442695040888963407u;
    c = static_cast<char>(x >> 56);
  }
  return out;
}

}  // namespace lsmkit
