#include "lsmkit/rules/merge_rules.h"

#include <algorithm>
#include <utility>

#include "lsmkit/rules/filter_bits.h"

namespace lsmkit {

Seqno elision_seqno(const MergeRules& rules) {
  if (rules.pinned_seqnos.empty()) return rules.history_floor;
  return std::min(rules.pinned_seqnos.front(), rules.history_floor);
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

}  // namespace lsmkit
