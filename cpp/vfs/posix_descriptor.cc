#include "lsmkit/vfs/posix_descriptor.h"

#include <fcntl.h>
#include <unistd.h>

#include "lsmkit/vfs/posix_read_file.h"

namespace lsmkit {

Descriptor::~Descriptor() {
  if (fd_ >= 0) ::close(fd_);
}

int open_descriptor(const std::string& path, int flags, mode_t mode) {
  const auto open_it = [&] {
    return retry_interrupted([&] { return ::open(path.c_str(), flags | O_CLOEXEC, mode); });
  };
  const int fd = open_it();
  if (fd >= 0 || (errno != EMFILE && errno != ENFILE)) return fd;
  const int code = errno;
  if (close_some_read_files()) return open_it();
  errno = code;
  return -1;
}

}  // namespace lsmkit
