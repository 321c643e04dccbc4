// What reads look into, counted alike by an engine and by a simulation of it.
#pragma once

#include <cstdint>

namespace lsmkit {

struct ReadCounts {
  uint64_t gets = 0;  // the reads of read-modify-writes too
  uint64_t gets_found = 0;
  uint64_t tables_probed = 0;  // by gets: whose key range holds the key; the filter is asked first
  uint64_t filter_negatives = 0;  // of them, that the filter spared the get
  uint64_t false_positives = 0;   // of them, that were read in vain
  uint64_t scans = 0;
  uint64_t scanned_entries = 0;
  uint64_t runs_sought = 0;  // by scans
  // Data blocks that gets and scans asked for. Index and filter of an open table are in memory.
  uint64_t cache_hits = 0;
  uint64_t cache_misses = 0;
  uint64_t scan_blocks = 0;  // of both, those of scans

  uint64_t blocks() const { return cache_hits + cache_misses; }
  bool operator==(const ReadCounts&) const = default;
};

// What gets look into in one level.
struct LevelReadCounts {
  uint64_t tables_probed = 0;
  uint64_t filter_negatives = 0;
  uint64_t false_positives = 0;
  uint64_t answers = 0;  // values and tombstones that ended a get
  uint64_t cache_hits = 0;
  uint64_t cache_misses = 0;
};

}  // namespace lsmkit
