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
  groups_.assign(count / kGroup + 1 + kWord, 0xff);
  for (size_t i = 0; i < count; ++i) {
    const auto shorter = std::lower_bound(lengths.begin(), lengths.end(), shared(i));
    pairs_[i] = static_cast<uint8_t>((1u << (shorter - lengths.begin())) - 1);
    groups_[i / kGroup] &= pairs_[i];
  }
  lengths_ = std::move(lengths);
}

uint64_t SharedPrefixes::of_many(size_t a, size_t b) const {
  const size_t first = a / kGroup + 1, last = b / kGroup;  // groups between the two
  uint64_t all = all_of(pairs_.data() + a, first * kGroup - a);
  if (first < last) all &= all_of(groups_.data() + first, last - first);
  if (b > last * kGroup) all &= all_of(pairs_.data() + last * kGroup, b - last * kGroup);
  return all;
}

}  // namespace lsmkit
