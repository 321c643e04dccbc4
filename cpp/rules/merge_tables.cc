#include "lsmkit/rules/merge_tables.h"

namespace lsmkit {

MergeCounts total(std::span<const MergeCounts> parts) {
  MergeCounts sum;
  for (const MergeCounts& part : parts) {
    sum.in_entries += part.in_entries;
    sum.out_entries += part.out_entries;
    sum.dropped_entries += part.dropped_entries;
    sum.dropped_tombstones += part.dropped_tombstones;
    sum.zeroed_seqnos += part.zeroed_seqnos;
    sum.table_count += part.table_count;
    sum.passed.insert(sum.passed.end(), part.passed.begin(), part.passed.end());
  }
  return sum;
}

void check_balance(const MergeCounts& counts, const MergeRules& rules) {
  if (counts.in_entries != counts.out_entries + counts.dropped_entries)
    throw std::logic_error("a merge took " + std::to_string(counts.in_entries) +
                           " records, wrote " + std::to_string(counts.out_entries) +
                           " and dropped " + std::to_string(counts.dropped_entries));
  uint64_t seen = counts.in_entries;
  for (const TableRef& table : counts.passed) seen += table->entry_count;
  if (rules.input_entry_count && seen != *rules.input_entry_count)
    throw std::logic_error("a merge read " + std::to_string(seen) +
                           " records of tables that hold " +
                           std::to_string(*rules.input_entry_count));
}

}  // namespace lsmkit
