// The few things that can be set, each with a default that works. Python's Options has the same
// names; `lsmkit.Options` documents them with their RocksDB names.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lsmkit {

// How much may be lost in a power loss: at most `commits - 1` acknowledged commits, or what was
// acknowledged in the last `ms` milliseconds, whichever is less. 0 means no such bound.
struct SyncMode {
  uint32_t commits = 0;
  uint32_t ms = 0;
  bool operator==(const SyncMode&) const = default;
};
// "always" (1, 0) · "every(n)" · "interval(ms)" · "hybrid(n, ms)" · "none"
std::string to_text(SyncMode mode);

struct Options {
  // Stored in the directory.
  SyncMode sync{0, 1000};
  uint64_t memtable_bytes = 64 << 20;          // weight at which a memtable is sealed
  uint64_t table_bytes = 64 << 20;             // target weight of a table
  uint64_t block_bytes = 4096;                 // target size of a data block before compression
  uint32_t restart_interval = 16;              // entries between full keys in a data block
  uint32_t filter_bits_per_key = 10;           // on average; 0: no filters
  std::string filter_allocation = "by_level";  // or "uniform"
  std::string compression = "zstd";            // "zstd" or "none"
  // zstd's level by level of the tree, 0 for raw; deeper levels take the last one.
  std::vector<int32_t> compression_levels{0, 0, 1};
  uint64_t compression_dictionary_bytes = 0;  // of each table's trained dictionary; 0: none
  // "hybrid", "leveled", "lazy_leveled", "tiered" or "fifo"
  std::string layout = "hybrid";
  uint32_t level_count = 7;
  uint32_t l0_trigger_runs = 4;
  uint32_t l0_merged_runs = 4;      // hybrid: so many merged ones before L0 goes to the base level
  uint64_t base_bytes = 256 << 20;  // target weight of the base level
  double fanout = 7;                // weight ratio of neighbouring levels
  std::string level_sizing = "dynamic";  // or "static", "dynamic_without_drain"
  std::string picker = "round_robin";    // or "min_overlapping_ratio"
  std::string cut = "aligned";           // or "grandparents", "grid", "plain": where tables end
  uint32_t max_parts = 1;                // of a compaction, side by side
  bool pass_through = true;              // tables that a merge doesn't touch stay as they are
  bool multi_level = true;               // a job may take two levels into a third
  double max_space_amp = 0;              // weight in the tree / its oldest run; 0: the layout's own
  double tombstone_gain = 0.25;     // what tombstones hide / what is rewritten for it; 0: never
  uint32_t max_runs = 0;            // tiered; 0: l0_trigger_runs
  uint32_t size_ratio_percent = 1;  // tiered
  uint32_t min_merge_runs = 2;      // tiered
  uint32_t max_merge_runs = 0;      // tiered; 0: no bound
  uint64_t fifo_bytes = 1 << 30;    // fifo: weight above which the oldest tables are dropped
  uint64_t fifo_ttl_s = 0;          // fifo: age at which they are; 0: none
  uint64_t stall_timeout_ms = 30'000;
  std::string flow = "smooth";  // or "rocksdb", whose rule the next six belong to
  uint32_t max_memtables = 2;   // sealed ones at which writes stop
  uint32_t l0_slowdown_runs = 20;
  uint32_t l0_stop_runs = 36;
  uint64_t soft_pending_bytes = uint64_t{64}
                                << 30;  // weight that compaction has to rewrite; 0: any
  uint64_t hard_pending_bytes = uint64_t{256} << 30;
  uint64_t delayed_bytes_per_s = 16 << 20;  // that a delay begins with

  // Belong to one open and are not stored.
  bool create = true;
  uint64_t cache_bytes = 64 << 20;
  uint64_t memory_bytes = 512 << 20;
  std::string background = "threads";  // or "inline"
  uint32_t threads = 2;
  uint64_t background_bytes_per_s = 0;  // that flushes and compactions write; 0: no bound

  bool operator==(const Options&) const = default;

  // Throws InvalidArgument naming the option, what was wrong and what would do.
  void validate() const;
  // What writing needs: a memtable that is written, one that is flushed.
  uint64_t least_memtable_room() const { return 2 * memtable_bytes; }
};

// One option by name, from text. Throws InvalidArgument for an unknown name or a value that can't
// be.
void set_option(Options& options, std::string_view name, std::string_view text);
// Every option as text by name (numbers in decimal, "true"/"false"); set_option takes each back.
std::map<std::string, std::string> to_map(const Options& options);
bool is_stored_option(std::string_view name);
// The stored options as "name=value\n" lines, and back; unknown names are errors.
std::string to_stored_text(const Options& options);
void set_stored_options(Options& options, std::string_view text);

}  // namespace lsmkit
