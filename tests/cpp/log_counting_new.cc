// Counts what this test program allocates. In a file of its own, so that the compiler does not pair
// malloc's memory with another delete. Sanitizers bring their own operator new; there nothing
// counts.
#include "log_counting_new.h"

#include <atomic>
#include <cstdlib>
#include <new>

namespace {
std::atomic<uint64_t> count{0};
std::atomic<uint64_t> largest_bytes{0};
}  // namespace

uint64_t lsmkit::allocation_count() {
  return count;
}

uint64_t lsmkit::take_largest_allocation_bytes() {
  return largest_bytes.exchange(0);
}

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define LSMKIT_SANITIZER_OWNS_NEW
#endif
#endif
#if !defined(LSMKIT_SANITIZER_OWNS_NEW) && !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__)

void* operator new(size_t bytes) {
  ++count;
  if (bytes > largest_bytes) largest_bytes = bytes;
  if (void* p = std::malloc(bytes)) return p;
  throw std::bad_alloc();
}
void operator delete(void* p) noexcept {
  std::free(p);
}
void operator delete(void* p, size_t) noexcept {
  std::free(p);
}

#endif
