// Our merge of another store's inputs, held against what the store made of them.
#include "lockstep_outputs.h"

#include <algorithm>
#include <utility>

#include "lsmkit/planner/plan_chosen.h"
#include "lsmkit/rules/merge_tables.h"
#include "lsmkit/sim/record_merge.h"

namespace lsmkit::bench {
namespace {

std::string text_of(const std::vector<uint64_t>& numbers) {
  std::string out;
  for (const uint64_t n : numbers) out += " " + std::to_string(n);
  return out;
}

}  // namespace

OutputJudge::Contents OutputJudge::contents_of(const std::vector<SimRecord>& records, size_t begin,
                                               size_t end) const {
  Contents contents;
  auto columns = std::make_shared<Records>();
  for (size_t i = begin; i < end; ++i) {
    columns->push_back(records[i]);
    contents.weight += weight_of(keys_->key_bytes(records[i].key), records[i].value_bytes);
  }
  contents.records = std::move(columns);
  return contents;
}

void OutputJudge::wrote(std::string_view key, bool is_delete, uint32_t value_bytes) {
  memtable_.push_back({keys_->rank_of(key).value(), ++last_seqno_,
                       is_delete ? Kind::kDelete : Kind::kPut, is_delete ? 0 : value_bytes});
}

void OutputJudge::flushed(uint64_t number) {
  if (contents_.contains(number)) return;
  std::sort(memtable_.begin(), memtable_.end(), [](const SimRecord& a, const SimRecord& b) {
    return a.key != b.key ? a.key < b.key : a.seqno > b.seqno;
  });
  const auto same_key = [](const SimRecord& a, const SimRecord& b) { return a.key == b.key; };
  memtable_.erase(std::unique(memtable_.begin(), memtable_.end(), same_key), memtable_.end());
  contents_[number] = contents_of(memtable_, 0, memtable_.size());
  memtable_.clear();
}

void OutputJudge::meet(const std::vector<ForeignTable>& tables) {
  for (const ForeignTable& table : tables)
    if (table.level == 0) flushed(table.number);
}

std::optional<Seqno> OutputJudge::newest_in(uint64_t number, std::string_view key) const {
  const Records& records = *contents_.at(number).records;
  const KeyRank rank = keys_->rank_of(key).value();
  const size_t first = records.first_of(rank);
  if (first == records.size() || records.rank(first) != rank) return std::nullopt;
  return records.seqno(first);
}

CompactionPlan OutputJudge::plan_of(const std::vector<ForeignTable>& tables, const ForeignJob& job,
                                    const std::vector<std::string>& cursors) const {
  std::vector<ForeignTable> weighed = tables;
  for (ForeignTable& table : weighed) table.bytes = contents_.at(table.number).weight;
  PlanContext context;
  context.history_floor = last_seqno_;
  ChosenTables chosen;
  for (const uint64_t number : job.inputs) chosen.inputs.push_back(TableNumber{number});
  chosen.output_level = job.output_level;
  return plan_chosen(version_of_foreign(weighed, options_.level_count, cursors), context, options_,
                     chosen);
}

void OutputJudge::begin(const std::vector<ForeignTable>& tables, const ForeignJob& job,
                        const std::vector<std::string>& cursors) {
  meet(tables);
  const CompactionPlan plan = plan_of(tables, job, cursors);
  std::vector<RecordSource> sources;
  for (const PlanInput& input : plan.inputs) {
    std::vector<const Records*> records;
    for (const TableRef& table : input.tables) {
      const Records& here = *contents_.at(static_cast<uint64_t>(table->number)).records;
      if (here.size() > 0) records.push_back(&here);
    }
    sources.emplace_back(*keys_, std::move(records), nullptr);
  }
  MergeRules rules = plan.merge;
  rules.input_entry_count.reset();  // as the store says
  RecordSink sink(*keys_, {}, 0);
  merge_tables(rules, std::span<RecordSource>(sources), sink);
  ends_.clear();
  merged_.clear();
  for (const RecordTable& table : sink.tables) {
    for (size_t i = 0; i < table.records->size(); ++i) merged_.push_back((*table.records)[i]);
    ends_.push_back(merged_.size());
  }
  job_text_ = "job " + std::to_string(tally_.jobs + 1) + " into L" +
              std::to_string(job.output_level) + " of " + std::to_string(job.inputs.size()) +
              " tables, " + std::to_string(plan.merge.cut.next_run.table_count()) + " below";
}

void OutputJudge::end(const std::vector<ForeignTable>& tables) {
  const std::vector<ForeignTable> outputs = new_tables(tables);
  if (outputs.empty()) return;  // moved, or nothing was left
  ++tally_.jobs;
  adopt(outputs);
  compare_cuts(outputs);
}

// In key order; what no longer stands is forgotten.
std::vector<ForeignTable> OutputJudge::new_tables(const std::vector<ForeignTable>& tables) {
  std::vector<ForeignTable> out;
  std::map<uint64_t, Contents> stand;
  for (const ForeignTable& table : tables) {
    const auto known = contents_.find(table.number);
    if (known == contents_.end())
      out.push_back(table);
    else
      stand.insert(*known);
  }
  contents_ = std::move(stand);
  std::sort(out.begin(), out.end(),
            [](const ForeignTable& a, const ForeignTable& b) { return a.smallest < b.smallest; });
  return out;
}

// The store's tables hold what ours made, cut as the store did. (Where it left other records than
// ours would, a few are missing or too many from then on, and later jobs say so.)
void OutputJudge::adopt(const std::vector<ForeignTable>& outputs) {
  size_t begin = 0;
  bool same = true;
  for (const ForeignTable& table : outputs) {
    size_t end = begin;
    Seqno smallest = kMaxSeqno, largest = 0;
    for (; end < merged_.size() && keys_->key(merged_[end].key) <= table.largest; ++end) {
      smallest = std::min(smallest, merged_[end].seqno);
      largest = std::max(largest, merged_[end].seqno);
    }
    same = same && end > begin && end - begin == table.entries &&
           keys_->key(merged_[begin].key) == table.smallest &&
           keys_->key(merged_[end - 1].key) == table.largest && smallest == table.smallest_seqno &&
           largest == table.largest_seqno;
    contents_[table.number] = contents_of(merged_, begin, end);
    begin = end;
  }
  tally_.same_records += same && begin == merged_.size();
}

void OutputJudge::compare_cuts(const std::vector<ForeignTable>& outputs) {
  std::vector<uint64_t> theirs;
  for (const ForeignTable& table : outputs)
    theirs.push_back((theirs.empty() ? 0 : theirs.back()) + table.entries);
  tally_.our_tables += ends_.size();
  tally_.their_tables += theirs.size();
  const bool so_many = ends_.size() == theirs.size();
  const bool alike =
      so_many &&
      std::equal(ends_.begin(), ends_.end(), theirs.begin(), [&](uint64_t a, uint64_t b) {
        return std::max(a, b) - std::min(a, b) <= near_entries_;
      });
  tally_.same_tables += so_many;
  tally_.same_cuts += alike;
  if (!alike && tally_.differences.size() < differences_kept_)
    tally_.differences.push_back(job_text_ + "\n  theirs:" + text_of(theirs) +
                                 "\n  ours:  " + text_of(ends_));
}

}  // namespace lsmkit::bench
