#include "lsmkit/workload/key_classes.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "lsmkit/numbers/elementary.h"
#include "lsmkit/workload/hot_ranges.h"
#include "lsmkit/workload/key_chooser.h"
#include "lsmkit/workload/rank_classes.h"
#include "lsmkit/workload/zipf.h"

namespace lsmkit {
namespace {

using Classes = std::vector<KeyClass>;

Classes uniform_classes(uint64_t n) {
  return {{double(n), 1 / double(n), 0, n}};
}

// Ids drawn in order from `begin` on, around and around among n.
Classes turns_from(uint64_t begin, uint64_t count, uint64_t n) {
  if (count >= n) return {{double(n), 1 / double(n), 0, n, 1, true}};
  const double each = 1 / double(count);
  const uint64_t end = begin + count;
  if (end <= n) return {{double(count), each, begin, end, 1, true}};
  return {{double(n - begin), each, begin, n, 1, true},
          {double(end - n), each, 0, end - n, 1, true}};
}

// How likely each key is where stretches of `hot` keys, one behind the other and around among n,
// are hot for shares of the time: that of a cold one, and more for the time when it was hot.
class HotStretches {
 public:
  HotStretches(uint64_t n, uint64_t hot, double hot_draws)
      : n_(n),
        hot_(hot),
        extra_(hot_draws / double(hot) - (1 - hot_draws) / double(n - hot)),
        steps_{{0, (1 - hot_draws) / double(n - hot)}} {}

  // `count` stretches from the `first` on, each of them hot for `share` of the time.
  void add(uint64_t first, uint64_t count, double share) {
    const Wide length = Wide{count} * hot_;
    const auto begin = static_cast<uint64_t>(Wide{first} * hot_ % n_);
    const auto rest = static_cast<uint64_t>(length % n_);
    step(0, n_, share * double(static_cast<uint64_t>(length / n_)));
    step(begin, std::min(n_, begin + rest), share);
    if (begin + rest > n_) step(0, begin + rest - n_, share);
  }

  Classes classes(bool scattered) const {
    Classes out;
    double probability = 0;
    for (auto at = steps_.begin(); at != steps_.end(); ++at) {
      probability += at->second;
      const auto behind = std::next(at);
      const uint64_t end = behind == steps_.end() ? n_ : behind->first;
      const uint64_t begin = scattered ? 0 : at->first;
      out.push_back(
          {double(end - at->first), std::max(probability, 0.0), begin, scattered ? n_ : end});
    }
    return out;
  }

 private:
  __extension__ using Wide = unsigned __int128;

  void step(uint64_t begin, uint64_t end, double share) {
    if (begin == end || share == 0) return;
    steps_[begin] += share * extra_;
    if (end < n_) steps_[end] -= share * extra_;
  }

  uint64_t n_;
  uint64_t hot_;
  double extra_;
  std::map<uint64_t, double> steps_;  // of probability, by where
};

struct ClassMaker {
  const KeyWindow& window;
  size_t most;
  uint64_t n = window.key_count;

  Classes operator()(const UniformKeys&) const { return uniform_classes(n); }

  Classes operator()(const SequentialKeys&) const {
    return turns_from(window.first_draw % n, window.draw_count, n);
  }

  Classes operator()(const PermutedKeys&) const {
    // The rest of one round and the beginning of the next are no one's turn before the other's.
    const uint64_t left = n - window.first_draw % n;
    if (window.draw_count <= left || window.draw_count >= n) {
      const double drawn = double(std::min(window.draw_count, n));
      return {{drawn, 1 / drawn, 0, n, 1, true}};
    }
    return uniform_classes(n);
  }

  Classes operator()(const ZipfKeys& keys) const {
    return keys.scattered ? scattered(zipf_cells(n, keys.theta, most))
                          : contiguous(zipf_cells(n, keys.theta, most), false);
  }
  Classes operator()(const LatestKeys& keys) const {
    return contiguous(zipf_cells(n, keys.theta, most), true);
  }

  Classes operator()(const YcsbZipfianKeys&) const {
    const YcsbZipfian zipfian;
    return scattered(hashed_rank_cells(
        double(n), YcsbZipfian::kItems, [&](double rank) { return zipfian.share_below(rank); },
        most));
  }

  Classes operator()(const HotspotKeys& keys) const {
    const uint64_t hot = hot_key_count(keys, n);
    if (hot == n) return uniform_classes(n);
    HotStretches stretches{n, hot, keys.hot_draws};
    if (keys.shift_every_draws == 0) {
      stretches.add(0, 1, 1);
      return stretches.classes(keys.scattered);
    }
    // The first place and the last may be hot for a part of their time; those between them lie side
    // by side, hot for equally long.
    const uint64_t every = keys.shift_every_draws, end = window.first_draw + window.draw_count;
    const auto share = [&](uint64_t draws) { return double(draws) / double(window.draw_count); };
    const uint64_t first = window.first_draw / every, last = (end - 1) / every;
    if (first == last) {
      stretches.add(first, 1, 1);
    } else {
      stretches.add(first, 1, share((first + 1) * every - window.first_draw));
      if (last > first + 1) stretches.add(first + 1, last - first - 1, share(every));
      stretches.add(last, 1, share(end - last * every));
    }
    return stretches.classes(keys.scattered);
  }

  Classes operator()(const ClusteredKeys& keys) const {
    const uint64_t clusters = n / keys.cluster_keys + (n % keys.cluster_keys != 0);
    Classes out = scattered(zipf_cells(clusters, keys.theta, most));
    // All clusters taken as equal: the last one's missing keys are shared out.
    const double each = double(n) / double(clusters);
    for (KeyClass& k : out) {
      k.key_count *= each;
      k.probability /= each;
      k.stretch_keys = keys.cluster_keys;
    }
    return out;
  }

  Classes operator()(const ExponentialKeys& keys) const {
    const double mean = mean_age(keys, n), all = -portable_expm1(-double(n) / mean);
    const auto share_below = [&](double rank) { return -portable_expm1(-(rank - 1) / mean) / all; };
    // As many ages to a class, as far as e^-18, a draw in 60 million; what is beyond is one more.
    const double reach = std::min(double(n), 18 * mean);
    std::vector<double> bounds = {1};
    for (size_t i = 1; i < most; ++i) {
      const double bound = 1 + std::floor(reach * double(i) / double(most));
      if (bound > bounds.back()) bounds.push_back(bound);
    }
    if (bounds.back() < double(n) + 1) bounds.push_back(double(n) + 1);
    return contiguous(cells_between(bounds, share_below), true);
  }

  Classes operator()(const LogUniformKeys& keys) const {
    const double lowest = double(n) * portable_exp(-keys.range);
    // Rank k is drawn where n e^(-range u) is in [k - 1, k).
    const auto share_below = [&](double rank) {
      const double at = rank - 1;
      return at <= lowest ? 0 : 1 - portable_log(double(n) / at) / keys.range;
    };
    std::vector<double> bounds = rank_bounds(1 + std::floor(lowest), double(n), most);
    if (bounds.front() > 1) bounds.insert(bounds.begin(), 1);
    return scattered(cells_between(bounds, share_below));
  }

  Classes operator()(const RangeKeys& keys) const {
    const HotRanges ranges(keys, n);
    const uint64_t size = ranges.range_keys();
    std::vector<RankCell> within = {{double(size), 1, 0}};
    if (ranges.by_power()) {
      const size_t each = std::clamp<size_t>(4 * most / ranges.shares().size(), 4, 16);
      within = hashed_rank_cells(
          double(size), ranges.most_x(), [&](double rank) { return ranges.power_share(rank); },
          each);
    }
    Classes out;
    for (size_t i = 0; i < ranges.shares().size(); ++i)
      for (const RankCell& cell : within)
        if (ranges.shares()[i] > 0 && cell.key_count > 0)
          out.push_back({cell.key_count, ranges.shares()[i] * cell.share / cell.key_count, i * size,
                         (i + 1) * size});
    return out;
  }

  Classes operator()(const QueueKeys&) const {
    const auto count = double(window.draw_count);
    return {{count, 1 / count, window.first_draw, window.first_draw + window.draw_count, 1, true}};
  }

  // Of a window from which nothing was taken.
  Classes operator()(const WindowKeys&) const { return uniform_classes(n); }

  // Ids by how often they come, in powers of two.
  Classes operator()(const TraceKeys& keys) const {
    std::map<uint64_t, uint64_t> counts;
    const uint64_t length = keys.ids.size();
    for (uint64_t i = 0; i < std::min(window.draw_count, length); ++i)
      ++counts[keys.ids[(window.first_draw + i) % length]];
    struct Alike {
      uint64_t keys = 0, draws = 0, begin = ~uint64_t{0}, end = 0;
    };
    std::map<int, Alike> by_count;
    for (const auto& [id, count] : counts) {
      Alike& alike = by_count[64 - __builtin_clzll(count)];
      ++alike.keys;
      alike.draws += count;
      alike.begin = std::min(alike.begin, id);
      alike.end = id + 1;
    }
    Classes out;
    const auto draws = double(std::min(window.draw_count, length));
    for (const auto& [bits, alike] : by_count)
      out.push_back({double(alike.keys), double(alike.draws) / double(alike.keys) / draws,
                     alike.begin, alike.end, 1, true});
    return out;
  }

  // ---- from ranks to ids

  Classes scattered(const std::vector<RankCell>& cells) const {
    Classes out;
    for (const RankCell& cell : cells)
      out.push_back({cell.key_count, cell.share / cell.key_count, 0, n});
    return out;
  }

  // Rank 1 at id 0, or at the newest.
  Classes contiguous(const std::vector<RankCell>& cells, bool from_newest) const {
    Classes out;
    for (const RankCell& cell : cells) {
      const auto begin = static_cast<uint64_t>(cell.begin) - 1;
      const uint64_t end = begin + static_cast<uint64_t>(cell.key_count);
      out.push_back({cell.key_count, cell.share / cell.key_count, from_newest ? n - end : begin,
                     from_newest ? n - begin : end});
    }
    return out;
  }
};

}  // namespace

std::vector<KeyClass> key_classes(const KeyChoice& choice, const KeyWindow& window,
                                  size_t most_classes) {
  return std::visit(ClassMaker{window, most_classes}, choice);
}

double expected_distinct(const std::vector<KeyClass>& classes, double draws) {
  double sum = 0;
  for (const KeyClass& k : classes) {
    if (k.by_turns) {
      sum += k.key_count * std::min(1.0, k.probability * draws);
    } else {
      sum -= k.key_count * portable_expm1(draws * portable_log1p(-std::min(k.probability, 1.0)));
    }
  }
  return sum;
}

}  // namespace lsmkit
