// How many bytes two of many sorted keys begin with in common. That is the least that neighbours
// between them share; a byte is kept for each pair of neighbours, so keys need not be fetched.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace lsmkit {

class SharedPrefixes {
 public:
  SharedPrefixes() = default;
  explicit SharedPrefixes(const std::vector<std::string>& sorted);

  // No: neighbours share too many different numbers of bytes for this to tell.
  bool are_known() const { return !lengths_.empty(); }
  // Further apart than this it is quicker to fetch the keys.
  static constexpr size_t kFar = 4096;
  // Requires: are_known(), a < b, which are ranks among the keys.
  size_t shared_bytes(size_t a, size_t b) const {
    const size_t count = b - a;
    const uint64_t all = count <= kMostByPair ? all_of(pairs_.data() + a, count) : of_many(a, b);
    return lengths_[static_cast<size_t>(std::countr_one(all))];
  }
  uint64_t allocated_bytes() const { return pairs_.capacity() + groups_.capacity(); }

 private:
  static constexpr size_t kGroup = 16;
  static constexpr size_t kMostByPair = 2 * kGroup;
  static constexpr size_t kWord = sizeof(uint64_t);

  // The bits that are set in each of `count` bytes, and more above them. Requires: count > 0.
  static uint64_t all_of(const uint8_t* bytes, size_t count) {
    uint64_t all = ~uint64_t{0};
    for (; count > kWord; count -= kWord, bytes += kWord) all &= word(bytes);
    all &= word(bytes) | (~uint64_t{0} << (8 * (count - 1))) << 8;
    all &= all >> 32;
    all &= all >> 16;
    return (all & all >> 8) & 0xff;
  }
  static uint64_t word(const uint8_t* bytes) {
    static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);
    uint64_t out;
    std::memcpy(&out, bytes, kWord);
    return out;
  }
  uint64_t of_many(size_t a, size_t b) const;

  // Of a key and the next: as many low bits as there are shorter lengths among all pairs, so that
  // the least of several is what all bytes have in common. A word of padding follows.
  std::vector<uint8_t> pairs_;
  std::vector<uint8_t> groups_;    // what kGroup pairs have in common; padded likewise
  std::vector<uint16_t> lengths_;  // that occur, ascending
};

}  // namespace lsmkit
