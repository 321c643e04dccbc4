#include "lsmkit/workload/sizes.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "lsmkit/bytes/coding.h"
#include "lsmkit/numbers/distributions.h"
#include "lsmkit/numbers/elementary.h"

namespace lsmkit {
namespace {

constexpr double kMostDrawn = 1e18;  // whole numbers above do not fit

uint64_t cut(double size, uint64_t least, uint64_t most) {
  return std::clamp(static_cast<uint64_t>(std::ceil(std::clamp(size, 0.0, kMostDrawn))), least,
                    most);
}

uint64_t draw(const ConstantSize& choice, Random&) {
  return choice.size;
}
uint64_t draw(const UniformSize& choice, Random& random) {
  return choice.least + random.below(choice.most - choice.least + 1);
}
// The size that a share of `above` of the draws exceed, were nothing cut off.
uint64_t size_exceeded_by(const ParetoSize& choice, double above) {
  const double size = pareto_exceeded_by(above, choice.location, choice.scale, choice.shape);
  if (!choice.wraps || size <= static_cast<double>(choice.most))
    return cut(size, choice.least, choice.most);
  const uint64_t whole = cut(size, 0, std::numeric_limits<uint64_t>::max());
  return std::max(whole % choice.most, choice.least);
}
uint64_t draw(const ParetoSize& choice, Random& random) {
  return size_exceeded_by(choice, random.unit_above_zero());
}
uint64_t draw(const LognormalSize& choice, Random& random) {
  return cut(draw_lognormal(random, portable_log(choice.median), choice.sigma), choice.least,
             choice.most);
}

// The share of draws, before any cut, above `size`.
double share_above(const ParetoSize& choice, double size) {
  return pareto_share_above(size, choice.location, choice.scale, choice.shape);
}
double share_above(const LognormalSize& choice, double size) {
  if (size <= 0) return 1;
  if (choice.sigma == 0) return size < choice.median ? 1 : 0;
  const double deviations = portable_log(size / choice.median) / choice.sigma;
  return portable_erfc(deviations * 0.70710678118654752) / 2;
}

// The sum of share_above(s) for begin <= s < end: one by one as long as that is quick, then by
// trapezoids over stretches that grow with s, as the shares change by ratios.
double sum_of_shares(const auto& choice, double begin, double end) {
  double sum = 0, s = begin;
  for (; s < end && s < begin + 8192; s += 1) sum += share_above(choice, s);
  while (s < end) {
    const double next = std::min(end, s + std::max(1.0, std::floor(s / 1024)));
    const double count = next - s;
    const double first = share_above(choice, s), behind = share_above(choice, next);
    sum += count * (first + behind) / 2 + (first - behind) / 2;
    s = next;
  }
  return sum;
}

double mean(const ConstantSize& choice) {
  return static_cast<double>(choice.size);
}
double mean(const UniformSize& choice) {
  return (static_cast<double>(choice.least) + static_cast<double>(choice.most)) / 2;
}
// A size rounded up is above s exactly if it was so before.
double mean(const LognormalSize& choice) {
  return static_cast<double>(choice.least) +
         sum_of_shares(choice, static_cast<double>(choice.least), static_cast<double>(choice.most));
}
double mean(const ParetoSize& choice) {
  if (!choice.wraps)
    return static_cast<double>(choice.least) + sum_of_shares(choice,
                                                             static_cast<double>(choice.least),
                                                             static_cast<double>(choice.most));
  // Remainders follow no formula; the draws themselves do, evenly over all shares.
  constexpr uint64_t kSteps = 1 << 18;
  double sum = 0;
  for (uint64_t i = 0; i < kSteps; ++i)
    sum += static_cast<double>(size_exceeded_by(choice, (static_cast<double>(i) + 0.5) / kSteps));
  return sum / kSteps;
}

}  // namespace

uint64_t draw_size(const SizeChoice& choice, Random& random) {
  return std::visit([&](const auto& kind) { return draw(kind, random); }, choice);
}

double mean_size(const SizeChoice& choice) {
  return std::visit([](const auto& kind) { return mean(kind); }, choice);
}

void make_value(uint64_t seed, uint64_t id, uint64_t version, size_t bytes, double compressed_share,
                std::string& out) {
  constexpr size_t kCell = 64;
  out.assign(bytes, 'v');
  const auto random_bytes = static_cast<size_t>(std::ceil(compressed_share * kCell));
  uint64_t state = drawn_at(seed, id, version);
  for (size_t cell = 0; cell < bytes; cell += kCell) {
    const size_t end = std::min(bytes, cell + random_bytes);
    for (size_t at = cell; at < end; at += 8) {
      char word[8];
      store_fixed(word, splitmix64(state));
      std::memcpy(out.data() + at, word, std::min<size_t>(8, end - at));
    }
  }
}

}  // namespace lsmkit
