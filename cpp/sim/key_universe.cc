#include "lsmkit/sim/key_universe.h"

#include <algorithm>

#include "lsmkit/bytes/error.h"
#include "lsmkit/bytes/key.h"

namespace lsmkit {
namespace {

constexpr uint64_t kLandmarkStep = 64;

}  // namespace

KeyUniverse::KeyUniverse(std::vector<std::string> keys) {
  if (!std::is_sorted(keys.begin(), keys.end())) std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  if (keys.empty()) throw InvalidArgument("a simulation needs at least one key");
  if (keys.size() > UINT32_MAX)
    throw InvalidArgument("an exact simulation holds at most 4,294,967,295 keys, not " +
                          std::to_string(keys.size()) + "; use fidelity='segment'");
  size_ = keys.size();
  uint64_t total = 0;
  for (const std::string& key : keys) {
    if (key.size() > kMaxKeyBytes)
      throw InvalidArgument("a key of " + std::to_string(key.size()) + " bytes; at most " +
                            std::to_string(kMaxKeyBytes) + " are allowed");
    total += key.size();
  }
  bytes_.reserve(total);
  const bool one_width = !keys.front().empty() &&
                         std::all_of(keys.begin(), keys.end(),
                                     [&](auto& k) { return k.size() == keys.front().size(); });
  if (one_width) width_ = keys.front().size();
  if (!one_width) ends_.reserve(keys.size() + 1), ends_.push_back(0);
  for (const std::string& key : keys) {
    bytes_ += key;
    if (!one_width) ends_.push_back(bytes_.size());
  }
  const std::string& first = keys.front();
  const std::string& last = keys.back();
  shared_bytes_ = static_cast<size_t>(
      std::mismatch(first.begin(), first.end(), last.begin(), last.end()).first - first.begin());
  shared_prefixes_ = SharedPrefixes(keys);
  for (uint64_t i = 0; i < size_; i += kLandmarkStep) landmarks_.push_back(landmark(keys[i]));
}

// Among the landmarks first, which lie close together, then among the few keys that are left.
uint64_t KeyUniverse::count_below(std::string_view bound, bool inclusive) const {
  const std::string_view shared = key(0).substr(0, shared_bytes_);
  const int beside_shared = bound.substr(0, shared_bytes_).compare(shared);
  if (beside_shared != 0) return beside_shared < 0 ? 0 : size_;
  const auto [first, last] =
      std::equal_range(landmarks_.begin(), landmarks_.end(), landmark(bound));
  const auto before = static_cast<uint64_t>(first - landmarks_.begin());
  const auto after = static_cast<uint64_t>(last - landmarks_.begin());
  uint64_t low = before == 0 ? 0 : (before - 1) * kLandmarkStep;
  uint64_t high = std::min(size_, after * kLandmarkStep);
  while (low < high) {
    const uint64_t middle = low + (high - low) / 2;
    const int order = key(static_cast<KeyRank>(middle)).compare(bound);
    if (order < 0 || (order == 0 && inclusive)) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

std::vector<std::string> KeyUniverse::all() const {
  std::vector<std::string> out;
  out.reserve(size_);
  for (uint64_t i = 0; i < size_; ++i) out.emplace_back(key(static_cast<KeyRank>(i)));
  return out;
}

std::optional<KeyRank> KeyUniverse::rank_of(std::string_view sought) const {
  const uint64_t rank = count_below(sought, false);
  if (rank == size_ || key(static_cast<KeyRank>(rank)) != sought) return std::nullopt;
  return static_cast<KeyRank>(rank);
}

std::optional<KeyRank> KeyUniverse::rank_of(std::string_view sought, KeyRank from) const {
  uint64_t low = from, step = 1;  // all before low are below
  while (low + step <= size_ && key(static_cast<KeyRank>(low + step - 1)) < sought) {
    low += step;
    step *= 2;
  }
  uint64_t high = std::min(low + step, size_);
  while (low < high) {
    const uint64_t middle = low + (high - low) / 2;
    if (key(static_cast<KeyRank>(middle)) < sought) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  if (low == size_ || key(static_cast<KeyRank>(low)) != sought) return std::nullopt;
  return static_cast<KeyRank>(low);
}

}  // namespace lsmkit
