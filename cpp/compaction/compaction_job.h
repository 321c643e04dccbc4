// Carries a plan out on real tables. Decides nothing: the plan says what is read, kept, cut and how
// outputs are numbered.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "lsmkit/compaction/table_sink.h"
#include "lsmkit/planner/plan.h"
#include "lsmkit/rules/merge_tables.h"
#include "lsmkit/sst/table.h"

namespace lsmkit {

struct JobOutput {
  std::vector<TableRef> tables;
  MergeCounts counts;
};

// An open reader of an input.
using OpenTable = std::function<std::shared_ptr<const Table>(const TableRef&)>;

// Requires: plan.rewrites(). Throws CorruptionError, also for tables that do not add up although
// their checksums are right.
// The plan's parts run on up to `threads` threads; `output.poll` is called on the caller's alone,
// and goes on being called while that waits for the others.
JobOutput run_merge(const CompactionPlan& plan, const OpenTable& open, OutputContext output,
                    unsigned threads = 1);

// Writes one sorted source (a memtable, from its first entry) as tables of L0.
template <class Source>
JobOutput run_flush(const MergeRules& rules, Source source, OutputContext output) {
  TableSink sink(rules, std::move(output));
  source.seek_to_first();
  JobOutput out;
  out.counts = merge_tables(rules, std::span<Source>(&source, 1), sink);
  out.tables = sink.release();
  return out;
}

}  // namespace lsmkit
