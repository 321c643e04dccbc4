#include "lsmkit/sim/key_survival.h"

#include <algorithm>
#include <bit>

#include "lsmkit/numbers/elementary.h"

namespace lsmkit {
namespace {

constexpr uint64_t kPerOctave = 4;
constexpr uint64_t kOctaves = 50;
constexpr double kLeast = 1e-12;       // a share that is as good as none
constexpr double kSurest = 1 - 1e-12;  // that a key is drawn

}  // namespace

KeySurvival::KeySurvival(const PhaseContents& contents, size_t phase, double draws_per_seqno) {
  const std::vector<DrawnKeys> classes = contents.drawn({phase, 0, contents.op_count(phase)});
  const std::vector<double>& shares = contents.groups().shares;
  left_.assign(kOctaves * kPerOctave + 1, 0);
  for (const DrawnKeys& keys : classes) {
    double drawn = 0;  // share of all draws
    for (size_t j = keys.first_group; j < keys.end_group; ++j)
      drawn += shares[j] * static_cast<double>(keys.end - keys.begin) * keys.of_each;
    const double per_seqno = draws_per_seqno * portable_log1p(-std::min(keys.of_each, kSurest));
    for (size_t i = 0; i < left_.size(); ++i) {
      const auto octave = static_cast<double>(uint64_t{1} << i / kPerOctave);
      const double age = octave * (1 + static_cast<double>(i % kPerOctave) / kPerOctave) - 1;
      left_[i] += drawn * portable_exp(std::max(per_seqno * age, -700.0));
    }
  }
  for (double& left : left_) left = std::max(left, kLeast);
}

double KeySurvival::share_left(double age) const {
  if (left_.empty()) return 1;
  // A number's exponent and the first bits behind it say where it is among powers of two.
  constexpr double kEnd = static_cast<double>(uint64_t{1} << kOctaves);
  const auto bits = std::bit_cast<uint64_t>(std::clamp(age + 1, 1.0, kEnd - 1));
  const uint64_t in_octave = bits & ((uint64_t{1} << 52) - 1);
  const double at = static_cast<double>(((bits >> 52) - 1023) * kPerOctave) +
                    static_cast<double>(in_octave * kPerOctave) * 0x1p-52;
  const auto below = static_cast<size_t>(at);
  return left_[below] + (at - static_cast<double>(below)) * (left_[below + 1] - left_[below]);
}

}  // namespace lsmkit
