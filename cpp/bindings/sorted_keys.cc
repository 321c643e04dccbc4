#include "sorted_keys.h"

#include <algorithm>
#include <array>
#include <utility>

namespace lsmkit {

namespace {

uint64_t digits_of(std::string_view key) {
  uint64_t digits = 0;
  for (size_t i = 0; i < sizeof digits; ++i)
    digits = digits << 8 | (i < key.size() ? static_cast<uint8_t>(key[i]) : 0);
  return digits;
}

}  // namespace

SortedKeys::SortedKeys(const Rows& keys, size_t first, size_t count) {
  copy(keys, first, count);
  const size_t shared = common_prefix();
  places_.reserve(count);
  for (uint32_t row = 0; row < count; ++row)
    places_.push_back({digits_of(key(row).substr(shared)), row});
  if (!in_order()) {
    sort_by_digits();
    sort_ties();
  }
  sorted_.reserve(count);
  for (const Place& place : places_) sorted_.push_back(key(place.row));
}

void SortedKeys::copy(const Rows& keys, size_t first, size_t count) {
  begins_.reserve(count + 1);
  begins_.push_back(0);
  for (size_t row = first; row < first + count; ++row) {
    const std::string_view key = keys.row(row);
    bytes_.insert(bytes_.end(), key.begin(), key.end());
    begins_.push_back(bytes_.size());
  }
}

size_t SortedKeys::common_prefix() const {
  const size_t count = begins_.size() - 1;
  if (count == 0) return 0;
  std::string_view shared = key(0);
  for (size_t row = 1; row < count && !shared.empty(); ++row) {
    const std::string_view other = key(row);
    const auto parted = std::mismatch(shared.begin(), shared.end(), other.begin(), other.end());
    shared = shared.substr(0, static_cast<size_t>(parted.first - shared.begin()));
  }
  return shared.size();
}

// Whether the rows came sorted, as far as the digits tell.
bool SortedKeys::in_order() const {
  for (size_t i = 1; i < places_.size(); ++i) {
    if (places_[i - 1].digits >= places_[i].digits) return false;
  }
  return true;
}

// By one byte after the other, the last first; each pass leaves equals as they stand. Bytes that
// are the same everywhere need none.
void SortedKeys::sort_by_digits() {
  std::vector<Place> sorted(places_.size());
  for (unsigned shift = 0; shift < 64; shift += 8) {
    std::array<uint32_t, 256> counts{};
    for (const Place& place : places_) ++counts[place.digits >> shift & 0xff];
    if (std::ranges::max(counts) == places_.size()) continue;
    uint32_t begin = 0;
    for (uint32_t& count : counts) begin += std::exchange(count, begin);
    for (const Place& place : places_) sorted[counts[place.digits >> shift & 0xff]++] = place;
    places_.swap(sorted);
  }
}

// Keys that the digits do not tell apart.
void SortedKeys::sort_ties() {
  const auto before = [this](const Place& a, const Place& b) {
    const int order = key(a.row).compare(key(b.row));
    return order != 0 ? order < 0 : a.row < b.row;
  };
  for (auto begin = places_.begin(); begin != places_.end();) {
    const auto differs = [&](const Place& place) { return place.digits != begin->digits; };
    const auto end = std::find_if(begin, places_.end(), differs);
    if (end - begin > 1) std::sort(begin, end, before);
    begin = end;
  }
}

}  // namespace lsmkit
