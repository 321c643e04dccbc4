// The keys and values that every store gets: the same ones, in the same order.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lsmkit::bench {

inline constexpr size_t kKeyBytes = 16;

// Keys of one length, side by side: reading the list costs a loop as good as nothing.
class KeyList {
 public:
  void add(std::string_view key) { bytes_ += key; }
  void reserve(size_t count) { bytes_.reserve(count * kKeyBytes); }
  size_t size() const { return bytes_.size() / kKeyBytes; }
  std::string_view operator[](size_t i) const { return {bytes_.data() + i * kKeyBytes, kKeyBytes}; }

 private:
  std::string bytes_;
};

// The i-th value, from a pool of 256. The last byte of each is kValueEnd.
class ValuePool {
 public:
  static constexpr char kValueEnd = 'v';
  ValuePool(size_t value_bytes, uint64_t seed);
  const std::string& operator[](size_t i) const { return pool_[i % kCount]; }
  size_t value_bytes() const { return pool_[0].size(); }

 private:
  static constexpr size_t kCount = 256;
  std::vector<std::string> pool_;
};

// What one thread goes through: the keys from `begin` to before `end`; the i-th gets the i-th
// value.
struct Part {
  const KeyList& keys;
  const ValuePool& values;
  size_t begin;
  size_t end;
  size_t size() const { return end - begin; }
};

// Keys in the orders that workloads need, each list `num` long.
struct Data {
  Data(uint64_t num, size_t value_bytes, uint64_t seed);

  KeyList ascending;
  KeyList shuffled;  // the same keys, in the order of filling
  KeyList again;     // the same keys, in another random order
  KeyList drawn;     // of the same keys, drawn with replacement
  KeyList absent;    // between the others, and none of them
  ValuePool values;

  // Drawn with replacement from the first `count` that are filled in.
  KeyList drawn_of_first(uint64_t count) const;

  Part all(const KeyList& keys) const { return {keys, values, 0, keys.size()}; }
};

}  // namespace lsmkit::bench
