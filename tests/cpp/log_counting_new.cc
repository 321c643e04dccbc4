// Counts what this test program allocates. In a file of its own, so that the compiler does not pair
// malloc's memory with another delete.
#include "log_counting_new.h"

#include <atomic>
#include <cstdlib>
#include <new>

namespace {
std::atomic<uint64_t> count{0};
}

uint64_t lsmkit::allocation_count() {
  return count;
}

void* operator new(size_t bytes) {
  ++count;
  if (void* p = std::malloc(bytes)) return p;
  throw std::bad_alloc();
}
void operator delete(void* p) noexcept {
  std::free(p);
}
void operator delete(void* p, size_t) noexcept {
  std::free(p);
}
