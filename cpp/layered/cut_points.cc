#include "lsmkit/layered/cut_points.h"

#include <algorithm>
#include <iterator>

namespace lsmkit {

namespace {

bool before(const CutPoint& a, const CutPoint& b) {
  return a.page < b.page;
}

// Pages per byte on both sides of each place between two stretches.
class Steps {
 public:
  Steps(std::span<const PageStretch> stretches, uint64_t window_bytes)
      : stretches_(stretches), window_bytes_(window_bytes), bytes_up_to_{0} {
    for (const PageStretch& stretch : stretches)
      bytes_up_to_.push_back(bytes_up_to_.back() + stretch.bytes);
  }

  uint64_t bytes_before(size_t i) const { return bytes_up_to_[i]; }
  // Before stretch i: how many sixteenths as wide the wider side is as the other. Requires:
  // ascending.
  uint64_t at(size_t i) {
    while (bytes_up_to_[i] - bytes_up_to_[left_] > window_bytes_) ++left_;
    right_ = std::max(right_, i + 1);
    while (right_ < stretches_.size() && bytes_up_to_[right_] - bytes_up_to_[i] < window_bytes_)
      ++right_;
    if (bytes_up_to_[i] < window_bytes_ || bytes_up_to_.back() - bytes_up_to_[i] < window_bytes_)
      return 0;  // at an end there is nothing to compare with
    const PageNumber page = stretches_[i].pages.begin;
    const uint64_t wide_left = page - stretches_[std::min(left_, i - 1)].pages.begin;
    const uint64_t wide_right = stretches_[right_ - 1].pages.end - page;
    return std::max(wide_left, wide_right) * 16 / std::min(wide_left, wide_right);
  }

 private:
  const std::span<const PageStretch> stretches_;
  const uint64_t window_bytes_;
  std::vector<uint64_t> bytes_up_to_;
  size_t left_ = 0;
  size_t right_ = 0;
};

}  // namespace

std::vector<CutPoint> edges_of(std::span<const Layer> layers) {
  std::vector<PageNumber> pages;
  for (const Layer& layer : layers) {
    if (layer.pages.begin > 0) pages.push_back(layer.pages.begin);
    if (layer.pages.end < kEndOfPages) pages.push_back(layer.pages.end);
  }
  std::sort(pages.begin(), pages.end());
  std::vector<CutPoint> out;
  for (const PageNumber page : pages) {
    if (out.empty() || out.back().page != page) out.push_back({page, CutReason::kEdge, 0});
    ++out.back().weight;
  }
  return out;
}

std::vector<CutPoint> density_steps(std::span<const PageStretch> stretches, uint64_t window_bytes) {
  constexpr uint64_t kLeast = 32;  // sixteenths
  Steps steps(stretches, window_bytes);
  std::vector<CutPoint> out;
  CutPoint best;
  uint64_t best_at = 0;
  for (size_t i = 1; i < stretches.size(); ++i) {
    if (best.weight > 0 && steps.bytes_before(i) > best_at + window_bytes) {
      out.push_back(best);
      best = {};
    }
    const uint64_t weight = steps.at(i);
    if (weight < kLeast || weight <= best.weight) continue;
    best = {stretches[i].pages.begin, CutReason::kDensity, weight};
    best_at = steps.bytes_before(i);
  }
  if (best.weight > 0) out.push_back(best);
  return out;
}

std::vector<CutPoint> merged_cuts(std::span<const CutPoint> a, std::span<const CutPoint> b) {
  std::vector<CutPoint> out;
  std::merge(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(out), before);
  return out;
}

}  // namespace lsmkit
