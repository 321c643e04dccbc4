// The two ways to append to a real file. FORMAT and promises are AppendFile's.
#pragma once

#include <cerrno>
#include <cstdint>
#include <memory>
#include <string>

#include "lsmkit/vfs/file_system.h"

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

// One pwrite per commit; nothing waits in user space.
std::unique_ptr<AppendFile> make_written_file(int fd, const std::string& path);

// Preallocated and mapped: an append is a copy to memory, no call into the system. For file systems
// whose preallocation means that a store can't fail.
std::unique_ptr<AppendFile> make_mapped_file(int fd, const std::string& path,
                                             uint64_t expected_bytes);
bool can_map_appends(int fd);

}  // namespace lsmkit
