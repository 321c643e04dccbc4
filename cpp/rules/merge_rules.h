// All that shapes the result of a merge, as data: which records are kept and where tables are cut.
// A plan (or a flush) carries it; merge_tables carries it out for engine and simulator alike.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lsmkit/bytes/key.h"
#include "lsmkit/rules/compaction_options.h"
#include "lsmkit/version/version.h"

namespace lsmkit {

struct CutRules {
  uint64_t target_weight = UINT64_MAX;  // a table this heavy is closed before the next user key
  // What a table may grow to that meets no boundary to end at; without such, equal to
  // target_weight.
  uint64_t max_weight = UINT64_MAX;
  OutputCut kind = OutputCut::kPlain;
  // A table and the tables of next_run that it meets stay below this, where next_run has a
  // boundary. kGrandparents: what lies between two cuts stays below it.
  uint64_t max_overlap_weight = UINT64_MAX;
  // The run below the output that later jobs will merge it into; kGrid: the deepest, which may be
  // the one that is written. May be empty.
  Run next_run;
  // A table is closed once before the first key at or above this: the output level's round robin
  // cursor, so that its next pick begins at a table. None: no such cut.
  std::optional<std::string> cursor;
  std::vector<std::string> part_bounds;  // ascending; each begins a new part at the first key >= it
};

struct MergeRules {
  JobNumber job{};
  // Readers may ask at any of these seqnos, ascending, and at any seqno from history_floor on. A
  // record that none of them can see is dropped.
  std::vector<Seqno> pinned_seqnos;
  Seqno history_floor = 0;
  // Runs older than the inputs, at the same or a deeper level, that are not merged. Where one of
  // them may hold the key, tombstones stay and seqnos are not zeroed.
  std::vector<Run> older_runs;
  bool zero_seqnos = false;  // outputs below L0 only: L0 finds the newest by seqno
  // Input tables that no other input has keys in may come out as they are.
  bool pass_through = false;
  CutRules cut;
  double filter_bits_per_key = 0;             // of the outputs
  std::optional<uint64_t> input_entry_count;  // as the inputs' metas say; checked
};

// Readers below this seqno are all gone, so what is at or below it has one visible version at most.
Seqno elision_seqno(const MergeRules& rules);

// Whether a table may come out of the merge as it is: the merge stands before its first record, the
// last key that it met is `last_key`, another input goes on at `other_key` (either may be missing),
// and the open output weighs `open_weight`.
bool may_pass(const MergeRules& rules, const TableMeta& table,
              std::optional<std::string_view> last_key, std::optional<std::string_view> other_key,
              uint64_t open_weight);

// Splits `total` evenly into tables of about `target`: the weight at which each is cut. For outputs
// that align with nothing (flushes, L0).
uint64_t even_table_weight(uint64_t total, uint64_t target);

// The rules for writing memtables that hold `weight` as a run of L0. `version` is the one the run
// will be added to; everything in it is older.
MergeRules flush_rules(JobNumber job, const Version& version, uint64_t weight,
                       std::vector<Seqno> pinned_seqnos, Seqno history_floor,
                       const CompactionOptions& options);

// What a flush publishes: `tables` as run `largest_seqno` of L0. No tables (everything cancelled
// out) is fine. The caller adds what only it knows (oldest log, counters, next numbers).
struct FlushResult {
  JobNumber job{};
  Seqno largest_seqno = 0;  // of the memtables, whatever was dropped
  Seqno history_floor = 0;
  std::vector<TableRef> tables;
  EditReason reason = EditReason::kFlush;
};
VersionEdit flush_edit(const FlushResult& result);
void count_flush(const VersionEdit& edit, Counters& counters);

}  // namespace lsmkit
