// When the records of a modelled table were written, in brief: cohorts, each of so many records
// whose seqnos are spread evenly over a span, and their keys over a stretch of the table: what is
// old stays where it was when tables are cut anew. Which table of a merge gets a cohort's oldest
// record, and which its newest, is drawn: pickers by age live on such differences.
#pragma once

#include <cstddef>
#include <vector>

#include "lsmkit/bytes/key.h"
#include "lsmkit/numbers/random.h"

namespace lsmkit {

struct SeqnoCohort {
  double records = 0;
  Seqno smallest = 0;
  Seqno largest = 0;
  uint64_t begin = 0;  // ranks
  uint64_t end = 0;
};
using SeqnoCohorts = std::vector<SeqnoCohort>;

// Adds a random `share` of the records of `cohort`.
void draw_share(const SeqnoCohort& cohort, double share, Random& random, SeqnoCohorts& out);

// So many remain: those that are nearest to each other in age and place become one. Requires:
// `most` is above 0.
void join_nearest(SeqnoCohorts& cohorts, size_t most);

}  // namespace lsmkit
