#include "lsmkit/workload/key_chooser.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "lsmkit/numbers/elementary.h"

namespace lsmkit {

Scatter scattered_order(uint64_t key_count, uint64_t seed) {
  return Scatter(key_count, drawn_at(seed, stream_number("scattered"), 0));
}

Scatter permuted_order(uint64_t key_count, uint64_t seed, uint64_t round) {
  return Scatter(key_count, drawn_at(seed, stream_number("permuted"), round));
}

uint64_t hot_key_count(const HotspotKeys& keys, uint64_t key_count) {
  const auto hot = static_cast<uint64_t>(keys.hot_keys * static_cast<double>(key_count));
  return std::clamp<uint64_t>(hot, 1, key_count);
}

double mean_age(const ExponentialKeys& keys, uint64_t key_count) {
  return -keys.newest_share * static_cast<double>(key_count) / portable_log1p(-keys.drawn_share);
}

uint64_t SequentialDraws::next(Random&) {
  const uint64_t id = at;
  if (++at == key_count) at = 0;
  return id;
}

uint64_t PermutedDraws::next(Random&) {
  if (at % key_count == 0) order = permuted_order(key_count, seed, at / key_count);
  return order(at++ % key_count);
}

uint64_t ZipfDraws::next(Random& random) {
  const uint64_t rank = zipf.rank(random) - 1;
  return scattered ? order(rank) : rank;
}

uint64_t YcsbZipfianDraws::next(Random& random) {
  return YcsbZipfian::hash(zipfian.rank(random)) % key_count;
}

uint64_t HotspotDraws::next(Random& random) {
  if (keys.shift_every_draws > 0 && draws > 0 && draws % keys.shift_every_draws == 0)
    hot_begin = (hot_begin + hot_count) % key_count;
  ++draws;
  // Nobody is cold where all are hot.
  const bool hot = random.unit() < keys.hot_draws || hot_count == key_count;
  const uint64_t place =
      hot ? random.below(hot_count) : hot_count + random.below(key_count - hot_count);
  const uint64_t id =
      place < key_count - hot_begin ? place + hot_begin : place - (key_count - hot_begin);
  return keys.scattered ? order(id) : id;
}

// The last cluster may be smaller than the others, and then has fewer keys to choose among.
uint64_t ClusteredDraws::next(Random& random) {
  const uint64_t begin = order(zipf.rank(random) - 1) * cluster_keys;
  return begin + random.below(std::min(cluster_keys, key_count - begin));
}

uint64_t ExponentialDraws::next(Random& random) {
  const double age = -mean * portable_log1p(-random.unit() * share_within);
  const auto whole = static_cast<uint64_t>(age);
  return key_count - 1 - std::min(whole, key_count - 1);
}

uint64_t LogUniformDraws::next(Random& random) {
  const double rank = static_cast<double>(key_count) * portable_exp(-range * random.unit());
  return order(std::min(static_cast<uint64_t>(rank), key_count - 1));
}

uint64_t TraceDraws::next(Random&) {
  const uint64_t id = (*ids)[at];
  if (++at == ids->size()) at = 0;
  return id;
}

KeyChooser::KeyChooser(const KeyChoice& choice, uint64_t key_count, uint64_t seed,
                       const Random& random)
    : random_(random), draws_(draws_of(choice, key_count, seed)) {}

KeyChooser::Draws KeyChooser::draws_of(const KeyChoice& choice, uint64_t key_count, uint64_t seed) {
  const uint64_t n = key_count;
  const Scatter order = scattered_order(n, seed);
  struct Maker {
    uint64_t n, seed;
    const Scatter& order;
    Draws operator()(const UniformKeys&) const { return UniformDraws{n}; }
    Draws operator()(const SequentialKeys&) const { return SequentialDraws{n}; }
    Draws operator()(const PermutedKeys&) const { return PermutedDraws{n, seed, 0, {}}; }
    Draws operator()(const ZipfKeys& keys) const {
      return ZipfDraws{Zipf(n, keys.theta), keys.scattered, order};
    }
    Draws operator()(const YcsbZipfianKeys&) const { return YcsbZipfianDraws{n, {}}; }
    Draws operator()(const LatestKeys& keys) const {
      return LatestDraws{keys.theta, n, Zipf(n, keys.theta)};
    }
    Draws operator()(const HotspotKeys& keys) const {
      return HotspotDraws{keys, n, hot_key_count(keys, n), order};
    }
    Draws operator()(const ClusteredKeys& keys) const {
      const uint64_t clusters = n / keys.cluster_keys + (n % keys.cluster_keys != 0);
      return ClusteredDraws{n, keys.cluster_keys, Zipf(clusters, keys.theta),
                            scattered_order(clusters, seed)};
    }
    Draws operator()(const ExponentialKeys& keys) const {
      const double mean = mean_age(keys, n);
      return ExponentialDraws{n, mean, -portable_expm1(-static_cast<double>(n) / mean)};
    }
    Draws operator()(const LogUniformKeys& keys) const {
      return LogUniformDraws{n, keys.range, order};
    }
    Draws operator()(const RangeKeys& keys) const { return RangeDraws{HotRanges(keys, n)}; }
    Draws operator()(const WindowKeys&) const { return WindowDraws{n}; }
    Draws operator()(const TraceKeys& keys) const { return TraceDraws{&keys.ids}; }
    Draws operator()(const QueueKeys&) const {
      throw std::logic_error("a queue's keys are counted, not chosen");
    }
  };
  return std::visit(Maker{n, seed, order}, choice);
}

void KeyChooser::grow(uint64_t key_count) {
  if (auto* uniform = std::get_if<UniformDraws>(&draws_)) {
    uniform->key_count = key_count;
  } else if (auto* window = std::get_if<WindowDraws>(&draws_)) {
    window->key_count = key_count;
  } else if (auto* latest = std::get_if<LatestDraws>(&draws_)) {
    latest->key_count = key_count;
    latest->zipf = Zipf(key_count, latest->theta);
  } else if (auto* exponential = std::get_if<ExponentialDraws>(&draws_)) {
    exponential->key_count = key_count;
  }
}

void KeyChooser::keep_from(uint64_t oldest) {
  if (auto* window = std::get_if<WindowDraws>(&draws_)) window->oldest = oldest;
}

}  // namespace lsmkit
