#include "lsmkit/db/rate_limiter.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

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

class LimitedFileSystem::LimitedFile final : public AppendFile {
 public:
  LimitedFile(std::unique_ptr<AppendFile> below, const LimitedFileSystem& files)
      : below_(std::move(below)), files_(files) {}
  void allocate(uint64_t bytes) override { below_->allocate(bytes); }
  char* reserve(size_t bytes) override { return below_->reserve(bytes); }
  void commit(size_t bytes) override {
    files_.limiter_.pass(bytes, files_.use_, files_.poll_);
    below_->commit(bytes);
  }
  uint64_t size() const override { return below_->size(); }
  // For the caller's crash; it only passes through here.
  void sync() override { below_->sync(); }
  void prepare(uint64_t bytes) override { below_->prepare(bytes); }
  void close() override { below_->close(); }
  const std::string& path() const override { return below_->path(); }

 private:
  const std::unique_ptr<AppendFile> below_;
  const LimitedFileSystem& files_;
};

std::unique_ptr<AppendFile> LimitedFileSystem::create(const std::string& path, AppendMode mode,
                                                      uint64_t expected_bytes) {
  auto file = below_.create(path, mode, expected_bytes);
  if (mode != AppendMode::kTable) return file;
  return std::make_unique<LimitedFile>(std::move(file), *this);
}

}  // namespace lsmkit
