#include "lsmkit/sim/drawn_options.h"

#include <algorithm>
#include <string>

#include "lsmkit/bytes/error.h"
#include "lsmkit/numbers/elementary.h"
#include "lsmkit/numbers/random.h"

namespace lsmkit {
namespace {

constexpr double kMeans = 6;  // of an exponential draw, beyond which nothing is told apart

// How many of those from `least` to `most`, by a number in [0, 1).
double tables_drawn(const DrawnOptions& options, double unit, double least, double most) {
  switch (options.kind) {
    case OverlapKind::kUniform:
      return least + static_cast<double>(static_cast<uint64_t>(unit * (most - least + 1)));
    case OverlapKind::kExponential: {
      const double means = -portable_log1p(-unit) / (options.parameter * kMeans);
      return least + means * (most - least);
    }
    case OverlapKind::kGeometric:
      return options.parameter >= 1
                 ? 1
                 : 1 + portable_log1p(-unit) / portable_log1p(-options.parameter);
    case OverlapKind::kFixed:
      return least + options.parameter * (most - least);
  }
  return least;
}

void check_between(const char* name, double value, double above, double most) {
  if (value > above && value <= most) return;
  throw InvalidArgument(std::string(name) + " must be above " + std::to_string(above) +
                        " and at most " + std::to_string(most));
}

}  // namespace

void check(const DrawnOptions& options) {
  if (options.kind == OverlapKind::kExponential) check_between("rate", options.parameter, 0, 1e6);
  if (options.kind == OverlapKind::kGeometric) check_between("p", options.parameter, 0, 1);
  if (options.kind == OverlapKind::kFixed) check_between("share", options.parameter, -1e-300, 1);
  if (options.most != 0 && options.most < options.least)
    throw InvalidArgument("most must be 0 (all that stand) or at least `least`");
  for (const double share : options.kept_share) check_between("kept_share", share, 0, 1);
}

OverlapDraw overlap_draw(const DrawnOptions& options, uint64_t seed) {
  return [options, seed](uint64_t edit, TableNumber table, uint32_t level, size_t standing) {
    const uint64_t stream = drawn_at(edit, static_cast<uint64_t>(table), level);
    const auto all = static_cast<double>(standing);
    const double most = options.most == 0 ? all : std::min(all, static_cast<double>(options.most));
    const double least = std::min(most, static_cast<double>(options.least));
    const double drawn = tables_drawn(options, unit_of(drawn_at(seed, stream, 0)), least, most);
    DrawnOverlap out;
    out.count = static_cast<size_t>(std::clamp(drawn, least, most));
    const double places = all - static_cast<double>(out.count) + 1;
    out.first = static_cast<size_t>(unit_of(drawn_at(seed, stream, 1)) * places);
    return out;
  };
}

}  // namespace lsmkit
