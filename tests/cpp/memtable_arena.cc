// The arena hands out memory that nobody else has, aligned, and wastes little of it.
#include <doctest/doctest.h>

#include <cstring>
#include <random>
#include <vector>

#include "lsmkit/memtable/arena.h"

using namespace lsmkit;

TEST_CASE("pieces are aligned and keep what is written to them") {
  struct Piece {
    char* at;
    size_t bytes;
    char fill;
  };
  std::mt19937_64 random(5);
  Arena arena;
  std::vector<Piece> pieces;
  uint64_t asked = 0;
  for (int i = 0; i < 5000; ++i) {
    const size_t bytes = 1 + (i % 100 == 0 ? random() % 300'000 : random() % 300);
    const size_t alignment = size_t{1} << random() % 8;
    char* at = arena.allocate(bytes, alignment);
    REQUIRE(reinterpret_cast<uintptr_t>(at) % alignment == 0);
    pieces.push_back({at, bytes, static_cast<char>(i)});
    std::memset(at, pieces.back().fill, bytes);
    asked += bytes;
    CHECK(arena.allocated_bytes() >= asked);
  }
  size_t different = 0;
  for (const Piece& piece : pieces) {
    for (size_t i = 0; i < piece.bytes; ++i) different += piece.at[i] != piece.fill;
  }
  CHECK(different == 0);
}

TEST_CASE("an arena that holds nothing takes nothing, and one that holds little takes 4 KiB") {
  Arena arena;
  CHECK(arena.allocated_bytes() == 0);
  arena.allocate(1);
  arena.allocate(900, 64);
  CHECK(arena.allocated_bytes() == 4096);
}

TEST_CASE("chunks grow to 1 MiB and are used up before the next is taken") {
  Arena arena;
  uint64_t asked = 0;
  uint64_t largest_chunk = 0;
  size_t too_much = 0;
  for (int i = 0; i < 200'000; ++i) {
    const uint64_t before = arena.allocated_bytes();
    arena.allocate(130);
    asked += 130;
    largest_chunk = std::max(largest_chunk, arena.allocated_bytes() - before);
    too_much += arena.allocated_bytes() > 2 * asked + 8192;
  }
  CHECK(too_much == 0);
  CHECK(largest_chunk == 1 << 20);
  CHECK(arena.allocated_bytes() < asked + (2 << 20));
}

TEST_CASE("a huge piece takes its own size, and small ones go on in the chunk they had") {
  Arena arena;
  char* before = arena.allocate(10);
  for (const size_t bytes : {size_t{5000}, size_t{1} << 20, size_t{50} << 20}) {
    const uint64_t allocated = arena.allocated_bytes();
    arena.allocate(bytes);
    CHECK(arena.allocated_bytes() == allocated + bytes);
  }
  CHECK(arena.allocate(10) == before + 10);
}
