#include "lsmkit/sim/seqno_cohorts.h"

#include <algorithm>
#include <cstddef>

#include "lsmkit/numbers/elementary.h"

namespace lsmkit {
namespace {

constexpr size_t kMostCohorts = 6;

Seqno union_span(const SeqnoCohort& a, const SeqnoCohort& b) {
  return std::max(a.largest, b.largest) - std::min(a.smallest, b.smallest);
}

}  // namespace

void draw_share(const SeqnoCohorts& source, double share, Random& random, SeqnoCohorts& out) {
  for (const SeqnoCohort& cohort : source) {
    double records = cohort.records * share;
    if (records < 1) {
      if (random.unit() >= records) continue;
      records = 1;
    }
    // How far the extremes of so many draws are from the ends: as the gaps of a Poisson process.
    const auto span = static_cast<double>(cohort.largest - cohort.smallest);
    const auto distance = [&] {
      const double gap = -portable_log(random.unit_above_zero()) / records;
      return static_cast<Seqno>(span * std::min(gap, 1.0));
    };
    SeqnoCohort drawn{records, cohort.smallest + distance(), cohort.largest};
    drawn.largest = std::max(drawn.smallest, cohort.largest - distance());
    out.push_back(drawn);
  }
}

void join_nearest(SeqnoCohorts& cohorts) {
  std::sort(cohorts.begin(), cohorts.end(), [](const SeqnoCohort& a, const SeqnoCohort& b) {
    return a.largest != b.largest ? a.largest < b.largest : a.smallest < b.smallest;
  });
  while (cohorts.size() > kMostCohorts) {
    size_t best = 0;
    for (size_t i = 1; i + 1 < cohorts.size(); ++i)
      if (union_span(cohorts[i], cohorts[i + 1]) < union_span(cohorts[best], cohorts[best + 1]))
        best = i;
    SeqnoCohort& into = cohorts[best];
    const SeqnoCohort& other = cohorts[best + 1];
    into = {into.records + other.records, std::min(into.smallest, other.smallest),
            std::max(into.largest, other.largest)};
    cohorts.erase(cohorts.begin() + static_cast<std::ptrdiff_t>(best) + 1);
  }
}

}  // namespace lsmkit
