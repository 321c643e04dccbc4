// How many files this process has open, and a limit to it that stands for one test.
#pragma once

#include <sys/resource.h>

#include <filesystem>
#include <iterator>

namespace lsmkit::test {

inline size_t open_file_count() {
  using std::filesystem::directory_iterator;
  return static_cast<size_t>(std::distance(directory_iterator("/proc/self/fd"), {})) -
         1;  // its own
}

class OpenFileLimit {
 public:
  explicit OpenFileLimit(size_t count) {
    getrlimit(RLIMIT_NOFILE, &before_);
    const struct rlimit now { count, before_.rlim_max };
    setrlimit(RLIMIT_NOFILE, &now);
  }
  ~OpenFileLimit() { setrlimit(RLIMIT_NOFILE, &before_); }
  OpenFileLimit(const OpenFileLimit&) = delete;
  OpenFileLimit& operator=(const OpenFileLimit&) = delete;

 private:
  struct rlimit before_;
};

}  // namespace lsmkit::test
