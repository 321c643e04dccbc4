// Same pick: given the live tables of another store, does our planner choose the inputs that the
// store chose? Asked before each of its jobs, so one difference does not lead to the next.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "lsmkit/planner/planner.h"
#include "lsmkit/rules/compaction_options.h"
#include "lsmkit/version/table_meta.h"
#include "lsmkit/version/version.h"

namespace lsmkit::bench {

// A table as its store tells of it. The store's bytes are the weight.
struct ForeignTable {
  uint64_t number = 0;
  uint32_t level = 0;
  uint64_t bytes = 0;
  std::string smallest;  // user keys, inclusive
  std::string largest;
  Seqno smallest_seqno = 0;
  Seqno largest_seqno = 0;
  uint64_t entries = 0;
  uint64_t tombstones = 0;
};

struct ForeignJob {
  std::vector<uint64_t> inputs;  // numbers of tables
  uint32_t output_level = 0;
};

// Jobs counted, and the first differences in words.
struct PickTally {
  uint64_t jobs = 0;
  uint64_t same = 0;
  std::vector<std::string> differences;
  double share() const {
    return jobs == 0 ? 1 : static_cast<double>(same) / static_cast<double>(jobs);
  }
};

// As a version of ours. `cursors`, by level: at which key its round robin goes on; or empty.
Version version_of_foreign(const std::vector<ForeignTable>& tables, unsigned level_count,
                           const std::vector<std::string>& cursors);

class PickJudge {
 public:
  PickJudge(const CompactionOptions& options, Planner planner, size_t differences_kept)
      : options_(options), planner_(std::move(planner)), differences_kept_(differences_kept) {}

  // `tables` as they stood when the store chose `job`; `cursors` as version_of_foreign.
  void judge(const std::vector<ForeignTable>& tables, const ForeignJob& job,
             const std::vector<std::string>& cursors);
  const PickTally& tally() const { return tally_; }

 private:
  const CompactionOptions options_;
  const Planner planner_;
  const size_t differences_kept_;
  PickTally tally_;
};

}  // namespace lsmkit::bench
