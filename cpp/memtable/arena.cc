#include "lsmkit/memtable/arena.h"

#include <algorithm>

namespace lsmkit {
namespace {

char* align_up(char* p, size_t alignment) {
  return p + ((0 - reinterpret_cast<uintptr_t>(p)) & (alignment - 1));
}

}  // namespace

char* Arena::allocate_from_new_chunk(size_t bytes, size_t alignment) {
  // Room to align within the chunk, as the system promises only 16 bytes.
  const size_t needed = bytes + alignment - 1;
  const bool own_chunk = needed > next_chunk_bytes_ / 8;
  if (own_chunk) return align_up(add_chunk(needed), alignment);

  char* chunk = add_chunk(next_chunk_bytes_);
  char* piece = align_up(chunk, alignment);
  free_ = piece + bytes;
  free_bytes_ = next_chunk_bytes_ - static_cast<size_t>(free_ - chunk);
  next_chunk_bytes_ = std::min(2 * next_chunk_bytes_, kLargestChunkBytes);
  return piece;
}

char* Arena::add_chunk(size_t bytes) {
  chunks_.push_back(std::unique_ptr<char[]>(new char[bytes]));
  allocated_bytes_.store(allocated_bytes() + bytes, std::memory_order_relaxed);
  return chunks_.back().get();
}

}  // namespace lsmkit
