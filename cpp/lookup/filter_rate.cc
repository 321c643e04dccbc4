#include "lsmkit/lookup/filter_rate.h"

#include <algorithm>
#include <cstdint>

#include "lsmkit/lookup/filter.h"
#include "lsmkit/numbers/elementary.h"

namespace lsmkit {

double false_positive_rate(double key_count, double bits_per_key) {
  if (key_count < 1 || bits_per_key <= 0) return 1;
  constexpr double kLineBits = 8 * kFilterLineBytes;
  const auto keys = static_cast<uint64_t>(key_count);
  const unsigned probes = filter_probes(bits_per_key);
  const double keys_per_line =
      static_cast<double>(keys) / static_cast<double>(filter_line_count(keys, bits_per_key));
  const double unset_by_one = portable_pow(1 - 1 / kLineBits, probes);
  double in_line = portable_exp(-keys_per_line);  // that a line has so many keys
  double unset = 1, rate = 0, lines = 0;
  for (int count = 0; count < 4096 && lines < 1 - 1e-12; ++count) {
    double passes = 1;
    for (unsigned i = 0; i < probes; ++i) passes *= 1 - unset;
    rate += in_line * passes;
    lines += in_line;
    unset *= unset_by_one;
    in_line *= keys_per_line / (count + 1);
  }
  return std::min(1.0, rate);
}

}  // namespace lsmkit
