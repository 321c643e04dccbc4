// Search among ascending numbers.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace lsmkit {

// How many of `count` ascending numbers are below `wanted`. A binary search without branches to
// mispredict.
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

// The same where few are: steps that grow, then a search in the last one.
inline size_t count_few_below(const uint64_t* numbers, size_t count, uint64_t wanted) {
  size_t begin = 0;
  size_t step = 1;
  for (; step <= count - begin && numbers[begin + step - 1] < wanted; step *= 2) begin += step;
  return begin + count_below(numbers + begin, std::min(step - 1, count - begin), wanted);
}

}  // namespace lsmkit
