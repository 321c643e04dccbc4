// Ranks in cells that grow with the rank, and what draws and keys a cell holds.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "lsmkit/numbers/elementary.h"
#include "lsmkit/workload/zipf.h"

namespace lsmkit {

struct RankCell {
  double key_count = 0;
  double share = 0;  // of all draws
  double begin = 0;  // the first rank, from 1
};

// `first`, then bounds whose ratio is constant as soon as ranks are that dense, then n + 1: at most
// `most_cells` cells.
std::vector<double> rank_bounds(double first, double n, size_t most_cells);

// The cells between bounds, of ranks of which `share_below(rank)` are the draws below.
template <class ShareBelow>
std::vector<RankCell> cells_between(const std::vector<double>& bounds, ShareBelow&& share_below) {
  std::vector<RankCell> out;
  for (size_t i = 0; i + 1 < bounds.size(); ++i)
    out.push_back({bounds[i + 1] - bounds[i], share_below(bounds[i + 1]) - share_below(bounds[i]),
                   bounds[i]});
  return out;
}

std::vector<RankCell> zipf_cells(uint64_t n, double theta, size_t most_cells);

// Ranks from 0 up to `most_rank`, each hashed to one of n keys. A key belongs to the cell of the
// lowest rank that met it, and gets an n-th of all draws of higher ranks upon that:
//
//   keys whose lowest rank is in [r0, r1)      n (e^(-r0/n) - e^(-r1/n))
//   draws of these                             those of their lowest ranks, p(r) e^(-r/n) each,
//                                              and for each key (1 - F(r)) / n
//
// where p(r) is the share of draws of rank r and F(r) of those up to r. Keys that no rank meets are
// in the last cell.
template <class ShareBelow>
std::vector<RankCell> hashed_rank_cells(double n, double most_rank, ShareBelow&& share_below,
                                        size_t most_cells) {
  // Ranks beyond 40 n meet keys that were met before, and so evenly that no cell is needed.
  const double reach = std::min(most_rank, 40 * n);
  constexpr int kSteps = 64;  // into which a cell is cut to add it up
  std::vector<RankCell> out;
  const std::vector<double> bounds = rank_bounds(1, reach, most_cells);
  for (size_t i = 0; i + 1 < bounds.size(); ++i) {
    RankCell cell{0, 0, bounds[i]};
    double begin = bounds[i] - 1;
    const double cell_end = bounds[i + 1] - 1;
    const double step = std::max(1.0, std::ceil((cell_end - begin) / kSteps));
    for (; begin < cell_end; begin += step) {
      const double end = std::min(cell_end, begin + step);
      const double first_met = portable_exp(-begin / n);
      const double keys = -n * first_met * portable_expm1((begin - end) / n);
      const double below = share_below(begin), at_end = share_below(end);
      const double new_share = (at_end - below) * keys / (end - begin);
      cell.key_count += keys;
      const double own_share = (at_end - below) / (end - begin);  // of one rank
      cell.share += new_share + keys * (1 - (below + at_end) / 2 - own_share / 2) / n;
    }
    out.push_back(cell);
  }
  const double unmet = n * portable_exp(-reach / n);
  const double beyond = unmet / n * (1 - share_below(reach));
  if (beyond > 0) {
    out.back().key_count += unmet;
    out.back().share += beyond;
  }
  return out;
}

}  // namespace lsmkit
