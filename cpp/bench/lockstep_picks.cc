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

// Our round robin goes on above a key, RocksDB's at one. Keys here all have one length, so that is
// the last key of this length below it.
std::string just_below(std::string key) {
  for (size_t i = key.size(); i-- > 0;) {
    auto byte = static_cast<unsigned char>(key[i]);
    key[i] = static_cast<char>(byte - 1);
    if (byte != 0) break;
  }
  return key;
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
    if (!cursors[level].empty()) edit.cursors.emplace(level, just_below(cursors[level]));
  return apply(Version(level_count), edit);
}

void PickJudge::judge(const std::vector<ForeignTable>& tables, const ForeignJob& job) {
  const Version version = version_of_foreign(tables, options_.level_count, cursors_);
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
  move_cursor(version, job);
}

// RocksDB's round robin goes on at the first key of the table that followed the last input when the
// job was chosen, in the order of the round; after the last of all, where the round began.
void PickJudge::move_cursor(const Version& version, const ForeignJob& job) {
  if (options_.picker != Picker::kRoundRobin) return;
  uint32_t input_level = job.output_level;
  for (const uint64_t number : job.inputs)
    input_level = std::min(input_level, version.find(TableNumber{number})->level);
  if (input_level == 0) return;
  std::vector<TableRef> round = version.level(input_level).runs.front().tables();
  if (cursors_.size() <= input_level) cursors_.resize(input_level + 1);
  std::string& cursor = cursors_[input_level];
  const auto first = std::find_if(round.begin(), round.end(), [&](const TableRef& table) {
    return table->smallest.key >= cursor;
  });
  if (first != round.end()) std::rotate(round.begin(), first, round.end());
  const auto taken = static_cast<size_t>(
      std::count_if(job.inputs.begin(), job.inputs.end(), [&](const uint64_t number) {
        return version.find(TableNumber{number})->level == input_level;
      }));
  cursor = round[taken < round.size() ? taken : 0]->smallest.key;
}

}  // namespace lsmkit::bench
