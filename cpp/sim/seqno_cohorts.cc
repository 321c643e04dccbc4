#include "lsmkit/sim/seqno_cohorts.h"

#include <algorithm>
#include <cstddef>
#include <numeric>

#include "lsmkit/numbers/elementary.h"

namespace lsmkit {
namespace {

SeqnoCohort joined(const SeqnoCohort& a, const SeqnoCohort& b) {
  return {a.records + b.records, std::min(a.smallest, b.smallest), std::max(a.largest, b.largest),
          std::min(a.begin, b.begin), std::max(a.end, b.end)};
}

// How little is known of where and when its records lie; `all` is what they might span.
double vagueness(const SeqnoCohort& cohort, const SeqnoCohort& all) {
  const auto share = [](uint64_t part, uint64_t whole) {
    return static_cast<double>(part) / static_cast<double>(std::max<uint64_t>(whole, 1));
  };
  return cohort.records * (share(cohort.largest - cohort.smallest, all.largest - all.smallest) +
                           share(cohort.end - cohort.begin, all.end - all.begin));
}

}  // namespace

void draw_share(const SeqnoCohort& cohort, double share, Random& random, SeqnoCohorts& out) {
  double records = cohort.records * share;
  if (records < 1) {
    if (random.unit() >= records) return;
    records = 1;
  }
  // How far the extremes of so many draws are from the ends: as the gaps of a Poisson process.
  const auto span = static_cast<double>(cohort.largest - cohort.smallest);
  const auto distance = [&] {
    const double gap = -portable_log(random.unit_above_zero()) / records;
    return static_cast<Seqno>(span * std::min(gap, 1.0));
  };
  SeqnoCohort drawn = cohort;
  drawn.records = records;
  drawn.smallest = cohort.smallest + distance();
  drawn.largest = std::max(drawn.smallest, cohort.largest - distance());
  out.push_back(drawn);
}

void join_nearest(SeqnoCohorts& cohorts, size_t most) {
  std::sort(cohorts.begin(), cohorts.end(), [](const SeqnoCohort& a, const SeqnoCohort& b) {
    return a.largest != b.largest ? a.largest < b.largest : a.smallest < b.smallest;
  });
  if (cohorts.size() <= most) return;
  const SeqnoCohort all =
      std::accumulate(cohorts.begin() + 1, cohorts.end(), cohorts.front(), joined);
  const auto cost = [&](size_t i) {
    const SeqnoCohort &a = cohorts[i], &b = cohorts[i + 1];
    return vagueness(joined(a, b), all) - vagueness(a, all) - vagueness(b, all);
  };
  std::vector<double> costs;  // of joining each with the next
  for (size_t i = 0; i + 1 < cohorts.size(); ++i) costs.push_back(cost(i));
  while (cohorts.size() > most) {
    const auto least = std::min_element(costs.begin(), costs.end()) - costs.begin();
    const auto best = static_cast<size_t>(least);
    cohorts[best] = joined(cohorts[best], cohorts[best + 1]);
    cohorts.erase(cohorts.begin() + least + 1);
    costs.erase(costs.begin() + least);
    if (best > 0) costs[best - 1] = cost(best - 1);
    if (best < costs.size()) costs[best] = cost(best);
  }
}

}  // namespace lsmkit
