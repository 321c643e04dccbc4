// Same outputs: given the inputs of another store's job, do our rules make of them what the store
// made? What its tables hold is known from what was written and from our own merges, so each job
// begins with the store's tables, and one difference does not lead to the next.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lockstep_picks.h"
#include "lsmkit/planner/plan.h"
#include "lsmkit/sim/key_universe.h"
#include "lsmkit/sim/records.h"

namespace lsmkit::bench {

// Jobs that rewrote, and those of which something is the same as the store made it.
struct OutputTally {
  uint64_t jobs = 0;
  uint64_t same_records = 0;  // keys and seqnos, table by table of the store's
  uint64_t same_tables = 0;   // so many tables
  uint64_t same_cuts = 0;     // besides, ours end about where the store's do
  uint64_t our_tables = 0, their_tables = 0;
  std::vector<std::string> differences;  // the first ones in cuts, in words
};

class OutputJudge {
 public:
  // `options` in weight, that of records as they are written here. Tables end about alike if they
  // do within `near_entries`.
  OutputJudge(const CompactionOptions& options, std::shared_ptr<const KeyUniverse> keys,
              uint64_t near_entries, size_t differences_kept)
      : options_(options),
        keys_(std::move(keys)),
        near_entries_(near_entries),
        differences_kept_(differences_kept) {}

  void wrote(std::string_view key, bool is_delete, uint32_t value_bytes);
  // All that was written since the last one is in this table of L0. May come late: who meets the
  // table first says so, too.
  void flushed(uint64_t number);
  // These tables stand: those of L0 that were not known hold what was written.
  void meet(const std::vector<ForeignTable>& tables);
  // The newest record of a key in a table that was met; none: it has none.
  std::optional<Seqno> newest_in(uint64_t number, std::string_view key) const;
  // The tables as they stood when the store chose `job`, and as they stand after it. `cursors` as
  // version_of_foreign.
  void begin(const std::vector<ForeignTable>& tables, const ForeignJob& job,
             const std::vector<std::string>& cursors);
  void end(const std::vector<ForeignTable>& tables);
  const OutputTally& tally() const { return tally_; }

 private:
  struct Contents {
    std::shared_ptr<const Records> records;
    uint64_t weight = 0;
  };
  Contents contents_of(const std::vector<SimRecord>& records, size_t begin, size_t end) const;
  CompactionPlan plan_of(const std::vector<ForeignTable>& tables, const ForeignJob& job,
                         const std::vector<std::string>& cursors) const;
  std::vector<ForeignTable> new_tables(const std::vector<ForeignTable>& tables);
  void adopt(const std::vector<ForeignTable>& outputs);
  void compare_cuts(const std::vector<ForeignTable>& outputs);

  const CompactionOptions options_;
  const std::shared_ptr<const KeyUniverse> keys_;
  const uint64_t near_entries_;
  const size_t differences_kept_;
  Seqno last_seqno_ = 0;
  std::vector<SimRecord> memtable_;
  std::map<uint64_t, Contents> contents_;  // by the store's numbers

  // What ours makes of the job that goes on.
  std::vector<uint64_t> ends_;  // entries up to the end of each table
  std::vector<SimRecord> merged_;
  std::string job_text_;
  OutputTally tally_;
};

}  // namespace lsmkit::bench
