#include "lsmkit/workload/hot_ranges.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

#include "lsmkit/bytes/hash.h"
#include "lsmkit/numbers/elementary.h"

namespace lsmkit {
namespace {

constexpr double kNeverDrawn = 1e-16;  // db_bench takes less for nothing

}  // namespace

HotRanges::HotRanges(const RangeKeys& keys, uint64_t key_count)
    : keys_(keys), range_keys_(key_count / keys.range_count) {
  // From the coldest on, as db_bench does, in whole multiples of the coldest one's share.
  double unit = 0, total = 0;
  for (uint64_t i = keys.range_count; i >= 1; --i) {
    const auto x = static_cast<double>(i);
    const double weight = keys.a * portable_exp(keys.b * x) + keys.c * portable_exp(keys.d * x);
    const bool drawn = weight >= kNeverDrawn;
    if (unit == 0 && drawn) unit = std::floor(1 / weight) + 1;
    shares_.push_back(drawn ? std::floor(unit * weight) : 0);
    total += shares_.back();
  }
  // Hot and cold ranges lie mixed; by the parameters alone, so that the same ones are hot in every
  // run.
  Random order(std::bit_cast<uint64_t>(total), "ranges");
  for (size_t i = 0; i < shares_.size(); ++i)
    std::swap(shares_[i], shares_[order.below(shares_.size())]);
  double before = 0;
  for (double& share : shares_) {
    share /= total;
    share_before_.push_back(before);
    before += share;
  }
}

double HotRanges::power_share(double x) const {
  return x <= 0 ? 0 : std::min(1.0, keys_.key_a * portable_pow(std::floor(x), keys_.key_b));
}

double HotRanges::most_x() const {
  return std::ceil(portable_pow(1 / keys_.key_a, 1 / keys_.key_b));
}

uint64_t HotRanges::draw(Random& random) const {
  const auto above = std::upper_bound(share_before_.begin(), share_before_.end(), random.unit());
  auto range = static_cast<size_t>(above - share_before_.begin()) - 1;
  // A rounded sum may end below 1, and what is above it is not of a last range that nobody draws.
  while (shares_[range] == 0) --range;
  uint64_t offset;
  if (by_power()) {
    const double x = std::ceil(portable_pow(random.unit() / keys_.key_a, 1 / keys_.key_b));
    offset = drawn_at(0, stream_number("power"), static_cast<uint64_t>(std::min(x, 0x1p63))) %
             range_keys_;
  } else {
    offset = random.below(range_keys_);
  }
  return range * range_keys_ + offset;
}

}  // namespace lsmkit
