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
  // Of a key and the next.
  size_t shared_with_next(size_t rank) const {
    return lengths_[static_cast<size_t>(std::countr_one(pairs_[rank]))];
  }
  // Further apart than this the keys have to be looked at.
  static constexpr size_t kFar = 4096;
  // Requires: are_known(), a < b <= a + kFar, which are ranks among the keys.
  size_t shared_bytes(size_t a, size_t b) const {
    const size_t count = b - a;
    // A word from each end; both are the first one, cut, where there are fewer pairs than in one.
    const bool is_word = count >= kWord;
    const uint64_t beyond = is_word ? 0 : ~uint64_t{0} << 8 * count;
    uint64_t all = (word(a) & word(is_word ? b - kWord : a)) | beyond;
    all &= all >> 32;
    all &= all >> 16;
    all &= all >> 8;
    if (count > 2 * kWord) all &= of_words_between(a, b);
    return lengths_[static_cast<size_t>(std::countr_one(all & 0xff))];
  }

 private:
  static constexpr size_t kWord = sizeof(uint64_t);
  static constexpr unsigned kDoublings = std::bit_width(kFar / kWord);

  uint64_t word(size_t pair) const {
    static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);
    uint64_t out;
    std::memcpy(&out, pairs_.data() + pair, kWord);
    return out;
  }
  // Of all aligned words between the two: of a power of two of them from each end.
  uint64_t of_words_between(size_t a, size_t b) const {
    const size_t first = (a + kWord - 1) / kWord, end = b / kWord;
    const auto doublings = static_cast<unsigned>(std::bit_width(end - first) - 1);
    const uint8_t* words = words_.data() + doublings * word_count_;
    return words[first] & words[end - (size_t{1} << doublings)];
  }

  // Of a key and the next: as many low bits as there are shorter lengths among all pairs, so that
  // the least of several is what all bytes have in common. A word of padding follows.
  std::vector<uint8_t> pairs_;
  // What the pairs of so many aligned words have in common: first of each word, then of each and
  // the next, of four from each on, and so forth.
  std::vector<uint8_t> words_;
  size_t word_count_ = 0;
  std::vector<uint16_t> lengths_;  // that occur, ascending
};

}  // namespace lsmkit
