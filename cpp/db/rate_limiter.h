// Keeps what flushes and compactions write within background_bytes_per_s (rules/byte_budget.h).
//
// Flushes go first: a compaction gets nothing while a flush waits, because writers wait for
// flushes. Whoever waits holds no lock and is asked every 20 ms at most whether it shall go on.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>

#include "lsmkit/rules/byte_budget.h"
#include "lsmkit/vfs/clock.h"
#include "lsmkit/vfs/passing_file_system.h"

namespace lsmkit {

enum class IoUse : uint8_t { kFlush, kCompaction };

class RateLimiter {
 public:
  // `clock` lives longer.
  RateLimiter(uint64_t bytes_per_s, Clock& clock) : clock_(clock), budget_(bytes_per_s) {}

  // Returns when so many bytes may be written. `poll` may throw to end the wait.
  void pass(uint64_t bytes, IoUse use, const std::function<void()>& poll);

 private:
  Clock& clock_;
  std::mutex mutex_;
  ByteBudget budget_;             // mutex_
  unsigned flushes_waiting_ = 0;  // mutex_
};

// A job's files: its tables are written at the limiter's pace. `poll` is called by whichever thread
// writes.
class LimitedFileSystem final : public PassingFileSystem {
 public:
  // `below` and `limiter` live longer.
  LimitedFileSystem(FileSystem& below, RateLimiter& limiter, IoUse use, std::function<void()> poll)
      : PassingFileSystem(below), limiter_(limiter), use_(use), poll_(std::move(poll)) {}

  std::unique_ptr<AppendFile> create(const std::string& path, AppendMode mode,
                                     uint64_t expected_bytes) override;

 private:
  class LimitedFile;

  RateLimiter& limiter_;
  const IoUse use_;
  const std::function<void()> poll_;
};

}  // namespace lsmkit
