#include "lsmkit/sim/key_survival.h"

#include <algorithm>
#include <cmath>

#include "lsmkit/numbers/elementary.h"

namespace lsmkit {
namespace {

constexpr double kOctave = 0.69314718055994530942;  // ln 2
constexpr double kPerOctave = 4;
constexpr size_t kOctaves = 50;
constexpr double kLeast = 1e-12;       // a share that is as good as none
constexpr double kSurest = 1 - 1e-12;  // that a key is drawn

}  // namespace

KeySurvival::KeySurvival(const PhaseContents& contents, size_t phase, double draws_per_seqno) {
  const std::vector<DrawnKeys> classes = contents.drawn({phase, 0, contents.op_count(phase)});
  const std::vector<double>& shares = contents.groups().shares;
  left_.assign(kOctaves * static_cast<size_t>(kPerOctave) + 1, 0);
  for (const DrawnKeys& keys : classes) {
    double drawn = 0;  // share of all draws
    for (size_t j = keys.first_group; j < keys.end_group; ++j)
      drawn += shares[j] * static_cast<double>(keys.end - keys.begin) * keys.of_each;
    const double per_seqno = draws_per_seqno * portable_log1p(-std::min(keys.of_each, kSurest));
    for (size_t i = 0; i < left_.size(); ++i) {
      const double age = portable_exp(static_cast<double>(i) * kOctave / kPerOctave) - 1;
      left_[i] += drawn * portable_exp(std::max(per_seqno * age, -700.0));
    }
  }
  for (double& left : left_) left = std::max(left, kLeast);
}

double KeySurvival::share_left(double age) const {
  if (left_.empty()) return 1;
  const double at = portable_log1p(std::max(age, 0.0)) * kPerOctave / kOctave;
  const size_t below = std::min(static_cast<size_t>(at), left_.size() - 2);
  const double part = std::min(at - static_cast<double>(below), 1.0);
  return left_[below] + part * (left_[below + 1] - left_[below]);
}

}  // namespace lsmkit
