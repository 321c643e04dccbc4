// Descriptors of open files, and the calls that make them.
#pragma once

#include <sys/types.h>

#include <cerrno>
#include <string>

namespace lsmkit {

// An open descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor();
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }
  int release() {
    const int fd = fd_;
    fd_ = -1;
    return fd;
  }

 private:
  int fd_;
};

// Calls the system again as long as a signal interrupts it.
template <class Call>
auto retry_interrupted(Call&& call) {
  for (;;) {
    const auto result = call();
    if (result >= 0 || errno != EINTR) return result;
  }
}

// open(2), O_CLOEXEC added; when descriptors run out, files that are read give theirs. Negative,
// with errno, on failure.
int open_descriptor(const std::string& path, int flags, mode_t mode = 0);

}  // namespace lsmkit
