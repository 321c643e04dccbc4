// Flushes and compactions of the exact simulator. A job's merge is done when it begins, and seen
// when it ends: between the two nothing can change what comes out of it.
#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

#include "lsmkit/planner/plan_chosen.h"
#include "lsmkit/sim/exact_tree.h"
#include "lsmkit/sim/job_cost.h"

namespace lsmkit {
namespace {

std::vector<TableRef> metas_of(const std::vector<RecordTable>& tables) {
  std::vector<TableRef> out;
  for (const RecordTable& table : tables) out.push_back(table.meta);
  return out;
}

// In internal order. They come in order of writing, so the later is the newer. Sorted by digits of
// the rank, the least first, each time keeping the order of equals.
Records sorted_records(const std::vector<SimRecord>& written, uint64_t rank_count) {
  constexpr unsigned kDigitBits = 11;
  std::vector<SimRecord> from(written.rbegin(), written.rend()), to(written.size());
  for (unsigned shift = 0; rank_count >> shift > 0; shift += kDigitBits) {
    std::array<size_t, (1 << kDigitBits) + 1> ends{};  // of the digit before
    const auto digit = [shift](const SimRecord& r) {
      return r.key >> shift & ((1 << kDigitBits) - 1);
    };
    for (const SimRecord& record : from) ++ends[digit(record) + 1];
    std::partial_sum(ends.begin(), ends.end(), ends.begin());
    for (const SimRecord& record : from) to[ends[digit(record)]++] = record;
    from.swap(to);
  }
  Records out;
  for (const SimRecord& record : from) out.push_back(record);
  return out;
}

// Tables that pass are neither read nor written.
JobCost cost_of(const CompactionPlan& plan, const SimJob& job) {
  JobCost cost = cost_of_inputs(plan, job.counts.passed);
  if (!plan.rewrites()) return cost;
  cost.in_records = job.counts.in_entries;
  cost.parts = static_cast<uint32_t>(plan.merge.cut.part_bounds.size()) + 1;
  add_outputs(cost, metas_of(job.outputs));
  return cost;
}

}  // namespace

// ---- In lock-step: as an inline engine does before the write returns.

void ExactTree::flush() {
  if (!memtable_.records.empty()) seal();
  while (!sealed_.empty()) finish(begin_flush());
  for (uint64_t jobs = 0; auto job = begin_compaction(1); ++jobs) {
    if (own_planner_) check_comes_to_rest(jobs);
    finish(std::move(*job));
  }
}

void ExactTree::compact_range(const std::optional<std::string>& begin_key,
                              const std::optional<std::string>& end_key) {
  flush();
  const JobNumber first_job{next_job_};
  for (;;) {
    RangeStep step = plan_range(version_, context(1), options_, begin_key, end_key, first_job);
    if (step.done) return;
    finish(begin(std::move(step.plan.value())));  // nothing is in flight that could block it
  }
}

// ---- Jobs.

PlanContext ExactTree::context(unsigned free_slots) const {
  PlanContext context;
  context.job = JobNumber{next_job_};
  context.in_flight = in_flight_;
  context.free_slots = free_slots;
  context.sealed_memtables = sealed_.size();
  context.now_us = wall_us();
  context.pinned_seqnos = pinned_seqnos();
  context.history_floor = last_seqno_;
  return context;
}

std::vector<Seqno> ExactTree::pinned_seqnos() const {
  std::vector<Seqno> out(pins_.begin(), pins_.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

RecordSink ExactTree::sink_for(uint32_t level, const MergeRules& rules) const {
  std::optional<TableShape> shape;
  if (files_) shape = files_->shape_at(level, rules.filter_bits_per_key, wall_us());
  return {*keys_, std::move(shape), wall_us()};
}

void ExactTree::seal() {
  newest();
  taken_ = 0;
  sealed_weight_ += memtable_.weight;
  sealed_.push_back(std::exchange(memtable_, {}));
}

SimJob ExactTree::begin_flush() {
  SimJob job;
  job.kind = EventKind::kFlush;
  job.number = JobNumber{next_job_++};
  job.begin_us = now_us_;

  const Memtable& memtable = sealed_.front();
  const Records sorted = sorted_records(memtable.records, keys_->size());
  const MergeRules rules =
      flush_rules(job.number, version_, memtable.weight, pinned_seqnos(), last_seqno_, options_);
  std::vector<RecordSource> sources;
  sources.emplace_back(*keys_, std::vector<const Records*>{&sorted}, nullptr);
  RecordSink sink = sink_for(0, rules);
  job.counts = merge_tables(rules, std::span(sources), sink);
  job.outputs = std::move(sink.tables);
  job.filter_bits_per_key = rules.filter_bits_per_key;
  job.cost.in_records = job.counts.in_entries;
  job.cost.read_weight = memtable.weight;
  add_outputs(job.cost, metas_of(job.outputs));
  job.edit = flush_edit({.job = job.number,
                         .largest_seqno = memtable.largest_seqno,
                         .history_floor = last_seqno_,
                         .tables = metas_of(job.outputs),
                         .reason = EditReason::kFlush});
  return job;
}

std::optional<SimJob> ExactTree::begin_compaction(unsigned free_slots, double busy_cores) {
  PlanContext now = context(free_slots);
  now.busy_cores = busy_cores;
  auto plan = planner_(version_, now, options_);
  if (!plan) return std::nullopt;
  return begin(std::move(*plan));
}

SimJob ExactTree::begin(CompactionPlan plan) {
  SimJob job;
  job.kind = plan.trivial_move ? EventKind::kTrivialMove : EventKind::kCompaction;
  job.number = JobNumber{next_job_++};
  job.begin_us = now_us_;
  job.plan = std::move(plan);
  in_flight_.push_back(job_in_flight(*job.plan));
  if (job.plan->rewrites()) {
    merge(job);
  } else if (job.plan->drop) {
    job.counts.in_entries = job.counts.dropped_entries =
        job.plan->merge.input_entry_count.value_or(0);
  }
  job.edit = edit_for(*job.plan, metas_of(job.outputs), job.counts.passed);
  job.cost = cost_of(*job.plan, job);
  return job;
}

void ExactTree::merge(SimJob& job) {
  std::vector<RecordSource> sources;
  for (const PlanInput& input : job.plan->inputs) {
    std::vector<const Records*> tables;
    for (const TableRef& table : input.tables) tables.push_back(contents_.at(table->number).get());
    sources.emplace_back(*keys_, std::move(tables), &input.tables);
  }
  RecordSink sink = sink_for(job.plan->output_level, job.plan->merge);
  job.counts = merge_tables(job.plan->merge, std::span(sources), sink);
  job.outputs = std::move(sink.tables);
  job.filter_bits_per_key = job.plan->merge.filter_bits_per_key;
  merged_records_ += job.counts.in_entries;
}

void ExactTree::finish(SimJob job) {
  if (job.is_flush()) {
    sealed_weight_ -= sealed_.front().weight;
    flushed_seqno_ = sealed_.front().largest_seqno;
    forget_flushed();
    sealed_.pop_front();
    count_flush(job.edit, counters_);
  } else {
    std::erase_if(in_flight_, [&](const JobInFlight& other) { return other.job == job.plan->job; });
    count_compaction(*job.plan, metas_of(job.outputs), job.counts.passed,
                     job.counts.dropped_entries, counters_);
  }
  for (RecordTable& table : job.outputs) {
    if (reads_) reads_->add(table.meta->number, table.records, job.filter_bits_per_key);
    contents_[table.meta->number] = std::move(table.records);
  }
  publish(job);
}

// Of the keys in memtables, those that are in none that is left.
void ExactTree::forget_flushed() {
  std::erase_if(in_memory_, [&](KeyRank rank) { return newest_[rank].seqno <= flushed_seqno_; });
}

void ExactTree::publish(const SimJob& job) {
  Event event;
  if (observer_) event = event_of(job.edit, version_);
  version_ = apply(version_, job.edit);
  std::vector<TableNumber> gone;
  for (const RemovedTable& removed : job.edit.removed)
    if (!version_.find(removed.number)) gone.push_back(removed.number);
  for (const TableNumber number : gone) contents_.erase(number);
  if (reads_) reads_->take(version_, gone);
  if (!observer_) return;
  event.kind = job.kind;
  event.time_us = now_us_;
  event.wall_us = wall_us();
  event.duration_us = now_us_ - job.begin_us;
  event.last_seqno = last_seqno_;
  event.in_entries = job.counts.in_entries;
  event.out_entries = job.counts.out_entries;
  event.dropped_entries = job.counts.dropped_entries;
  event.counters = counters_;
  observer_(event);
}

}  // namespace lsmkit
