#include "lsmkit/vfs/clock.h"

#include <sys/random.h>
#include <time.h>

#include <cerrno>
#include <chrono>

#include "lsmkit/bytes/error.h"

namespace lsmkit {
namespace {

class SystemClock final : public Clock {
 public:
  uint64_t now_us() override { return count(std::chrono::steady_clock::now()); }
  uint64_t wall_us() override { return count(std::chrono::system_clock::now()); }

 private:
  template <class Time>
  static uint64_t count(Time time) {
    return static_cast<uint64_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count());
  }
};

}  // namespace

Clock& system_clock() {
  static SystemClock instance;
  return instance;
}

uint64_t thread_core_us() {
  timespec time{};
  if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time) != 0)
    throw IoError(errno, "clock_gettime", "asking for a thread's time");
  return static_cast<uint64_t>(time.tv_sec) * 1'000'000 +
         static_cast<uint64_t>(time.tv_nsec) / 1'000;
}

uint64_t random_u64() {
  uint64_t value;
  if (getrandom(&value, sizeof value, 0) != sizeof value) {
    throw IoError(errno, "getrandom", "reading");
  }
  return value;
}

}  // namespace lsmkit
