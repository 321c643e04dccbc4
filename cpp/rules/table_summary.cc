#include "lsmkit/rules/table_summary.h"

#include <algorithm>
#include <utility>

namespace lsmkit {

void KeySampler::add(std::string_view key, uint64_t weight_before) {
  samples_.push_back({std::string(key.substr(0, kMaxSampleBytes)), weight_before});
  while (samples_.size() > kMaxKeySamples) thin();
  next_weight_ = (samples_.back().weight_before / stride_ + 1) * stride_;
}

void KeySampler::thin() {
  stride_ *= 2;
  size_t kept = 1;
  for (size_t i = 1; i < samples_.size(); ++i) {
    if (samples_[i].weight_before / stride_ == samples_[kept - 1].weight_before / stride_) continue;
    if (kept != i) samples_[kept] = std::move(samples_[i]);
    ++kept;
  }
  samples_.resize(kept);
}

}  // namespace lsmkit
