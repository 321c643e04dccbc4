// The phases of a workload as a layered store sees them, and how each spreads records over pages:
// what is expected, without a draw.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "lsmkit/layered/layer.h"
#include "lsmkit/workload/workload_spec.h"

namespace lsmkit {

struct ExpectedPhase {
  const Phase* phase = nullptr;
  uint64_t first_pages = 0;   // that there were when it begins
  uint64_t first_oldest = 0;  // of them, those before were dropped
  uint64_t records = 0;
  double record_bytes = 0;   // on average
  double draws_of_each = 0;  // record: pages that the chooser draws, for reads too
  double added_by_each = 0;  // record: pages that are new
  double taken_by_each = 0;  // record: pages that are dropped, the oldest first
  double bytes() const { return static_cast<double>(records) * record_bytes; }
  // After so many of its records: pages that there ever were, and the oldest still in use.
  uint64_t pages_after(uint64_t of_records) const;
  uint64_t oldest_after(uint64_t of_records) const;
  // Whether pages are gone through in order, none twice before each was met once.
  bool by_turns() const;
};

// Throws InvalidArgument as check() does; NotSupported for scans and traces, for a phase in a
// closed loop that ends after a time, and for deletes but of a queue's or window's oldest page.
// Requires: the workload outlives them.
std::vector<ExpectedPhase> expected_phases(const WorkloadSpec& workload);

// A chooser that gives ranks to places all over the pages.
struct ScatteredRanks {
  uint64_t ranks = 0;                           // from 0
  std::function<double(double)> share_below;    // of all draws, below a rank
  std::function<PageRange(uint64_t)> pages_of;  // a rank
};
// Of a phase that scatters; no ranks if it does not, or by none that can be found again.
ScatteredRanks scattered_ranks(const KeyChoice& choice, uint64_t page_count, uint64_t seed);

// How much more often than a page on average a page is written to, from the most popular pages to
// the least.
struct PopularStep {
  double up_to = 1;  // share of the pages
  double rate = 1;
};
// Without so many that draw so large a share, the most popular ones. One step: all alike.
std::vector<PopularStep> popularity(const KeyChoice& choice, uint64_t page_count,
                                    uint64_t without_pages, double without_share);

}  // namespace lsmkit
