// When the records of a modelled table were written, in brief: cohorts, each of so many records
// whose seqnos are spread evenly over a span. Which table of a merge gets a cohort's oldest record,
// and which its newest, is drawn: pickers by age live on such differences.
#pragma once

#include <vector>

#include "lsmkit/bytes/key.h"
#include "lsmkit/numbers/random.h"

namespace lsmkit {

struct SeqnoCohort {
  double records = 0;
  Seqno smallest = 0;
  Seqno largest = 0;
};
using SeqnoCohorts = std::vector<SeqnoCohort>;

// Adds a random `share` of the records of `source`.
void draw_share(const SeqnoCohorts& source, double share, Random& random, SeqnoCohorts& out);

// Few remain: those that lie nearest to each other become one.
void join_nearest(SeqnoCohorts& cohorts);

}  // namespace lsmkit
