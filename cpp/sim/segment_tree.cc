#include "lsmkit/sim/segment_tree.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "lsmkit/numbers/elementary.h"
#include "lsmkit/rules/flow.h"
#include "lsmkit/sim/job_cost.h"
#include "lsmkit/sim/rank_key.h"

namespace lsmkit {
namespace {

constexpr double kNeverPasses = 40;  // records that others have in it: e^-40 is no chance

// Of a table, to keep: where tables are picked by age, and where spans of seqnos are all that
// counts.
constexpr size_t kMostCohorts = 12;
constexpr size_t kFewCohorts = 3;

bool picks_by_age(Picker picker) {
  return picker == Picker::kOldestSmallestSeqno || picker == Picker::kOldestLargestSeqno;
}

uint64_t whole(double x) {
  return static_cast<uint64_t>(std::max(0.0, x) + .5);
}

// All records of a table.
SeqnoCohort cohort_of(const TableMeta& table) {
  return {static_cast<double>(table.entry_count), table.smallest_seqno, table.largest_seqno,
          rank_of_key(table.smallest.key), rank_of_key(table.largest.key) + 1};
}

std::vector<TableRef> metas_of(const std::vector<SegmentTable>& tables) {
  std::vector<TableRef> out;
  for (const SegmentTable& table : tables) out.push_back(table.meta);
  return out;
}

// By how much the number of records that come out varies.
double variance_of(SliceMerge merge, const KeyGroups& groups) {
  double sum = 0;
  Slices slice(groups);
  for (; merge.valid(); merge.next()) {
    merge.merged(slice);
    sum += slice.variance(groups, 0) * slice[0].length();
  }
  return sum;
}

}  // namespace

SegmentTree::SegmentTree(const WorkloadSpec& workload, const CompactionOptions& options,
                         std::optional<FileModel> files, PhaseEnds ends,
                         const std::optional<ReadOptions>& reads)
    : contents_(workload, ends),
      options_(options),
      gaps_(workload.seed, "gaps between keys"),
      passes_(workload.seed, "tables that pass"),
      ages_(workload.seed, "ages of tables"),
      memtable_{Slices(contents_.groups())},
      live_(contents_.groups()) {
  if (files) files_.emplace(std::move(*files), contents_.workload());
  if (!reads || !SegmentReads::can_model(contents_)) return;
  reads_ = std::make_unique<SegmentReads>(
      contents_, *reads, [this](TableNumber number) -> const Slices& {
        return *tables_.at(static_cast<uint64_t>(number)).slices;
      });
}

std::vector<LevelReadCounts> SegmentTree::level_read_counts() const {
  return reads_ ? reads_->levels() : std::vector<LevelReadCounts>{};
}

// ---- Writing.

bool SegmentTree::memtable_is_full() const {
  return lsmkit::memtable_is_full(whole(memtable_.weight), options_.memtable_weight);
}

uint64_t SegmentTree::memtable_weight() const {
  return whole(memtable_.weight);
}

uint64_t SegmentTree::sealed_weight() const {
  double sum = 0;
  for (const Memtable& memtable : sealed_) sum += memtable.weight;
  return whole(sum);
}

uint64_t SegmentTree::write(const OpWindow& window) {
  const OpWeights& weights = contents_.weights(window.phase);
  OpWindow taken = window;
  const double per_op = weights.writes * weights.weight;
  if (per_op > 0) {
    const double room = static_cast<double>(options_.memtable_weight) - memtable_.weight;
    const double ops = std::ceil(room / weights.weight - 1e-9) / weights.writes;
    taken.op_count = std::min(taken.op_count, whole(std::max(1.0, std::ceil(ops - 1e-9))));
  }
  taken.op_count = contents_.whole_ops(taken);
  write_all(taken);
  return taken.op_count;
}

void SegmentTree::commit(OpWindow window) {
  while (window.op_count > 0) {
    OpWindow part = window;
    part.op_count = contents_.whole_ops(part);
    write_all(part);
    window.first_op += part.op_count;
    window.op_count -= part.op_count;
  }
}

// Requires: at most whole_ops.
void SegmentTree::write_all(const OpWindow& taken) {
  const OpWeights& weights = contents_.weights(taken.phase);
  if (weights.writes * weights.weight == 0) {
    if (reads_) reads_->read(taken, {version_, memtable_.contents, memtable_.contents, live_});
    return;
  }
  const Slices fresh = contents_.contents(taken);
  const Slices& before = memtable_.contents;
  Slices grown = before.empty() ? fresh : merged_slices(contents_.groups(), {&fresh, &before});
  if (reads_) reads_->read(taken, {version_, before, grown, live_});
  memtable_.contents = std::move(grown);
  const double records = static_cast<double>(taken.op_count) * weights.writes;
  memtable_.weight += records * weights.weight;
  memtable_.records += records;
  const auto batch_ops = static_cast<double>(contents_.workload().phases[taken.phase].batch_ops);
  const double seqnos_per_op = std::min(1.0, weights.writes * batch_ops) / batch_ops;
  seqnos_ += static_cast<double>(taken.op_count) * seqnos_per_op;
  if (survival_phase_ != taken.phase) {
    survival_ = KeySurvival(contents_, taken.phase, weights.drawn_writes / seqnos_per_op);
    survival_phase_ = taken.phase;
  }
  last_seqno_ = std::max(sealed_seqno_ + 1, static_cast<Seqno>(std::ceil(seqnos_)));
  count_user_writes(weights, taken.op_count);

  live_ = merged_slices(contents_.groups(), {&fresh, &live_});
  drop_all_tombstones(live_, contents_.groups());
  live_.coalesce(contents_.groups());
}

void SegmentTree::count_user_writes(const OpWeights& weights, uint64_t op_count) {
  const double records = static_cast<double>(op_count) * weights.writes;
  const double deletes =
      static_cast<double>(op_count) * (weights.drawn_writes * weights.deletes + weights.taken);
  user_puts_ += records - deletes;
  user_deletes_ += deletes;
  user_value_bytes_ += (records - deletes) * weights.put_bytes;
  counters_.puts = whole(user_puts_);
  counters_.deletes = whole(user_deletes_);
  counters_.user_key_bytes = whole((user_puts_ + user_deletes_) * contents_.groups().key_bytes);
  counters_.user_value_bytes = whole(user_value_bytes_);
  counters_.user_weight = counters_.user_key_bytes + counters_.user_value_bytes +
                          8 * (counters_.puts + counters_.deletes);
}

uint64_t SegmentTree::live_keys() const {
  return whole(live_.count(contents_.groups()).all);
}

uint64_t SegmentTree::live_weight() const {
  double sum = 0;
  for (size_t i = 0; i < live_.size(); ++i)
    sum += live_.density(contents_.groups(), i).all * live_[i].length() *
           (contents_.groups().key_bytes + live_[i].value_bytes + 8);
  return whole(sum);
}

uint64_t SegmentTree::allocated_bytes() const {
  uint64_t sum = 0;
  for (const auto& [number, table] : tables_)
    sum += sizeof(Contents) + sizeof(Slices) + table.slices->allocated_bytes() +
           table.cohorts.capacity() * sizeof(SeqnoCohort);
  return sum;
}

// ---- In lock-step.

void SegmentTree::flush() {
  flush_memtable();
  while (compact_once()) {
  }
}

bool SegmentTree::flush_memtable() {
  if (memtable_.contents.empty()) return false;
  seal();
  finish(begin_flush());
  return true;
}

bool SegmentTree::compact_once() {
  auto job = begin_compaction();
  if (!job) return false;
  finish(std::move(*job));
  return true;
}

// ---- Jobs. A merge is done when it begins, and seen when it ends.

void SegmentTree::seal() {
  memtable_.largest_seqno = sealed_seqno_ = last_seqno_;
  sealed_.push_back(std::exchange(memtable_, {Slices(contents_.groups())}));
}

SegmentJob SegmentTree::begin_flush() {
  const Memtable& memtable = sealed_.front();
  SegmentJob job;
  job.kind = EventKind::kFlush;
  job.number = JobNumber{next_job_++};
  job.begin_us = now_us_;
  const uint64_t weight = whole(memtable.weight);
  const Seqno last = memtable.largest_seqno;
  const MergeRules rules = flush_rules(job.number, version_, weight, {}, last_seqno_, options_);
  job.counts.in_entries = whole(memtable.records);
  job.outputs = merge(rules, SliceMerge(contents_.groups(), {{{&memtable.contents, nullptr}}}), {},
                      job.counts);
  for (SegmentTable& table : job.outputs) {
    table.meta->smallest_seqno = flushed_seqno_ + 1;
    table.meta->largest_seqno = last;
    job.cohorts.push_back({cohort_of(*table.meta)});
  }
  flushed_seqno_ = last;
  describe_files(job, 0, rules);
  job.cost.in_records = job.counts.in_entries;
  job.cost.read_weight = weight;
  add_outputs(job.cost, metas_of(job.outputs));
  job.edit = flush_edit({.job = job.number,
                         .largest_seqno = last,
                         .history_floor = last_seqno_,
                         .tables = metas_of(job.outputs),
                         .reason = EditReason::kFlush});
  return job;
}

PlanContext SegmentTree::context() const {
  PlanContext context;
  context.job = JobNumber{next_job_};
  context.in_flight = in_flight_;
  context.sealed_memtables = sealed_.size();
  context.now_us = now_us_;
  context.history_floor = last_seqno_;
  return context;
}

std::optional<SegmentJob> SegmentTree::begin_compaction(double busy_cores) {
  PlanContext now = context();
  now.busy_cores = busy_cores;
  auto plan = planner_(version_, now, options_);
  if (!plan) return std::nullopt;
  return begin(std::move(*plan));
}

namespace {

SeqnoCohort span_of(const std::vector<PlanInput>& inputs, const TableMeta& output) {
  SeqnoCohort all = cohort_of(output);
  all.smallest = UINT64_MAX;
  all.largest = 0;
  for (const PlanInput& input : inputs) {
    for (const TableRef& table : input.tables) {
      all.smallest = std::min(all.smallest, table->smallest_seqno);
      all.largest = std::max(all.largest, table->largest_seqno);
    }
  }
  return all;
}

}  // namespace

// Of each input table's cohorts the part between the output's ends, and of that what newer records
// have left: up to the table's newest one that had been done before, now it goes on up to the
// newest of all. What is left are as many records as the output has.
SeqnoCohorts SegmentTree::cohorts_of(const TableMeta& output, const CompactionPlan& plan) {
  const uint64_t begin = rank_of_key(output.smallest.key);
  const uint64_t end = rank_of_key(output.largest.key) + 1;
  std::vector<const TableMeta*> sources;
  Seqno newest = 0;
  for (const PlanInput& input : plan.inputs) {
    auto table = std::partition_point(
        input.tables.begin(), input.tables.end(),
        [&](const TableRef& t) { return t->largest.key < output.smallest.key; });
    for (; table != input.tables.end() && (*table)->smallest.key <= output.largest.key; ++table) {
      sources.push_back(table->get());
      newest = std::max(newest, (*table)->largest_seqno);
    }
  }
  SeqnoCohorts left;
  double records = 0;
  for (const TableMeta* source : sources) {
    for (SeqnoCohort cohort : tables_.at(static_cast<uint64_t>(source->number)).cohorts) {
      const auto length = static_cast<double>(cohort.end - cohort.begin);
      cohort.begin = std::max(cohort.begin, begin);
      cohort.end = std::min(cohort.end, end);
      if (cohort.begin >= cohort.end) continue;
      cohort.records *= static_cast<double>(cohort.end - cohort.begin) / length;
      if (source->largest_seqno < newest) {
        const double middle = static_cast<double>(cohort.smallest) +
                              static_cast<double>(cohort.largest - cohort.smallest) / 2;
        cohort.records *= survival_.share_left(static_cast<double>(newest) - middle) /
                          survival_.share_left(static_cast<double>(source->largest_seqno) - middle);
      }
      records += cohort.records;
      left.push_back(cohort);
    }
  }
  SeqnoCohorts out;
  for (const SeqnoCohort& cohort : left)
    draw_share(cohort, static_cast<double>(output.entry_count) / records, ages_, out);
  join_nearest(out, picks_by_age(options_.picker) ? kMostCohorts : kFewCohorts);
  if (out.empty()) out.push_back(span_of(plan.inputs, output));
  return out;
}

SegmentJob SegmentTree::begin(CompactionPlan plan) {
  SegmentJob job;
  job.kind = plan.trivial_move ? EventKind::kTrivialMove : EventKind::kCompaction;
  job.number = JobNumber{next_job_++};
  job.begin_us = now_us_;
  in_flight_.push_back(job_in_flight(plan));
  MergeCounts& counts = job.counts;
  if (plan.rewrites() || plan.drop) counts.in_entries = plan.merge.input_entry_count.value_or(0);
  job.plan = std::move(plan);
  if (job.plan->rewrites()) merge(job);
  counts.dropped_entries = counts.in_entries - std::min(counts.in_entries, counts.out_entries);
  job.edit = edit_for(*job.plan, metas_of(job.outputs), counts.passed);
  job.cost = cost_of_inputs(*job.plan, counts.passed);
  if (!job.plan->rewrites()) return job;
  job.cost.in_records = counts.in_entries;
  job.cost.parts = static_cast<uint32_t>(job.plan->merge.cut.part_bounds.size()) + 1;
  add_outputs(job.cost, metas_of(job.outputs));
  return job;
}

void SegmentTree::merge(SegmentJob& job) {
  const CompactionPlan& plan = *job.plan;
  std::vector<std::vector<ModelledTable>> runs;
  for (const PlanInput& input : plan.inputs) {
    runs.emplace_back();
    for (const TableRef& table : input.tables)
      runs.back().push_back({tables_.at(static_cast<uint64_t>(table->number)).slices.get(), table});
  }
  const std::pair ends{rank_of_key(plan.smallest_key), rank_of_key(plan.largest_key)};
  job.outputs = merge(plan.merge, SliceMerge(contents_.groups(), runs), ends, job.counts);
  job.cohorts.resize(job.outputs.size());
  for (size_t i = 0; i < job.outputs.size() && !plan.merge.zero_seqnos; ++i) {
    TableMeta& meta = *job.outputs[i].meta;
    job.cohorts[i] = cohorts_of(meta, plan);
    meta.smallest_seqno = UINT64_MAX;
    for (const SeqnoCohort& cohort : job.cohorts[i]) {
      meta.smallest_seqno = std::min(meta.smallest_seqno, cohort.smallest);
      meta.largest_seqno = std::max(meta.largest_seqno, cohort.largest);
    }
  }
  describe_files(job, plan.output_level, plan.merge);
  for (const TableRef& table : job.counts.passed) job.counts.in_entries -= table->entry_count;
  merged_records_ += job.counts.in_entries;
}

void SegmentTree::describe_files(SegmentJob& job, uint32_t level, const MergeRules& rules) {
  job.filter_bits_per_key = rules.filter_bits_per_key;
  for (const SegmentTable& table : job.outputs) {
    TableMeta& meta = *table.meta;
    meta.created_us = now_us_;
    const uint64_t span = rank_of_key(meta.largest.key) - rank_of_key(meta.smallest.key) + 1;
    if (files_) meta.file_bytes = files_->bytes_of(meta, span, level, rules.filter_bits_per_key);
  }
}

void SegmentTree::finish(SegmentJob job) {
  if (job.is_flush()) {
    sealed_.pop_front();
    count_flush(job.edit, counters_);
  } else {
    std::erase_if(in_flight_, [&](const JobInFlight& other) { return other.job == job.plan->job; });
    count_compaction(*job.plan, metas_of(job.outputs), job.counts.passed,
                     job.counts.dropped_entries, counters_);
  }
  for (size_t i = 0; i < job.outputs.size(); ++i) {
    const TableMeta& meta = *job.outputs[i].meta;
    tables_[static_cast<uint64_t>(meta.number)] = {std::move(job.outputs[i].slices),
                                                   std::move(job.cohorts[i])};
    if (reads_) reads_->add(meta, job.filter_bits_per_key);
  }
  publish(job);
}

std::vector<SegmentTable> SegmentTree::merge(const MergeRules& rules, SliceMerge merge,
                                             const StretchSplitter::Ends& ends,
                                             MergeCounts& counts) {
  const KeyGroups& groups = contents_.groups();
  StretchSplitter tables(rules, groups, ends, variance_of(merge, groups), gaps_);
  RecordFilter filter(rules);
  Slices slice(groups), part(groups);
  while (merge.valid()) {
    if (rules.pass_through && pass_table(rules, merge, tables, counts)) continue;
    merge.merged(slice);
    // Where older runs hold nothing, tombstones have nothing to hide.
    for (uint64_t at = merge.at(), end = merge.end(); groups.deletes && at < end;) {
      const bool older = filter.look_up(key_of_rank(at));
      const uint64_t stop = std::min(end, end_rank(filter.answer_end()));
      part.clear();
      part.append(slice, 0, at, stop);
      if (!older) drop_tombstones(part, 0, groups);
      tables.add(part);
      at = stop;
    }
    if (!groups.deletes) tables.add(slice);
    merge.next();
  }
  tables.end_table();
  std::vector<SegmentTable> out = tables.take();
  for (const SegmentTable& table : out) counts.out_entries += table.meta->entry_count;
  counts.table_count = out.size();
  return out;
}

// Records that others should have in the table on average may all lie elsewhere: then it passes.
bool SegmentTree::pass_table(const MergeRules& rules, SliceMerge& merge, StretchSplitter& tables,
                             MergeCounts& counts) {
  const ModelledTable* ahead = merge.table_ahead();
  if (ahead == nullptr) return false;
  const TableRef table = ahead->meta;
  tables.enter(rank_of_key(table->smallest.key));
  if (!may_pass(rules, *table, std::nullopt, std::nullopt, tables.open_weight())) return false;
  const double met = merge.others_in(*ahead);
  if (met > kNeverPasses) return false;
  if (met > 0 && passes_.unit() >= portable_exp(-met)) return false;
  tables.pass(rank_of_key(table->smallest.key), rank_of_key(table->largest.key));
  counts.passed.push_back(table);
  merge.leave_out(*ahead);
  return true;
}

void SegmentTree::publish(const SegmentJob& job) {
  const VersionEdit& edit = job.edit;
  Event event;
  if (observer_) event = event_of(edit, version_);
  version_ = apply(version_, edit);
  // What was removed and not added again is gone.
  std::vector<TableNumber> added;
  for (const AddedTable& table : edit.added) added.push_back(table.table->number);
  std::sort(added.begin(), added.end());
  for (const RemovedTable& removed : edit.removed)
    if (!std::binary_search(added.begin(), added.end(), removed.number)) {
      tables_.erase(static_cast<uint64_t>(removed.number));
      if (reads_) reads_->remove(removed.number);
    }
  if (!observer_) return;
  event.kind = job.kind;
  event.time_us = event.wall_us = now_us_;
  event.duration_us = now_us_ - job.begin_us;
  event.last_seqno = last_seqno_;
  event.in_entries = job.counts.in_entries;
  event.out_entries = job.counts.out_entries;
  event.dropped_entries = job.counts.dropped_entries;
  event.counters = counters_;
  observer_(event);
}

}  // namespace lsmkit
