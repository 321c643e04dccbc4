// Counts operator new and delete of the whole program. What zstd takes by malloc is not seen here;
// libFuzzer's -malloc_limit_mb sees it.
#include "budget.h"

#include <malloc.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <new>

namespace {

std::atomic<int64_t> held_bytes{0};
std::atomic<int64_t> limit{INT64_MAX};

// Once over the limit there may be no memory to say so elegantly.
void count(int64_t bytes) {
  const int64_t held = held_bytes.fetch_add(bytes, std::memory_order_relaxed) + bytes;
  const int64_t most = limit.load(std::memory_order_relaxed);
  if (bytes < 0 || held <= most) return;
  limit = INT64_MAX;
  std::fprintf(stderr,
               "broken promise: %lld bytes are asked for on top of %lld, %lld are allowed\n",
               static_cast<long long>(bytes), static_cast<long long>(held - bytes),
               static_cast<long long>(most));
  std::abort();
}

}  // namespace

namespace lsmkit::fuzz {

Budget::Budget(uint64_t limit_bytes) {
  limit = held_bytes + static_cast<int64_t>(limit_bytes);
}
Budget::~Budget() {
  limit = INT64_MAX;
}

}  // namespace lsmkit::fuzz

// The size is counted before malloc is asked, so that a sanitizer does not refuse it first.
void* operator new(size_t bytes) {
  count(static_cast<int64_t>(bytes));
  void* const p = std::malloc(bytes);
  if (p == nullptr) throw std::bad_alloc();
  count(static_cast<int64_t>(malloc_usable_size(p)) - static_cast<int64_t>(bytes));
  return p;
}
void* operator new(size_t bytes, const std::nothrow_t&) noexcept {
  return operator new(bytes);
}
void operator delete(void* p) noexcept {
  if (p == nullptr) return;
  count(-static_cast<int64_t>(malloc_usable_size(p)));
  std::free(p);
}
void operator delete(void* p, size_t) noexcept {
  operator delete(p);
}
void* operator new[](size_t bytes) {
  return operator new(bytes);
}
void operator delete[](void* p) noexcept {
  operator delete(p);
}
void operator delete[](void* p, size_t) noexcept {
  operator delete(p);
}
