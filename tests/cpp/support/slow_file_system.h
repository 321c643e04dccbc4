// A file system whose tables are written slowly, or not at all until they are let go. Logs and the
// MANIFEST keep their pace, so writers outrun the disk, unless logs are to be synced slowly.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "lsmkit/vfs/passing_file.h"
#include "lsmkit/vfs/passing_file_system.h"

namespace lsmkit::test {

class SlowFileSystem final : public PassingFileSystem {
 public:
  explicit SlowFileSystem(FileSystem& below) : PassingFileSystem(below) {}

  // Of all tables together; 0: as fast as the disk below.
  void set_table_bytes_per_second(uint64_t rate) { rate_ = rate; }
  // Commits to tables wait from now on; and go on.
  void hold_tables() { held_ = true; }
  void let_go() { held_ = false; }
  // What each sync of a log, and of the MANIFEST, takes.
  void set_log_sync_us(uint64_t us) { log_sync_us_ = us; }
  bool somebody_waits() const { return waiting_ > 0; }

  std::unique_ptr<AppendFile> create(const std::string& path, AppendMode mode,
                                     uint64_t expected_bytes) override {
    auto file = below_.create(path, mode, expected_bytes);
    return std::make_unique<SlowFile>(*this, std::move(file), mode);
  }

 private:
  using Time = std::chrono::steady_clock::time_point;

  class SlowFile final : public PassingAppendFile {
   public:
    SlowFile(SlowFileSystem& disk, std::unique_ptr<AppendFile> below, AppendMode mode)
        : PassingAppendFile(std::move(below)), disk_(disk), is_table_(mode == AppendMode::kTable) {}
    void commit(size_t bytes) override {
      if (is_table_) disk_.wait_for(bytes);
      below_->commit(bytes);
    }
    void sync() override {
      const uint64_t us = is_table_ ? 0 : disk_.log_sync_us_.load();
      if (us > 0) std::this_thread::sleep_for(std::chrono::microseconds(us));
      below_->sync();
    }

   private:
    SlowFileSystem& disk_;
    const bool is_table_;
  };

  void wait_for(uint64_t bytes) {
    ++waiting_;
    while (held_) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    std::this_thread::sleep_until(turn(bytes));
    --waiting_;
  }

  // When these bytes are on the disk, one after the other.
  Time turn(uint64_t bytes) {
    const uint64_t rate = rate_;
    const Time now = std::chrono::steady_clock::now();
    if (rate == 0) return now;
    const std::lock_guard lock(mutex_);
    busy_until_ = std::max(busy_until_, now) + std::chrono::microseconds(bytes * 1'000'000 / rate);
    return busy_until_;
  }

  std::atomic<uint64_t> rate_{0};
  std::atomic<uint64_t> log_sync_us_{0};
  std::atomic<bool> held_{false};
  std::atomic<int> waiting_{0};
  std::mutex mutex_;
  Time busy_until_{};  // mutex_
};

}  // namespace lsmkit::test
