// A decision as a value: what to compact and why, with all that shapes the result.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lsmkit/rules/busy_cores.h"
#include "lsmkit/rules/merge_rules.h"
#include "lsmkit/version/version.h"

namespace lsmkit {

// Tables of one run, in key order.
struct PlanInput {
  uint32_t level = 0;
  RunId run = 0;
  std::vector<TableRef> tables;
};

// A level that might have been compacted instead.
struct RunnerUp {
  uint32_t level = 0;
  double score = 0;
  std::string why;  // it lost, as a sentence's end: "its score is lower", "table 7 is busy"
};

struct CompactionPlan {
  JobNumber job{};
  EditReason reason = EditReason::kNone;
  double score = 0;
  bool trivial_move = false;      // tables change their level as they are; nothing is rewritten
  bool drop = false;              // tables go unread: nobody wants what is in them
  std::vector<PlanInput> inputs;  // newest run first: the order of sources for merge_tables
  uint32_t output_level = 0;
  RunId output_run = 0;
  std::string smallest_key;  // of all inputs
  std::string largest_key;
  MergeRules merge;
  // The input level's round robin goes on above this key.
  std::optional<std::pair<uint32_t, std::string>> cursor;
  uint64_t input_weight = 0;
  uint64_t input_file_bytes = 0;
  uint64_t expected_weight = 0;      // of the outputs, at most
  std::vector<RunnerUp> runners_up;  // highest score first

  // Whether there is anything to read and write; if not, the edit is all of it.
  bool rewrites() const { return !trivial_move && !drop; }
};

// A plan being carried out, as far as it limits others.
struct JobInFlight {
  JobNumber job{};
  std::vector<TableNumber> inputs;
  bool from_l0 = false;
  uint32_t output_level = 0;
  std::string smallest_key;  // inclusive
  std::string largest_key;
};
JobInFlight job_in_flight(const CompactionPlan& plan);

// The world, handed in. Nothing else is looked at.
struct PlanContext {
  JobNumber job{1};                    // the number of the job planned
  std::vector<JobInFlight> in_flight;  // compactions; flushes limit nobody
  std::vector<TableNumber> damaged;    // no plan reads them; newer tables stay above them
  unsigned free_slots = 1;             // 0: no plan
  size_t sealed_memtables = 0;         // that are being flushed or stand in line for it
  double busy_cores = kOneCore;        // by compactions lately (rules/busy_cores.h)
  uint64_t now_us = 0;                 // wall clock; for picks by age
  std::vector<Seqno> pinned_seqnos;    // of snapshots and cursors, ascending
  Seqno history_floor = 0;             // without history: the last published seqno
  uint64_t free_bytes = UINT64_MAX;    // on disk; a plan that may not fit is postponed
};

}  // namespace lsmkit
