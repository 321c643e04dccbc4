#include "lsmkit/sim/shared_prefixes.h"

#include <algorithm>

#include "lsmkit/bytes/key.h"

namespace lsmkit {
namespace {

constexpr size_t kMostLengths = 9;  // that a byte's low bits can tell apart

}  // namespace

SharedPrefixes::SharedPrefixes(const std::vector<std::string>& sorted) {
  const auto shared = [&](size_t i) {
    return static_cast<uint16_t>(common_prefix_bytes(sorted[i], sorted[i + 1]));
  };
  const size_t count = sorted.empty() ? 0 : sorted.size() - 1;
  std::vector<uint16_t> lengths;
  for (size_t i = 0; i < count; ++i) {
    const uint16_t length = shared(i);
    if (std::find(lengths.begin(), lengths.end(), length) != lengths.end()) continue;
    if (lengths.size() == kMostLengths) return;
    lengths.push_back(length);
  }
  std::sort(lengths.begin(), lengths.end());
  pairs_.assign(count + kWord, 0xff);
  word_count_ = count / kWord + 1;
  words_.assign(word_count_ * kDoublings, 0xff);
  for (size_t i = 0; i < count; ++i) {
    const auto shorter = std::lower_bound(lengths.begin(), lengths.end(), shared(i));
    pairs_[i] = static_cast<uint8_t>((1u << (shorter - lengths.begin())) - 1);
    words_[i / kWord] &= pairs_[i];
  }
  for (unsigned n = 1; n < kDoublings; ++n) {
    const uint8_t* half = words_.data() + (n - 1) * word_count_;
    uint8_t* whole = words_.data() + n * word_count_;
    const size_t step = size_t{1} << (n - 1);
    for (size_t i = 0; i + step < word_count_; ++i) whole[i] = half[i] & half[i + step];
  }
  lengths_ = std::move(lengths);
}

}  // namespace lsmkit
