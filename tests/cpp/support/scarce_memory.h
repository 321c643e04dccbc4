// Lets a test refuse memory to its own thread. Replaces operator new for the whole program, so one
// file of it alone may include this.
#pragma once

#include <cstdlib>
#include <limits>
#include <new>

namespace lsmkit::test {

inline constexpr long kNoLimit = -1;
// While not kNoLimit: how many more allocations of this thread are granted before it is refused.
inline thread_local long allocations_left = kNoLimit;
// How many are refused then; afterwards there is no limit again.
inline thread_local long refusals_left = std::numeric_limits<long>::max();

inline void* allocate_or_refuse(size_t bytes) {
  if (allocations_left == 0) {
    if (refusals_left-- > 0) throw std::bad_alloc();
    allocations_left = kNoLimit;
  }
  if (allocations_left > 0) --allocations_left;
  void* memory = std::malloc(bytes != 0 ? bytes : 1);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace lsmkit::test

void* operator new(size_t bytes) {
  return lsmkit::test::allocate_or_refuse(bytes);
}
void* operator new[](size_t bytes) {
  return lsmkit::test::allocate_or_refuse(bytes);
}
void* operator new(size_t bytes, const std::nothrow_t&) noexcept {
  return std::malloc(bytes != 0 ? bytes : 1);
}
void* operator new[](size_t bytes, const std::nothrow_t&) noexcept {
  return std::malloc(bytes != 0 ? bytes : 1);
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, size_t) noexcept {
  std::free(memory);
}
void operator delete[](void* memory) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, size_t) noexcept {
  std::free(memory);
}
