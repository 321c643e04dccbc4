#include "lsmkit/sim/exact_tree.h"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>

#include "lsmkit/bytes/error.h"
#include "lsmkit/planner/plan_chosen.h"
#include "lsmkit/rules/flow.h"

namespace lsmkit {

ExactTree::ExactTree(std::shared_ptr<const KeyUniverse> keys, const CompactionOptions& options)
    : keys_(std::move(keys)), options_(options), newest_(keys_->size()) {}

// ---- Writing.

void ExactTree::put(KeyRank rank, uint32_t value_bytes) {
  const SimWrite one{rank, Kind::kPut, value_bytes};
  write({&one, 1});
}

void ExactTree::remove(KeyRank rank) {
  const SimWrite one{rank, Kind::kDelete, 0};
  write({&one, 1});
}

void ExactTree::write(std::span<const SimWrite> commit) {
  if (commit.empty()) return;
  for (const SimWrite& write : commit) {
    if (write.rank >= keys_->size())
      throw InvalidArgument("key " + std::to_string(write.rank) + " of " +
                            std::to_string(keys_->size()) + " keys is written");
    if (write.kind != Kind::kPut && write.kind != Kind::kDelete)
      throw NotSupported("only puts and deletes can be simulated");
    if (write.value_bytes > kMaxValueBytes)
      throw InvalidArgument("a value of " + std::to_string(write.value_bytes) + " bytes; at most " +
                            std::to_string(kMaxValueBytes) + " are allowed");
  }
  ++last_seqno_;
  if (commit.size() == 1) {
    count_user_write(commit.front());
    insert(commit.front());
  } else {
    std::map<KeyRank, const SimWrite*> last_words;
    for (const SimWrite& write : commit) {
      count_user_write(write);
      last_words[write.rank] = &write;
    }
    for (const auto& [rank, write] : last_words) insert(*write);
  }
  if (!memtable_is_full(memtable_weight_, options_.memtable_weight)) return;
  flush();
}

void ExactTree::count_user_write(const SimWrite& write) {
  const size_t key_bytes = keys_->key_bytes(write.rank);
  const bool is_delete = write.kind == Kind::kDelete;
  const uint32_t value_bytes = is_delete ? 0 : write.value_bytes;
  ++(is_delete ? counters_.deletes : counters_.puts);
  counters_.user_key_bytes += key_bytes;
  counters_.user_value_bytes += value_bytes;
  counters_.user_weight += weight_of(key_bytes, value_bytes);
}

void ExactTree::insert(const SimWrite& write) {
  const bool is_delete = write.kind == Kind::kDelete;
  const uint32_t value_bytes = is_delete ? 0 : write.value_bytes;
  const size_t key_bytes = keys_->key_bytes(write.rank);
  memtable_.push_back({write.rank, last_seqno_, write.kind, value_bytes});
  memtable_weight_ += weight_of(key_bytes, value_bytes);

  Newest& newest = newest_[write.rank];
  if (newest.is_live()) {
    --live_keys_;
    live_weight_ -= weight_of(key_bytes, newest.value_bytes);
  }
  newest = {last_seqno_, value_bytes, is_delete};
  if (newest.is_live()) {
    ++live_keys_;
    live_weight_ += weight_of(key_bytes, value_bytes);
  }
}

Seqno ExactTree::pin() {
  pins_.insert(last_seqno_);
  return last_seqno_;
}

void ExactTree::unpin(Seqno seqno) {
  const auto pin = pins_.find(seqno);
  if (pin == pins_.end())
    throw InvalidArgument("nothing is pinned at seqno " + std::to_string(seqno));
  pins_.erase(pin);
}

// ---- Background work, which an inline engine does before the write returns.

void ExactTree::flush() {
  if (!memtable_.empty()) flush_memtable();
  for (uint64_t plans = 0; const auto plan = planner_(version_, context(), options_); ++plans) {
    if (own_planner_) check_comes_to_rest(plans);
    carry_out(*plan);
  }
}

void ExactTree::compact_range(const std::optional<std::string>& begin,
                              const std::optional<std::string>& end) {
  flush();
  const JobNumber first_job{next_job_};
  for (;;) {
    const RangeStep step = plan_range(version_, context(), options_, begin, end, first_job);
    if (step.done) return;
    carry_out(step.plan.value());  // nothing is in flight that could block it
  }
}

PlanContext ExactTree::context() const {
  PlanContext context;
  context.job = JobNumber{next_job_};
  context.now_us = now_us_;
  context.pinned_seqnos = pinned_seqnos();
  context.history_floor = last_seqno_;
  return context;
}

std::vector<Seqno> ExactTree::pinned_seqnos() const {
  std::vector<Seqno> out(pins_.begin(), pins_.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

void ExactTree::flush_memtable() {
  std::sort(memtable_.begin(), memtable_.end(), [](const Record& a, const Record& b) {
    return a.key != b.key ? a.key < b.key : a.seqno > b.seqno;
  });
  auto sorted = std::make_shared<Records>();
  for (const Record& record : memtable_) sorted->push_back(record);

  const JobNumber job{next_job_++};
  const MergeRules rules =
      flush_rules(job, version_, memtable_weight_, pinned_seqnos(), last_seqno_, options_);
  std::vector<RecordSource> sources;
  sources.emplace_back(*keys_, std::vector<const Records*>{sorted.get()}, nullptr);
  RecordSink sink(now_us_);
  const MergeCounts counts = merge_tables(rules, std::span(sources), sink);
  VersionEdit edit = flush_edit({.job = job,
                                 .largest_seqno = last_seqno_,
                                 .history_floor = last_seqno_,
                                 .tables = keep(sink),
                                 .reason = EditReason::kFlush});
  count_flush(edit, counters_);
  memtable_.clear();
  memtable_weight_ = 0;
  publish(edit, EventKind::kFlush, counts);
}

void ExactTree::carry_out(const CompactionPlan& plan) {
  ++next_job_;
  MergeCounts counts;
  std::vector<TableRef> outputs;
  if (plan.rewrites()) {
    std::vector<RecordSource> sources;
    for (const PlanInput& input : plan.inputs) {
      std::vector<const Records*> tables;
      for (const TableRef& table : input.tables)
        tables.push_back(contents_.at(table->number).get());
      sources.emplace_back(*keys_, std::move(tables), &input.tables);
    }
    RecordSink sink(now_us_);
    counts = merge_tables(plan.merge, std::span(sources), sink);
    merged_records_ += counts.in_entries;
    outputs = keep(sink);
  } else if (plan.drop) {
    counts.in_entries = counts.dropped_entries = plan.merge.input_entry_count.value_or(0);
  }
  const VersionEdit edit = edit_for(plan, outputs, counts.passed);
  count_compaction(plan, outputs, counts.passed, counts.dropped_entries, counters_);
  publish(edit, plan.trivial_move ? EventKind::kTrivialMove : EventKind::kCompaction, counts);
}

std::vector<TableRef> ExactTree::keep(RecordSink& sink) {
  std::vector<TableRef> out;
  for (RecordTable& table : sink.tables) {
    contents_[table.meta->number] = std::move(table.records);
    out.push_back(std::move(table.meta));
  }
  return out;
}

void ExactTree::publish(const VersionEdit& edit, EventKind kind, const MergeCounts& counts) {
  Event event;
  if (observer_) event = event_of(edit, version_);
  version_ = apply(version_, edit);
  for (const RemovedTable& removed : edit.removed)
    if (!version_.find(removed.number)) contents_.erase(removed.number);
  if (!observer_) return;
  event.kind = kind;
  event.time_us = event.wall_us = now_us_;
  event.last_seqno = last_seqno_;
  event.in_entries = counts.in_entries;
  event.out_entries = counts.out_entries;
  event.dropped_entries = counts.dropped_entries;
  event.counters = counters_;
  observer_(event);
}

// ---- Checks.

namespace {

std::string text_of(const Record& record) {
  return (record.kind == Kind::kDelete ? "delete" : std::to_string(record.value_bytes) + " B") +
         " at seqno " + std::to_string(record.seqno);
}

}  // namespace

// Every place that may hold the key, newest first, until `f` returns true.
void ExactTree::for_each_record(
    KeyRank rank, const std::function<bool(const std::string& where, const Record&)>& f) const {
  std::vector<Record> fresh;
  for (const Record& record : memtable_)
    if (record.key == rank) fresh.push_back(record);
  std::sort(fresh.begin(), fresh.end(),
            [](const Record& a, const Record& b) { return a.seqno > b.seqno; });
  for (const Record& record : fresh)
    if (f("the memtable", record)) return;
  const std::string_view key = keys_->key(rank);
  for (unsigned n = 0; n < version_.level_count(); ++n) {
    for (const Run& run : version_.level(n).runs) {
      for (const TableRef& table : run.overlapping(key, key)) {
        const Records& records = *contents_.at(table->number);
        for (size_t i = records.first_of(rank); i < records.size() && records.rank(i) == rank; ++i)
          if (f("L" + std::to_string(n) + " " + to_text(table->number), records[i])) return;
      }
    }
  }
}

void ExactTree::check_contents() const {
  for (uint64_t i = 0; i < newest_.size(); ++i) {
    const KeyRank rank = static_cast<KeyRank>(i);
    std::optional<Record> found;
    for_each_record(rank, [&](const std::string&, const Record& record) {
      found = record;
      return true;
    });
    const Newest& newest = newest_[rank];
    if (!found && options_.layout == Layout::kFifo) continue;  // grown old, and dropped
    const bool live = found && found->kind == Kind::kPut;
    const bool same_seqno = !found || found->seqno == newest.seqno || found->seqno == 0;
    if (live == newest.is_live() && same_seqno &&
        (!live || found->value_bytes == newest.value_bytes))
      continue;
    std::string text =
        "key '" + std::string(keys_->key(rank)) + "' was last written as " +
        (newest.seqno == 0
             ? "nothing"
             : text_of({rank, newest.seqno, newest.deleted ? Kind::kDelete : Kind::kPut,
                        newest.value_bytes})) +
        "; the simulated tree holds";
    bool any = false;
    for_each_record(rank, [&](const std::string& where, const Record& record) {
      text += (any ? ", " : " ") + text_of(record) + " in " + where;
      any = true;
      return false;
    });
    throw std::logic_error(text + (any ? "" : " nothing of it"));
  }
}

}  // namespace lsmkit
