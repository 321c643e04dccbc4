// Our planner, asked what it would choose among another store's tables.
#include "lockstep_picks.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <stdexcept>

namespace lsmkit::bench {
namespace {

TableRef table_of(const ForeignTable& table) {
  TableMeta meta;
  meta.number = TableNumber{table.number};
  meta.smallest.key = table.smallest;
  meta.largest.key = table.largest;
  meta.weight = meta.file_bytes = table.bytes;
  meta.entry_count = table.entries;
  meta.tombstone_count = table.tombstones;
  meta.smallest_seqno = table.smallest_seqno;
  meta.largest_seqno = table.largest_seqno;
  return std::make_shared<const TableMeta>(std::move(meta));
}

ForeignJob job_of(const CompactionPlan& plan) {
  ForeignJob job;
  job.output_level = plan.output_level;
  for (const PlanInput& input : plan.inputs)
    for (const TableRef& table : input.tables)
      job.inputs.push_back(static_cast<uint64_t>(table->number));
  return job;
}

std::string text_of(const Version& version, const ForeignJob& job) {
  std::vector<std::string> inputs;
  for (const uint64_t number : job.inputs) {
    const auto place = version.find(TableNumber{number});
    if (!place) throw std::logic_error("an input that is not a live table");
    inputs.push_back("L" + std::to_string(place->level) + " #" + std::to_string(number) + " ");
  }
  std::sort(inputs.begin(), inputs.end());
  std::string out;
  for (const std::string& input : inputs) out += input;
  return out + "into L" + std::to_string(job.output_level);
}

}  // namespace

Version version_of_foreign(const std::vector<ForeignTable>& tables, unsigned level_count,
                           const std::vector<std::string>& cursors) {
  VersionEdit edit;
  for (const ForeignTable& table : tables)
    edit.added.push_back(
        {table.level, table.level == 0 ? RunId{table.largest_seqno} : RunId{0}, table_of(table)});
  for (uint32_t level = 0; level < cursors.size(); ++level)
    if (!cursors[level].empty()) edit.cursors.emplace(level, cursors[level]);
  return apply(Version(level_count), edit);
}

void PickJudge::judge(const std::vector<ForeignTable>& tables, const ForeignJob& job,
                      const std::vector<std::string>& cursors) {
  const Version version = version_of_foreign(tables, options_.level_count, cursors);
  PlanContext context;
  context.history_floor = kMaxSeqno;
  const auto plan = planner_(version, context, options_);
  const std::string theirs = text_of(version, job);
  const std::string ours = plan ? text_of(version, job_of(*plan)) : "nothing";
  ++tally_.jobs;
  if (ours == theirs) {
    ++tally_.same;
  } else if (tally_.differences.size() < differences_kept_) {
    tally_.differences.push_back("job " + std::to_string(tally_.jobs) + "\n  theirs: " + theirs +
                                 "\n  ours:   " + ours + "\n" +
                                 (plan ? explain(*plan) : std::string()) + to_text(version));
  }
}

}  // namespace lsmkit::bench
