// What compaction may be told. All weights are key + value + 8 per record, before compression.
#pragma once

#include <cstdint>

namespace lsmkit {

// How targets of levels are set. kDynamic works back from the heaviest level, so that about 90 % of
// the data lies in the last one; kStatic multiplies down from L1. A tree that shrinks has levels
// that kDynamic no longer calls for: it drains them, as RocksDB does from 8.3 on.
// kDynamicWithoutDrain leaves them, as RocksDB did before, at the price of writing everything once
// more on its way down. RocksDB: level_compaction_dynamic_level_bytes, default true from 8.4 on.
enum class LevelSizing : uint8_t { kDynamic, kStatic, kDynamicWithoutDrain };

// Which table of a level that is too heavy goes first. RocksDB: compaction_pri.
enum class Picker : uint8_t {
  kMinOverlappingRatio,  // the one that costs least rewriting in the next level per byte moved
  kRoundRobin,           // those from the level's cursor on, until the level is below its target
  kOldestSmallestSeqno,  // whose oldest record is the oldest: what has not gone down for longest
  kOldestLargestSeqno,   // whose newest record is the oldest: the coldest
  kCompactPointer,       // LevelDB's round robin: one table, the first that ends above the cursor
};

// How many sorted runs a level holds, and how data moves on.
enum class Layout : uint8_t {
  // L0 goes to the base level as soon as it holds l0_trigger_runs; one run per level below it.
  kLeveled,
  // L0 is tiered: so many runs of about one weight are merged within it, and only when
  // l0_merged_runs of these stand does all of it go to the base level (rules/l0_tiers.h). Levels
  // below are leveled, and so few and so large that leveling pays (rules/level_targets.h).
  kHybrid,
  // Each level but the last gathers l0_trigger_runs runs, which go down as one; the last level is
  // one run.
  kLazyLeveled,
  // Every run of L0 and every filled level is one run; neighbours in age are merged. RocksDB: the
  // universal style.
  kTiered,
  // All in L0, never merged; the oldest tables are dropped. RocksDB: the FIFO style.
  kFifo,
};

// Where a merge ends one table and begins the next (rules/output_cutter.h).
enum class OutputCut : uint8_t {
  // At boundaries of the next level, between half and twice the target; about an eighth less
  // rewriting for tables of uneven size. RocksDB from 7.8 on: level_compaction_dynamic_file_size.
  kAligned,
  // At the target, and after each stretch that meets ten targets of the next level, whatever the
  // table weighs by then. LevelDB.
  kGrandparents,
  // Where tables of the deepest level begin, at the point nearest to the target, and at one and a
  // half times it: so tables of all levels come to share their bounds.
  kGrid,
  // At the target alone.
  kPlain,
};

// How filter bits are shared out (rules/filter_bits.h). RocksDB gives every level the same.
enum class FilterAllocation : uint8_t { kByLevel, kUniform };

struct CompactionOptions {
  Layout layout = Layout::kLeveled;
  unsigned level_count = 7;                       // RocksDB: num_levels, 7
  uint32_t l0_trigger_runs = 4;                   // level0_file_num_compaction_trigger, 4
  uint32_t l0_merged_runs = 4;                    // hybrid only
  uint64_t memtable_weight = uint64_t{64} << 20;  // of a flush, about; write_buffer_size, 64 MiB
  uint64_t base_weight = uint64_t{256} << 20;     // max_bytes_for_level_base, 256 MiB
  double fanout = 10;                             // max_bytes_for_level_multiplier, 10
  uint64_t table_weight = uint64_t{64} << 20;     // target_file_size_base, 64 MiB
  LevelSizing sizing = LevelSizing::kDynamic;
  Picker picker = Picker::kMinOverlappingRatio;
  OutputCut cut = OutputCut::kAligned;
  // So many parts of a job may run side by side. RocksDB: max_subcompactions, 1.
  uint32_t max_parts = 1;
  // Inputs of a merge that no other input has keys in stay as they are.
  bool pass_through = true;
  // Leveled and hybrid: a job may take two levels into a third (planner/multi_level.cc).
  bool multi_level = true;
  uint32_t filter_bits_per_key = 10;  // on average over the tree; 0: no filters
  FilterAllocation filter_allocation = FilterAllocation::kByLevel;
  // Where jobs wait for each other, few of them run side by side (planner/postpone.cc). RocksDB
  // does not ask what its jobs wait for.
  bool few_jobs_where_they_wait = true;
  // Bounds what one job takes in beyond what it must, and what the job after it will have to.
  // 0: 25 times table_weight. RocksDB: max_compaction_bytes.
  uint64_t max_compaction_weight = 0;
  // What stands in the tree / what its oldest run holds, at most; 0: tiered 3, others unbounded.
  // RocksDB, universal: max_size_amplification_percent, 200.
  double max_space_amp = 0;
  // Leveled and hybrid: when no level is due, tombstones go down if what they hide weighs this
  // share of what is rewritten for it. 0: they wait for their level's turn, as in RocksDB.
  double tombstone_gain = 0.25;
  // Tiered only. RocksDB: max_read_amp (0: l0_trigger_runs), size_ratio, min_merge_width,
  // max_merge_width (0: no bound).
  uint32_t max_runs = 0;
  uint32_t size_ratio_percent = 1;
  uint32_t min_merge_runs = 2;
  uint32_t max_merge_runs = 0;
  // Fifo only. RocksDB: max_table_files_size, ttl (0: none).
  uint64_t fifo_weight = uint64_t{1} << 30;
  uint64_t fifo_ttl_us = 0;

  // Hybrid: what L0 holds when it goes to the base level, if no key is written twice.
  uint64_t l0_batch_weight() const {
    return uint64_t{l0_merged_runs} * l0_trigger_runs * memtable_weight;
  }
  uint64_t compaction_weight_limit() const {
    return max_compaction_weight != 0 ? max_compaction_weight : 25 * table_weight;
  }
};

}  // namespace lsmkit
