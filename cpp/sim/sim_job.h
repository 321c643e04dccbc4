// A flush or a compaction of a modelled tree between its beginning and its end: what it costs, and
// the result that nobody sees before it ends.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "lsmkit/planner/planner.h"
#include "lsmkit/rules/merge_tables.h"
#include "lsmkit/sim/record_merge.h"
#include "lsmkit/trace/event.h"

namespace lsmkit {

// What a job takes, whoever carries it out and however fast. A job that rewrites nothing costs
// nothing.
struct JobCost {
  uint64_t read_bytes = 0;  // of files; a flush reads memory
  uint64_t written_bytes = 0;
  uint64_t read_weight = 0;
  uint64_t written_weight = 0;
  uint64_t in_records = 0;
  uint32_t written_tables = 0;
  uint32_t parts = 1;           // that may run side by side
  uint32_t output_level = 0;    // 0 for flushes
  uint64_t weight_from_l0 = 0;  // that leaves L0 by being rewritten
};

// `Table`: an output's meta and what it holds.
template <class Table>
struct ModelledJob {
  JobNumber number{};
  EventKind kind = EventKind::kCompaction;
  uint64_t begin_us = 0;
  JobCost cost;

  std::optional<CompactionPlan> plan;  // none: a flush
  VersionEdit edit;
  MergeCounts counts;
  std::vector<Table> outputs;
  double filter_bits_per_key = 0;  // of the outputs

  bool is_flush() const { return kind == EventKind::kFlush; }
};
using SimJob = ModelledJob<RecordTable>;  // of records

}  // namespace lsmkit
