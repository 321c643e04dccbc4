// Memory that is handed out piece by piece and given back all at once.
//
// Pieces are cut from the front of a chunk; when it is used up a chunk of twice its size follows,
// up to 1 MiB, so a small memtable stays small and a large one asks the system rarely. A piece too
// large to fit without wasting much of a chunk gets one of its own, and the chunk in use stays in
// use.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace lsmkit {

class Arena {
 public:
  static constexpr size_t kFirstChunkBytes = 4 << 10;
  static constexpr size_t kLargestChunkBytes = 1 << 20;

  Arena() = default;
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  // Uninitialised memory that lives as long as the arena. One thread at a time. If the system has
  // none left this throws std::bad_alloc and the arena is as before.
  // Requires: alignment is a power of two, at most 4096; bytes > 0.
  char* allocate(size_t bytes, size_t alignment = 1) {
    const size_t skip = (0 - reinterpret_cast<uintptr_t>(free_)) & (alignment - 1);
    if (skip + bytes > free_bytes_) [[unlikely]]
      return allocate_from_new_chunk(bytes, alignment);
    char* piece = free_ + skip;
    free_ = piece + bytes;
    free_bytes_ -= skip + bytes;
    return piece;
  }

  // What the chunks take, used or not. Any thread, at any time.
  uint64_t allocated_bytes() const { return allocated_bytes_.load(std::memory_order_relaxed); }

 private:
  char* allocate_from_new_chunk(size_t bytes, size_t alignment);
  char* add_chunk(size_t bytes);

  char* free_ = nullptr;
  size_t free_bytes_ = 0;
  size_t next_chunk_bytes_ = kFirstChunkBytes;
  std::vector<std::unique_ptr<char[]>> chunks_;
  std::atomic<uint64_t> allocated_bytes_ = 0;
};

}  // namespace lsmkit
