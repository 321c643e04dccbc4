// A tree that is full from the start: the last level first, then each above it, as a run of L0 that
// is taken down by a plan of its own, so that it is cut by the rules.
#include <algorithm>
#include <utility>

#include "lsmkit/bytes/error.h"
#include "lsmkit/planner/plan_chosen.h"
#include "lsmkit/rules/level_targets.h"
#include "lsmkit/sim/segment_tree.h"

namespace lsmkit {
namespace {

constexpr double kFilledShare = 0.95;  // of a level's target, on average over its life

double weight_of(const KeyGroups& groups, const OpWeights& weights, const Slices& slices) {
  const RecordCount count = slices.count(groups);
  return count.all * (groups.key_bytes + 8) + (count.all - count.tombstones) * weights.put_bytes;
}

// So many operations leave that weight; no more than `most`.
uint64_t ops_for(const PhaseContents& contents, size_t phase, double weight, uint64_t most) {
  uint64_t low = 0, high = most;
  while (low + 1 < high) {
    const uint64_t middle = low + (high - low) / 2;
    const Slices slices = contents.contents({phase, 0, middle});
    const bool less = weight_of(contents.groups(), contents.weights(phase), slices) < weight;
    (less ? low : high) = middle;
  }
  return high;
}

// Where the tree's data comes to lie.
unsigned last_level(const Version& version, const CompactionOptions& options, double weight) {
  const unsigned count = planned_level_count(version, options);
  if (options.sizing != LevelSizing::kStatic || options.layout != Layout::kLeveled)
    return count - 1;
  const LevelTargets targets = level_targets(version, options);
  unsigned n = 1;
  while (n + 1 < count && static_cast<double>(targets.weight[n]) < weight) ++n;
  return n;
}

void check_fillable(const CompactionOptions& options, const Phase& phase) {
  if (options.layout != Layout::kLeveled && options.layout != Layout::kHybrid)
    throw NotSupported("only leveled and hybrid trees can start filled; load this one");
  if (std::holds_alternative<SequentialKeys>(phase.keys) ||
      std::holds_alternative<PermutedKeys>(phase.keys) ||
      std::holds_alternative<QueueKeys>(phase.keys) || phase.mix[OpKind::kInsert] > 0)
    throw NotSupported("phase '" + phase.name +
                       "' writes each key in its turn, so a filled tree is not alike everywhere; "
                       "load this one");
}

}  // namespace

void SegmentTree::fill(size_t phase) {
  const WorkloadSpec& workload = contents_.workload();
  const OpWeights& weights = contents_.weights(phase);
  check_fillable(options_, workload.phases[phase]);
  Observer observer = std::exchange(observer_, nullptr);

  Slices all(contents_.groups());
  all.append({0, workload.key_count, {}, weights.put_bytes});
  for (size_t j = 0; j < contents_.groups().count(); ++j) {
    all.absent(0)[j] = 0;
    if (contents_.groups().deletes) all.gone(0)[j] = weights.deletes;
  }
  live_ = all;
  const double weight = weight_of(contents_.groups(), weights, all);
  const unsigned last = last_level(version_, options_, weight);
  place(std::move(all), workload.key_count, last);

  const LevelTargets targets = level_targets(version_, options_);
  for (unsigned n = last; n-- > std::max(targets.base_level, 1u);) {
    const double target = kFilledShare * static_cast<double>(targets.weight[n]);
    const uint64_t ops = ops_for(contents_, phase, target, 64 * workload.key_count);
    place(contents_.contents({phase, 0, ops}), ops, n);
  }
  counters_ = {};
  merged_records_ = 0;
  observer_ = std::move(observer);
}

// Requires: no level above it holds anything.
void SegmentTree::place(Slices contents, uint64_t draws, unsigned level) {
  const RecordCount count = contents.count(contents_.groups());
  const double put_bytes = contents[0].value_bytes;
  memtable_.contents = std::move(contents);
  memtable_.records = count.all;
  memtable_.weight =
      count.all * (contents_.groups().key_bytes + 8) + (count.all - count.tombstones) * put_bytes;
  seqnos_ += static_cast<double>(draws);
  last_seqno_ = static_cast<Seqno>(seqnos_);
  flush_memtable();
  ChosenTables chosen;
  chosen.output_level = level;
  for (const Run& run : version_.level(0).runs)
    run.for_each([&](const TableRef& table) { chosen.inputs.push_back(table->number); });
  finish(begin(plan_chosen(version_, context(), options_, chosen)));
}

}  // namespace lsmkit
