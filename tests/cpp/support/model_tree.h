// A whole store of vectors: the planner and the rules run it, and every read can be compared with
// the full history of what was written. Nothing here decides anything.
#pragma once

#include <algorithm>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "lsmkit/planner/plan_chosen.h"
#include "lsmkit/planner/planner.h"
#include "lsmkit/rules/flow.h"
#include "lsmkit/rules/merge_tables.h"
#include "lsmkit/version/version.h"

namespace lsmkit {

struct Record {
  std::string key;
  Seqno seqno = 0;
  Kind kind = Kind::kPut;
  std::string value;
};
using Records = std::vector<Record>;

// A Source over records in several pieces, one after the other; the tables they are of, if any.
class RecordSource {
 public:
  explicit RecordSource(std::vector<const Records*> pieces, std::vector<TableRef> tables = {})
      : pieces_(std::move(pieces)), tables_(std::move(tables)) {
    settle();
  }
  const TableRef* table_ahead() const {
    return index_ == 0 && !tables_.empty() ? &tables_[piece_] : nullptr;
  }
  void skip_table() {
    ++piece_;
    settle();
  }
  bool valid() const { return piece_ < pieces_.size(); }
  std::string_view key() const { return here().key; }
  std::string_view value() const { return here().value; }
  Seqno seqno() const { return here().seqno; }
  Kind kind() const { return here().kind; }
  void next() {
    ++index_;
    settle();
  }

 private:
  const Record& here() const { return (*pieces_[piece_])[index_]; }
  void settle() {
    while (piece_ < pieces_.size() && index_ == pieces_[piece_]->size()) ++piece_, index_ = 0;
  }

  std::vector<const Records*> pieces_;
  std::vector<TableRef> tables_;
  size_t piece_ = 0;
  size_t index_ = 0;
};

struct MergedTable {
  TableRef meta;
  Records records;
};

// A Sink that keeps everything.
class RecordSink {
 public:
  void begin_table(TableNumber number) { number_ = number; }
  void add(const Entry& e) {
    records_.push_back({std::string(e.key), e.seqno, e.kind, std::string(e.value)});
  }
  void end_table(TableMeta meta) {
    if (meta.number != number_ || records_.empty()) throw std::logic_error("a table went astray");
    meta.file_bytes = meta.weight;
    tables.push_back({std::make_shared<const TableMeta>(std::move(meta)), std::move(records_)});
    records_.clear();
  }

  std::vector<MergedTable> tables;

 private:
  TableNumber number_{};
  Records records_;
};

class ModelTree {
 public:
  ModelTree(CompactionOptions options, uint64_t memtable_weight)
      : options_(options), memtable_weight_(memtable_weight) {}

  void write(const std::string& key, std::optional<std::string> value) {
    ++last_seqno_;
    history_[key].push_back({last_seqno_, value});
    memtable_[{key, kMaxSeqno - last_seqno_}] = {
        key, last_seqno_, value ? Kind::kPut : Kind::kDelete, value.value_or("")};
    memtable_total_ += weight_of(key.size(), value ? value->size() : 0);
    if (memtable_is_full(memtable_total_, memtable_weight_)) flush();
  }

  void flush() {
    if (memtable_.empty()) return;
    Records records;
    for (auto& [order, record] : memtable_) records.push_back(record);
    std::vector<RecordSource> sources{RecordSource({&records})};
    RecordSink sink;
    FlushResult result;
    result.job = next_job_;
    next_job_ = JobNumber{static_cast<uint64_t>(next_job_) + 1};
    result.largest_seqno = last_seqno_;
    result.history_floor = floor();
    merge_tables(flush_rules(result.job, version_, memtable_total_, pins(), floor(), options_),
                 std::span<RecordSource>(sources), sink);
    for (MergedTable& table : sink.tables) result.tables.push_back(keep(std::move(table)));
    become(apply(version_, flush_edit(result)));
    memtable_.clear();
    memtable_total_ = 0;
  }

  // Plans and starts a job beside those in flight; false if nothing can be started.
  bool start_job() { return start(plan_compaction(version_, context(), options_)); }
  void start_chosen(const ChosenTables& chosen) {
    start(plan_chosen(version_, context(), options_, chosen));
  }
  RangeStep start_range(const std::optional<std::string>& begin,
                        const std::optional<std::string>& end, JobNumber first_job) {
    RangeStep step = plan_range(version_, context(), options_, begin, end, first_job);
    start(step.plan);
    return step;
  }

  // Carries out the i-th job in flight and publishes it.
  void finish_job(size_t i) {
    const CompactionPlan plan = running_.at(i);
    running_.erase(running_.begin() + static_cast<std::ptrdiff_t>(i));
    std::vector<TableRef> outputs, passed;
    if (plan.rewrites()) {
      std::vector<RecordSource> sources;
      for (const PlanInput& input : plan.inputs) {
        std::vector<const Records*> pieces;
        for (const TableRef& table : input.tables) pieces.push_back(&tables_.at(table->number));
        sources.emplace_back(std::move(pieces), input.tables);
      }
      RecordSink sink;
      passed = merge_tables(plan.merge, std::span<RecordSource>(sources), sink).passed;
      if (!plan.merge.cut.part_bounds.empty()) compare_with_parts(plan, sink, passed);
      passed_count_ += passed.size();
      for (MergedTable& table : sink.tables) outputs.push_back(keep(std::move(table)));
      for (const TableRef& table : outputs) written_weight_ += table->weight;
    }
    become(apply(version_, edit_for(plan, outputs, passed)));
  }

  // Inline: until nothing is due. Returns how many jobs ran.
  size_t settle() {
    size_t jobs = 0;
    for (; start_job(); ++jobs) finish_job(0);
    return jobs;
  }

  // As the engine reads: the newest record at or below `seqno` in the first run that has one.
  std::optional<std::string> get(const std::string& key, Seqno seqno) const {
    const auto at = memtable_.lower_bound({key, kMaxSeqno - seqno});
    if (at != memtable_.end() && at->first.first == key) return shown(at->second);
    for (unsigned n = 0; n < version_.level_count(); ++n) {
      for (const Run& run : version_.level(n).runs) {
        const TableRef table = run.first_not_before(key);
        if (!table || starts_after(*table, key)) continue;
        const Records& records = tables_.at(table->number);
        const auto found = std::lower_bound(
            records.begin(), records.end(), std::pair(key, seqno),
            [](const Record& r, const std::pair<std::string, Seqno>& wanted) {
              return compare_internal(r.key, r.seqno, wanted.first, wanted.second) < 0;
            });
        if (found != records.end() && found->key == key) return shown(*found);
      }
    }
    return std::nullopt;
  }

  // What was written: the last word on the key at that time.
  std::optional<std::string> expected(const std::string& key, Seqno seqno) const {
    const auto at = history_.find(key);
    std::optional<std::string> value;
    if (at == history_.end()) return value;
    for (const auto& [when, what] : at->second)
      if (when <= seqno) value = what;
    return value;
  }

  // The first key that reads differently from what was written, at `seqno`; none: empty.
  std::optional<std::string> first_difference(Seqno seqno) const {
    for (const auto& [key, writes] : history_)
      if (get(key, seqno) != expected(key, seqno)) return key;
    return std::nullopt;
  }

  Seqno snapshot() {
    pins_[last_seqno_]++;
    return last_seqno_;
  }
  void release(Seqno seqno) {
    if (--pins_.at(seqno) == 0) pins_.erase(seqno);
  }
  std::vector<Seqno> pins() const {
    std::vector<Seqno> all;
    for (const auto& [seqno, count] : pins_) all.push_back(seqno);
    return all;
  }
  // 0: no history is kept; else reads up to that many commits back are served.
  void keep_history(Seqno commits) { history_commits_ = commits; }
  Seqno floor() const {
    return history_commits_ == 0            ? last_seqno_
           : last_seqno_ > history_commits_ ? last_seqno_ - history_commits_
                                            : 0;
  }

  // Jobs in flight go on as they were planned.
  void set_options(const CompactionOptions& options) { options_ = options; }
  const Version& version() const { return version_; }
  const CompactionOptions& options() const { return options_; }
  Seqno last_seqno() const { return last_seqno_; }
  JobNumber next_job() const { return next_job_; }
  size_t running() const { return running_.size(); }
  size_t key_count() const { return history_.size(); }
  // Jobs that were run in parts as well, and how many parts these had at most.
  size_t jobs_in_parts() const { return jobs_in_parts_; }
  size_t most_parts() const { return most_parts_; }
  size_t passed_count() const { return passed_count_; }
  uint64_t written_weight() const { return written_weight_; }
  const std::map<EditReason, size_t>& plans() const { return plans_; }
  const Records& records(TableNumber number) const { return tables_.at(number); }
  std::vector<TableNumber>& damaged() { return damaged_; }

 private:
  PlanContext context() const {
    PlanContext context;
    context.job = next_job_;
    for (const CompactionPlan& plan : running_) context.in_flight.push_back(job_in_flight(plan));
    context.damaged = damaged_;
    context.pinned_seqnos = pins();
    context.history_floor = floor();
    return context;
  }

  // Every part by itself, as threads would run them: the same tables, record for record.
  void compare_with_parts(const CompactionPlan& plan, const RecordSink& whole,
                          const std::vector<TableRef>& passed) {
    std::vector<std::string> bounds = plan.merge.cut.part_bounds;
    ++jobs_in_parts_;
    most_parts_ = std::max(most_parts_, bounds.size() + 1);
    bounds.insert(bounds.begin(), "");
    std::vector<MergeCounts> counts;
    RecordSink sink;
    MergeRules rules = plan.merge;
    rules.input_entry_count.reset();
    for (size_t part = 0; part < bounds.size(); ++part) {
      const auto inside = [&](const Record& r) {
        return r.key >= bounds[part] && (part + 1 == bounds.size() || r.key < bounds[part + 1]);
      };
      std::list<Records> pieces;
      std::vector<RecordSource> sources;
      for (const PlanInput& input : plan.inputs) {
        std::vector<const Records*> of_input;
        for (const TableRef& table : input.tables) {
          Records& piece = pieces.emplace_back();
          for (const Record& r : tables_.at(table->number))
            if (inside(r)) piece.push_back(r);
          of_input.push_back(&piece);
        }
        sources.emplace_back(std::move(of_input), input.tables);
      }
      counts.push_back(merge_tables(rules, std::span<RecordSource>(sources), sink));
    }
    const MergeCounts sum = total(counts);
    check_balance(sum, plan.merge);
    if (sum.passed != passed || sink.tables.size() != whole.tables.size())
      throw std::logic_error("parts made other tables than the whole");
    for (size_t i = 0; i < sink.tables.size(); ++i)
      if (*sink.tables[i].meta != *whole.tables[i].meta)
        throw std::logic_error("a part made " + to_text(*sink.tables[i].meta) + " for " +
                               to_text(*whole.tables[i].meta));
  }

  bool start(const std::optional<CompactionPlan>& plan) {
    if (!plan) return false;
    if (plan->job != next_job_) throw std::logic_error("a plan took another job's number");
    next_job_ = JobNumber{static_cast<uint64_t>(next_job_) + 1};
    ++plans_[plan->reason];
    running_.push_back(*plan);
    return true;
  }

  TableRef keep(MergedTable table) {
    tables_[table.meta->number] = std::move(table.records);
    return table.meta;
  }

  // Tables that no longer stand are forgotten, so a plan that still needs one fails loudly.
  void become(Version version) {
    version_ = std::move(version);
    version_.check_invariants();
    std::erase_if(tables_,
                  [&](const auto& entry) { return !version_.find(entry.first).has_value(); });
  }

  static std::optional<std::string> shown(const Record& record) {
    if (record.kind == Kind::kDelete) return std::nullopt;
    return record.value;
  }

  CompactionOptions options_;
  const uint64_t memtable_weight_;
  std::map<std::pair<std::string, Seqno>, Record> memtable_;  // key, then newest first
  uint64_t memtable_total_ = 0;
  std::map<std::string, std::vector<std::pair<Seqno, std::optional<std::string>>>> history_;
  std::map<TableNumber, Records> tables_;
  Version version_;
  std::vector<CompactionPlan> running_;
  std::vector<TableNumber> damaged_;
  std::map<Seqno, size_t> pins_;
  Seqno last_seqno_ = 0;
  Seqno history_commits_ = 0;
  JobNumber next_job_{1};
  uint64_t written_weight_ = 0;
  size_t passed_count_ = 0;
  size_t jobs_in_parts_ = 0;
  size_t most_parts_ = 0;
  std::map<EditReason, size_t> plans_;
};

}  // namespace lsmkit
