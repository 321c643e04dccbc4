// Binary search without branches to mispredict.
#pragma once

#include <cstddef>
#include <cstdint>

namespace lsmkit {

// How many of `count` ascending numbers are below `wanted`.
inline size_t count_below(const uint64_t* numbers, size_t count, uint64_t wanted) {
  const uint64_t* base = numbers;
  while (count > 0) {
    const size_t half = count / 2;
    const bool below = base[half] < wanted;
    base = below ? base + half + 1 : base;
    count = below ? count - half - 1 : half;
  }
  return static_cast<size_t>(base - numbers);
}

}  // namespace lsmkit
