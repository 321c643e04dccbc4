#include "lsmkit/workload/rank_classes.h"

namespace lsmkit {

std::vector<double> rank_bounds(double first, double n, size_t most_cells) {
  std::vector<double> out = {first};
  // The ratio is set anew at each bound, since the first bounds cannot be as near as it asks.
  for (size_t left = most_cells; left > 1 && out.back() < n; --left) {
    const double ratio = portable_exp(portable_log((n + 1) / out.back()) / double(left));
    out.push_back(std::max(out.back() + 1, std::floor(out.back() * ratio)));
  }
  if (out.back() < n + 1) out.push_back(n + 1);
  return out;
}

std::vector<RankCell> zipf_cells(uint64_t n, double theta, size_t most_cells) {
  const double total = zipf_sum(1, double(n) + 1, theta);
  std::vector<RankCell> out;
  const std::vector<double> bounds = rank_bounds(1, double(n), most_cells);
  for (size_t i = 0; i + 1 < bounds.size(); ++i)
    out.push_back(
        {bounds[i + 1] - bounds[i], zipf_sum(bounds[i], bounds[i + 1], theta) / total, bounds[i]});
  return out;
}

}  // namespace lsmkit
