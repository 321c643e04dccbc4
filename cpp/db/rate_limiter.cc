#include "lsmkit/db/rate_limiter.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "lsmkit/vfs/passing_file.h"

namespace lsmkit {
namespace {

constexpr uint64_t kMostSleepUs = 20'000;
constexpr uint64_t kBehindFlushUs = 1'000;

}  // namespace

void RateLimiter::pass(uint64_t bytes, IoUse use, const std::function<void()>& poll) {
  struct Waiting {
    RateLimiter& limiter;
    const unsigned flushes;
    Waiting(RateLimiter& l, IoUse u) : limiter(l), flushes(u == IoUse::kFlush ? 1 : 0) {
      const std::lock_guard lock(limiter.mutex_);
      limiter.flushes_waiting_ += flushes;
    }
    ~Waiting() {
      const std::lock_guard lock(limiter.mutex_);
      limiter.flushes_waiting_ -= flushes;
    }
  } const waiting(*this, use);
  for (;;) {
    uint64_t wait_us = kBehindFlushUs;
    {
      const std::lock_guard lock(mutex_);
      if (use == IoUse::kFlush || flushes_waiting_ == 0) {
        wait_us = budget_.take(bytes, clock_.now_us());
      }
    }
    if (wait_us == 0) return;
    std::this_thread::sleep_for(std::chrono::microseconds(std::min(wait_us, kMostSleepUs)));
    if (poll) poll();
  }
}

class LimitedFileSystem::LimitedFile final : public PassingAppendFile {
 public:
  LimitedFile(std::unique_ptr<AppendFile> below, const LimitedFileSystem& files)
      : PassingAppendFile(std::move(below)), files_(files) {}
  void commit(size_t bytes) override {
    files_.limiter_.pass(bytes, files_.use_, files_.poll_);
    below_->commit(bytes);
  }

 private:
  const LimitedFileSystem& files_;
};

std::unique_ptr<AppendFile> LimitedFileSystem::create(const std::string& path, AppendMode mode,
                                                      uint64_t expected_bytes) {
  auto file = below_.create(path, mode, expected_bytes);
  if (mode != AppendMode::kTable) return file;
  return std::make_unique<LimitedFile>(std::move(file), *this);
}

}  // namespace lsmkit
