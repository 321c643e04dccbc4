#include "lsmkit/layered/read_costs.h"

#include <algorithm>

namespace lsmkit {

std::vector<ValueCounts::Count> ValueCounts::counts_with_fresh() const {
  std::vector<uint64_t> fresh = fresh_;
  std::sort(fresh.begin(), fresh.end());
  std::vector<Count> out;
  out.reserve(counts_.size());
  auto before = counts_.begin();
  for (auto at = fresh.begin(); at != fresh.end();) {
    const uint64_t value = *at;
    const auto end = std::upper_bound(at, fresh.end(), value);
    for (; before != counts_.end() && before->first < value; ++before) out.push_back(*before);
    out.emplace_back(value, static_cast<uint64_t>(end - at));
    if (before != counts_.end() && before->first == value) out.back().second += before++->second;
    at = end;
  }
  out.insert(out.end(), before, counts_.end());
  return out;
}

void ValueCounts::settle() {
  counts_ = counts_with_fresh();
  fresh_.clear();
}

ReadFigure ValueCounts::figure() const {
  const std::vector<Count> counts = counts_with_fresh();
  if (counts.empty()) return {};
  uint64_t count = 0, sum = 0;
  for (const auto& [value, times] : counts) {
    count += times;
    sum += value * times;
  }
  // The smallest that 99 of 100 do not exceed.
  const uint64_t rank = (count * 99 + 99) / 100;
  auto p99 = counts.begin();
  for (uint64_t below = p99->second; below < rank; below += p99->second) ++p99;
  return {static_cast<double>(sum) / static_cast<double>(count), p99->first, counts.back().first};
}

void ReadCosts::take(const LayerRead& read) {
  ++reads_;
  layers_opened_.add(read.layers_opened);
  layers_holding_.add(read.layers_holding);
  records_.add(read.records);
  bytes_.add(read.bytes);
}

ReadFigures ReadCosts::figures() const {
  return {reads_, layers_opened_.figure(), layers_holding_.figure(), records_.figure(),
          bytes_.figure()};
}

uint64_t ReadCosts::allocated_bytes() const {
  return layers_opened_.allocated_bytes() + layers_holding_.allocated_bytes() +
         records_.allocated_bytes() + bytes_.allocated_bytes();
}

}  // namespace lsmkit
