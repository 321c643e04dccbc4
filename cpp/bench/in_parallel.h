// Independent cases, a few at a time.
#pragma once

#include <algorithm>
#include <atomic>
#include <exception>
#include <thread>
#include <vector>

namespace lsmkit::bench {

// work(n) for all n below `count`, at most `jobs` at once. All are done when it returns; if some
// threw, the first of them, by number, is rethrown.
inline void in_parallel(size_t count, unsigned jobs, const auto& work) {
  std::vector<std::exception_ptr> failures(count);
  std::atomic<size_t> next = 0;
  {
    std::vector<std::jthread> threads;
    for (unsigned i = 0; i < std::max(jobs, 1U); ++i) {
      threads.emplace_back([&] {
        for (size_t n = next++; n < count; n = next++) {
          try {
            work(n);
          } catch (...) {
            failures[n] = std::current_exception();
          }
        }
      });
    }
  }
  for (const std::exception_ptr& failure : failures)
    if (failure) std::rethrow_exception(failure);
}

}  // namespace lsmkit::bench
