#include "lsmkit/sim/group_mix.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "lsmkit/numbers/elementary.h"

namespace lsmkit {
namespace {

constexpr size_t kSteps = 20;         // into which t and s are cut
constexpr size_t kDrawSteps = 240;    // of draws, from 1/4 up, four to an octave
constexpr double kLeastHit = 1e-12;   // a share whose logarithm is looked at
constexpr double kParameterCost = 1;  // in the logarithm of a likelihood

}  // namespace

GroupDraws::GroupDraws(std::vector<double> shares, std::vector<double> rates)
    : shares_(std::move(shares)), rates_(std::move(rates)) {
  for (size_t i = 0; i < kDrawSteps; ++i) {
    double sum = 0;
    for (size_t j = 0; j < shares_.size(); ++j) sum += shares_[j] * met(j, draws_at(i));
    met_.push_back(sum);
  }
}

constexpr double GroupDraws::draws_at(size_t i) {
  const auto octave = static_cast<double>(uint64_t{1} << i / 4);
  return octave * (1 + static_cast<double>(i % 4) / 4) / 4;
}

double GroupDraws::met(size_t group, double draws) const {
  return -portable_expm1(-rates_[group] * draws);
}

double GroupDraws::draws_for(double share) const {
  const auto above = std::lower_bound(met_.begin(), met_.end(), share);
  if (above == met_.end()) return draws_at(met_.size() - 1);
  const auto i = static_cast<size_t>(above - met_.begin());
  if (i == 0) return met_[0] > 0 ? draws_at(0) * share / met_[0] : 0;
  const double part = (share - met_[i - 1]) / (met_[i] - met_[i - 1]);
  return draws_at(i - 1) + part * (draws_at(i) - draws_at(i - 1));
}

GroupMix GroupMix::likeliest(const GroupDraws& draws, const std::vector<double>& samples,
                             double hit) {
  GroupMix best(draws);
  double best_fit = best.fit(samples, hit);
  const auto consider = [&](const GroupMix& mix, double cost) {
    const double fit = mix.fit(samples, hit) - cost;
    if (fit <= best_fit) return;
    best = mix;
    best_fit = fit;
  };
  consider(GroupMix(draws, 0, 1), 0);
  for (size_t i = 1; i < kSteps; ++i) {
    const double part = static_cast<double>(i) / kSteps;
    consider(GroupMix(draws, part, 1 - part), kParameterCost);
    if (part > 1 - hit) consider(GroupMix(draws, 1, -part), kParameterCost);
  }
  return best;
}

double GroupMix::fit(const std::vector<double>& samples, double hit) const {
  const std::vector<double> each = hits(hit);
  double sum = 0;
  for (size_t j = 0; j < samples.size(); ++j)
    if (samples[j] > 0) sum += samples[j] * portable_log(std::max(each[j] / hit, kLeastHit));
  return sum;
}

std::vector<double> GroupMix::hits(double hit) const {
  const std::vector<double>& shares = draws_->shares();
  std::vector<double> out(shares.size(), hit);
  if (drawn_ == 0 || hit <= 0 || hit >= 1) return out;
  const double turns = drawn_ < 0 ? turns_ : turns_ * hit;
  const double drawn = drawn_ < 0 ? drawn_ : 1 - turns;
  const double draws = draws_->draws_for((hit - turns) / drawn);
  double sum = 0;
  for (size_t j = 0; j < out.size(); ++j) {
    out[j] = turns + drawn * draws_->met(j, draws);
    sum += shares[j] * out[j];
  }
  for (double& each : out) each = std::min(1.0, each * hit / sum);
  return out;
}

}  // namespace lsmkit
