#include "lsmkit/rules/merge_rules.h"

#include <algorithm>
#include <utility>

#include "lsmkit/rules/filter_bits.h"

namespace lsmkit {

Seqno elision_seqno(const MergeRules& rules) {
  if (rules.pinned_seqnos.empty()) return rules.history_floor;
  return std::min(rules.pinned_seqnos.front(), rules.history_floor);
}

// Small tables are merged with their neighbours, and so is what would be left of the output small.
// What may hold droppable tombstones is read: nothing older lies below to keep them.
bool may_pass(const MergeRules& rules, const TableMeta& table,
              std::optional<std::string_view> last_key, std::optional<std::string_view> other_key,
              uint64_t open_weight) {
  const uint64_t least = rules.cut.target_weight / 2;
  if (!rules.pass_through || table.weight < least) return false;
  if (open_weight > 0 && open_weight < least) return false;
  if (last_key && *last_key >= table.smallest.key) return false;
  if (other_key && !ends_before(table, *other_key)) return false;
  for (const std::string& bound : rules.cut.part_bounds)
    if (table.smallest.key < bound && !ends_before(table, bound)) return false;
  if (table.tombstone_count == 0 || table.smallest_seqno > elision_seqno(rules)) return true;
  return std::any_of(rules.older_runs.begin(), rules.older_runs.end(), [&](const Run& run) {
    return run.overlaps(table.smallest.key, table.largest.key);
  });
}

uint64_t even_table_weight(uint64_t total, uint64_t target) {
  if (target == 0) return total + 1;
  const uint64_t tables = std::max<uint64_t>(1, total / target + (total % target > target / 2));
  return total / tables + 1;
}

MergeRules flush_rules(JobNumber job, const Version& version, uint64_t weight,
                       std::vector<Seqno> pinned_seqnos, Seqno history_floor,
                       const CompactionOptions& options) {
  MergeRules rules;
  rules.job = job;
  rules.pinned_seqnos = std::move(pinned_seqnos);
  rules.history_floor = history_floor;
  rules.older_runs.reserve(version.run_count());
  for (unsigned n = 0; n < version.level_count(); ++n)
    for (const Run& run : version.level(n).runs) rules.older_runs.push_back(run);
  rules.filter_bits_per_key = filter_bits_at(version, 0, options);
  rules.cut.target_weight = rules.cut.max_weight = even_table_weight(weight, options.table_weight);
  return rules;
}

VersionEdit flush_edit(const FlushResult& result) {
  VersionEdit edit;
  edit.reason = result.reason;
  edit.job = result.job;
  edit.flushed_seqno = result.largest_seqno;
  edit.history_floor = result.history_floor;
  for (const TableRef& table : result.tables)
    edit.added.push_back({0, result.largest_seqno, table});
  return edit;
}

void count_flush(const VersionEdit& edit, Counters& counters) {
  ++counters.flush_count;
  for (const AddedTable& added : edit.added) {
    counters.flush_file_bytes += added.table->file_bytes;
    counters.flush_weight += added.table->weight;
  }
}

}  // namespace lsmkit
