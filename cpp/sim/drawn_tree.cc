#include "lsmkit/sim/drawn_tree.h"

#include <algorithm>
#include <string>
#include <utility>

#include "lsmkit/bytes/error.h"
#include "lsmkit/rules/flow.h"
#include "lsmkit/rules/merge_rules.h"
#include "lsmkit/sim/slice_merge.h"

namespace lsmkit {
namespace {

uint64_t whole(double x) {
  return static_cast<uint64_t>(std::max(0.0, x) + .5);
}

// What only keys could tell is off.
CompactionOptions without_keys(CompactionOptions options) {
  const bool levels = options.layout == Layout::kLeveled || options.layout == Layout::kHybrid;
  if (levels && options.picker == Picker::kMinOverlappingRatio)
    throw NotSupported(
        "picker: without keys no table is known to overlap less than another; choose round_robin, "
        "compact_pointer, oldest_smallest_seq or oldest_largest_seq");
  options.cut = OutputCut::kPlain;
  options.pass_through = false;
  options.multi_level = false;
  options.max_parts = 1;
  return options;
}

void check_drawable(const WorkloadSpec& workload) {
  for (const Phase& phase : workload.phases)
    if (phase.mix.share(OpKind::kDelete) > 0)
      throw NotSupported("phase '" + phase.name +
                         "' deletes keys, and there are none here; use fidelity='segment'");
}

// Big-endian, so that bounds stand in the order of numbers.
std::string key_of(TableNumber number) {
  std::string key(8, '\0');
  for (size_t i = 0; i < 8; ++i)
    key[i] = static_cast<char>(static_cast<uint64_t>(number) >> (56 - 8 * i));
  return key;
}

// A job of a drawn tree shuts nobody out but by the tables that it takes.
JobInFlight without_range(JobInFlight job) {
  job.smallest_key = "\xff";
  job.largest_key.clear();
  return job;
}

}  // namespace

DrawnTree::DrawnTree(const WorkloadSpec& workload, const CompactionOptions& options,
                     const DrawnOptions& drawn)
    : contents_((check_drawable(workload), workload)),
      options_(without_keys(options)),
      drawn_((check(drawn), drawn)),
      live_(contents_.groups()),
      version_(Version(std::max(options.level_count, 2u))
                   .with_drawn_overlap(overlap_draw(drawn, workload.seed))) {}

// ---- Writing.

void DrawnTree::write(const OpWindow& window) {
  const OpWeights& weights = contents_.weights(window.phase);
  const auto ops = static_cast<double>(window.op_count);
  const double records = ops * weights.writes;
  if (records == 0) return;
  OpWindow* last = memtable_.windows.empty() ? nullptr : &memtable_.windows.back();
  if (last != nullptr && last->phase == window.phase &&
      last->first_op + last->op_count == window.first_op) {
    last->op_count += window.op_count;
  } else {
    memtable_.windows.push_back(window);
  }
  memtable_.records += records;
  memtable_.weight += records * weights.weight;
  const auto batch = static_cast<double>(contents_.workload().phases[window.phase].batch_ops);
  seqnos_ += ops * std::min(1.0, weights.writes * batch) / batch;
  last_seqno_ = std::max(last_seqno_ + 1, whole(seqnos_));
  memtable_.largest_seqno = last_seqno_;

  user_puts_ += records;
  user_value_bytes_ += records * weights.put_bytes;
  counters_.puts = whole(user_puts_);
  counters_.user_key_bytes = whole(user_puts_ * contents_.groups().key_bytes);
  counters_.user_value_bytes = whole(user_value_bytes_);
  counters_.user_weight =
      counters_.user_key_bytes + counters_.user_value_bytes + 8 * counters_.puts;
  record_weight_ = static_cast<double>(counters_.user_weight) / std::max(user_puts_, 1.0);
}

bool DrawnTree::memtable_is_full() const {
  return lsmkit::memtable_is_full(whole(memtable_.weight), options_.memtable_weight);
}

void DrawnTree::seal() {
  sealed_weight_ += memtable_.weight;
  sealed_.push_back(std::exchange(memtable_, {}));
}

Slices DrawnTree::contents_of(const Memtable& memtable) const {
  Slices out(contents_.groups());
  for (OpWindow left : memtable.windows) {
    while (left.op_count > 0) {
      OpWindow taken = left;
      taken.op_count = contents_.whole_ops(left);
      const Slices fresh = contents_.contents(taken);
      out = out.empty() ? fresh : merged_slices(contents_.groups(), {&fresh, &out});
      left.first_op += taken.op_count;
      left.op_count -= taken.op_count;
    }
  }
  return out;
}

// ---- Tables.

// As many as the rules of cutting make of so much. Those of a run of L0 span everything.
std::vector<TableRef> DrawnTree::tables(JobNumber job, uint64_t weight, uint32_t level,
                                        Seqno smallest, Seqno largest) const {
  std::vector<TableRef> out;
  const uint64_t target = options_.table_weight;
  const uint64_t cut =
      std::max<uint64_t>(level == 0 ? even_table_weight(weight, target) : target, 1);
  for (uint64_t left = weight; left > 0;) {
    auto made = std::make_shared<TableMeta>();
    made->number = pack_table_number(job, 0, static_cast<uint32_t>(out.size()));
    // A rest of nearly nothing is no table.
    made->weight = made->file_bytes = left < cut + cut / 64 ? left : cut;
    left -= made->weight;
    made->smallest.key = made->largest.key = key_of(made->number);
    if (level == 0 && out.empty()) made->smallest.key.clear();
    if (level == 0 && left == 0) made->largest.key = "\xfe";
    made->entry_count = whole(static_cast<double>(made->weight) / std::max(record_weight_, 1.0));
    made->created_us = now_us_;
    made->smallest_seqno = smallest;
    made->largest_seqno = largest;
    out.push_back(std::move(made));
  }
  return out;
}

// Out of L0 they get bounds as other tables have.
std::vector<TableRef> DrawnTree::moved(const CompactionPlan& plan) const {
  std::vector<TableRef> out;
  for (const PlanInput& input : plan.inputs) {
    for (const TableRef& table : input.tables) {
      auto copy = std::make_shared<TableMeta>(*table);
      copy->smallest.key = copy->largest.key = key_of(table->number);
      out.push_back(std::move(copy));
    }
  }
  return out;
}

// ---- What a merge leaves.

// Where keys are written at random: of the different keys there are, each run holds some, in the
// stretch of keys that its tables take up; and what comes down finds its key below as often as the
// level below holds it, as far as that stretch is met.
double DrawnTree::merged_weight(const CompactionPlan& plan) const {
  const double all = std::max(live_weight_, 1.0);
  double upper = 0, upper_stretch = 1;  // of the inputs so far: weight, and share of the keys
  bool first = true;
  for (const PlanInput& input : plan.inputs) {
    double weight = 0;
    for (const TableRef& table : input.tables) weight += static_cast<double>(table->weight);
    const auto level =
        std::max(static_cast<double>(version_.level(input.level).find(input.run).weight()), 1.0);
    const double stretch = std::min(1.0, weight / level);
    if (first) {
      upper = weight;
      upper_stretch = stretch;
      first = false;
      continue;
    }
    const double met = std::min(1.0, stretch / std::max(upper_stretch, 1e-9));
    upper += weight - upper * met * std::min(1.0, level / all);
    upper_stretch = std::max(upper_stretch, stretch);
  }
  return upper;
}

uint64_t DrawnTree::output_weight(const CompactionPlan& plan) const {
  const auto in = static_cast<double>(plan.input_weight);
  double out = merged_weight(plan);
  if (!drawn_.kept_share.empty())
    out = in * drawn_.kept_share[std::min<size_t>(plan.output_level, drawn_.kept_share.size() - 1)];
  const double spare =
      static_cast<double>(version_.weight()) - static_cast<double>(dropping_weight_) - live_weight_;
  return std::min(plan.input_weight, whole(std::max(out, in - std::max(spare, 0.0))));
}

// ---- Jobs.

PlanContext DrawnTree::context() const {
  PlanContext context;
  context.job = JobNumber{next_job_};
  context.in_flight = in_flight_;
  context.sealed_memtables = sealed_.size();
  context.now_us = now_us_;
  context.history_floor = last_seqno_;
  return context;
}

TimedJob DrawnTree::begin_flush() {
  const Memtable& memtable = sealed_.front();
  const JobNumber number{next_job_++};
  Job job;
  job.kind = EventKind::kFlush;
  job.begin_us = now_us_;
  job.in_records = memtable.records;
  const Slices fresh = contents_of(memtable);
  const double share = fresh.count(contents_.groups()).all / std::max(memtable.records, 1.0);
  const uint64_t weight = whole(memtable.weight * std::min(1.0, share));
  live_ = live_.empty() ? fresh : merged_slices(contents_.groups(), {&fresh, &live_});
  live_.coalesce(contents_.groups());
  job.outputs = tables(number, weight, 0, flushed_seqno_ + 1, memtable.largest_seqno);
  flushed_seqno_ = memtable.largest_seqno;
  job.edit = flush_edit({.job = number,
                         .largest_seqno = memtable.largest_seqno,
                         .history_floor = last_seqno_,
                         .tables = job.outputs,
                         .reason = EditReason::kFlush});
  TimedJob out{number, true, {}};
  out.cost.in_records = whole(memtable.records);
  out.cost.read_weight = whole(memtable.weight);
  out.cost.written_bytes = out.cost.written_weight = weight;
  jobs_.emplace(number, std::move(job));
  return out;
}

std::optional<TimedJob> DrawnTree::begin_compaction(double busy_cores) {
  PlanContext now = context();
  now.busy_cores = busy_cores;
  auto plan = plan_compaction(version_, now, options_);
  if (!plan) return std::nullopt;
  return begin(std::move(*plan));
}

TimedJob DrawnTree::begin(CompactionPlan plan) {
  const JobNumber number{next_job_++};
  Job job;
  job.kind = plan.trivial_move ? EventKind::kTrivialMove : EventKind::kCompaction;
  job.begin_us = now_us_;
  TimedJob out{number, false, {}};
  out.cost.output_level = plan.output_level;
  job.edit = edit_for(plan, {});
  if (plan.trivial_move) {
    job.edit.added.clear();
    for (const TableRef& table : moved(plan))
      job.edit.added.push_back({plan.output_level, plan.output_run, table});
  } else if (plan.rewrites()) {
    const uint64_t weight = output_weight(plan);
    job.dropped_weight = plan.input_weight - weight;
    dropping_weight_ += job.dropped_weight;
    job.in_records = static_cast<double>(plan.input_weight) / std::max(record_weight_, 1.0);
    Seqno smallest = UINT64_MAX, largest = 0;
    for (const PlanInput& input : plan.inputs) {
      for (const TableRef& table : input.tables) {
        smallest = std::min(smallest, table->smallest_seqno);
        largest = std::max(largest, table->largest_seqno);
        if (input.level == 0 && plan.output_level > 0) out.cost.weight_from_l0 += table->weight;
      }
    }
    job.outputs = tables(number, weight, plan.output_level, smallest, largest);
    job.edit = edit_for(plan, job.outputs);
    out.cost.read_bytes = out.cost.read_weight = plan.input_weight;
    out.cost.written_bytes = out.cost.written_weight = weight;
    out.cost.in_records = whole(job.in_records);
  }
  in_flight_.push_back(without_range(job_in_flight(plan)));
  job.plan = std::move(plan);
  jobs_.emplace(number, std::move(job));
  return out;
}

void DrawnTree::finish(JobNumber number) {
  auto node = jobs_.extract(number);
  Job& job = node.mapped();
  if (job.plan) {
    std::erase_if(in_flight_, [&](const JobInFlight& other) { return other.job == number; });
    dropping_weight_ -= job.dropped_weight;
    merged_records_ += whole(job.in_records);
    const double dropped = static_cast<double>(job.dropped_weight) / std::max(record_weight_, 1.0);
    count_compaction(*job.plan, job.outputs, {}, whole(dropped), counters_);
  } else {
    const Memtable memtable = std::move(sealed_.front());
    sealed_.pop_front();
    sealed_weight_ -= memtable.weight;
    count_flush(job.edit, counters_);
    live_keys_ = live_.count(contents_.groups()).all;
    live_weight_ = live_keys_ * record_weight_;
  }
  publish(job);
}

void DrawnTree::publish(const Job& job) {
  Event event;
  if (observer_ && tells_tables_) event = event_of(job.edit, version_);
  version_ = apply(version_, job.edit);
  if (!observer_) return;
  const double record = std::max(record_weight_, 1.0);
  event.kind = job.kind;
  event.time_us = event.wall_us = now_us_;
  event.duration_us = now_us_ - job.begin_us;
  event.last_seqno = last_seqno_;
  event.in_entries = whole(job.in_records);
  event.dropped_entries = whole(static_cast<double>(job.dropped_weight) / record);
  event.out_entries = event.in_entries - std::min(event.in_entries, event.dropped_entries);
  event.counters = counters_;
  observer_(event);
}

// ---- In lock-step.

bool DrawnTree::flush_memtable() {
  if (memtable_.windows.empty()) return false;
  seal();
  finish(begin_flush().number);
  return true;
}

bool DrawnTree::compact_once() {
  const auto job = begin_compaction();
  if (job) finish(job->number);
  return job.has_value();
}

void DrawnTree::flush() {
  flush_memtable();
  while (compact_once()) {
  }
}

}  // namespace lsmkit
