#include "data.h"

#include <numeric>

#include "timing.h"

namespace lsmkit::bench {
namespace {

constexpr uint64_t kKeySpace = 1'000'000'000'000'000;

using Order = std::vector<uint32_t>;

Order shuffled_order(uint64_t num, uint64_t seed) {
  Order order(num);
  std::iota(order.begin(), order.end(), 0u);
  for (uint64_t i = num; i > 1; --i) std::swap(order[i - 1], order[mix64(seed + i) % i]);
  return order;
}

KeyList in_order(const KeyList& keys, const Order& order) {
  KeyList out;
  out.reserve(order.size());
  for (const uint32_t i : order) out.add(keys[i]);
  return out;
}

}  // namespace

ValuePool::ValuePool(size_t value_bytes, uint64_t seed) {
  for (size_t i = 0; i < kCount; ++i) {
    pool_.push_back(half_random_value(value_bytes, seed * kCount + i));
    pool_.back().back() = kValueEnd;
  }
}

// Keys are decimal numbers: even ones present, odd ones absent. One is drawn from each of `num`
// slices of the key space, so that none comes twice.
Data::Data(uint64_t num, size_t value_bytes, uint64_t seed) : values(value_bytes, seed) {
  const uint64_t slice = kKeySpace / 2 / num;
  KeyList odd;
  for (uint64_t i = 0; i < num; ++i) {
    const uint64_t half = i * slice + mix64(seed * kKeySpace + i) % slice;
    ascending.add(decimal_key(2 * half));
    odd.add(decimal_key(2 * half + 1));
  }
  shuffled = in_order(ascending, shuffled_order(num, mix64(seed + 1)));
  again = in_order(ascending, shuffled_order(num, mix64(seed + 2)));
  absent = in_order(odd, shuffled_order(num, mix64(seed + 3)));
  drawn = drawn_of_first(num);
}

KeyList Data::drawn_of_first(uint64_t count) const {
  Order draws(count);
  for (uint64_t i = 0; i < count; ++i) draws[i] = static_cast<uint32_t>(mix64(~i) % count);
  return in_order(shuffled, draws);
}

}  // namespace lsmkit::bench
