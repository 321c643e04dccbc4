#include "lsmkit/twin/read_options_of.h"

namespace lsmkit {

ReadOptions read_options_of(const Options& options) {
  return {.block = {options.block_bytes, options.restart_interval},
          .cache_bytes = options.cache_bytes};
}

ReadCounts read_counts_of(const EngineStats& stats) {
  ReadCounts counts;
  counts.gets = stats.gets;
  counts.gets_found = stats.gets_found;
  counts.tables_probed = stats.tables_probed;
  counts.filter_negatives = stats.filter_negatives;
  counts.false_positives = stats.false_positives;
  counts.cache_hits = stats.cache_hits;
  counts.cache_misses = stats.cache_misses;
  return counts;
}

}  // namespace lsmkit
