// What a tiered tree costs: its planner looks at weights of runs alone, so it is asked about a tree
// of one table for each run, flush by flush, until everything has been written over several times.
#include <algorithm>
#include <limits>
#include <unordered_map>

#include "lsmkit/bytes/error.h"
#include "lsmkit/planner/closed_form_inside.h"
#include "lsmkit/planner/planner.h"

namespace lsmkit {
namespace {

constexpr double kSettledAfter = 1;    // times that all was written over
constexpr double kMeasuredUntil = 20;  // likewise
constexpr uint64_t kMostFlushes = 200'000;

class RunTree {
 public:
  RunTree(const CompactionOptions& options, std::span<const KeyShare> keys, double record_weight)
      : options_(options),
        keys_(keys),
        record_weight_(record_weight),
        version_(options.level_count) {
    options_.table_weight = UINT64_MAX / 64;  // a run is one table
    options_.max_parts = 1;
    written_.resize(version_.level_count());
  }

  // A run of so many puts; no end of them: of all keys.
  void add(uint32_t level, double puts) {
    const JobNumber job{next_job_++};
    ++seqno_;
    VersionEdit edit;
    edit.added.push_back({level, level == 0 ? seqno_ : 0, table(job, puts, seqno_, seqno_)});
    written_[level] += static_cast<double>(edit.added.front().table->weight);
    version_ = apply(version_, edit);
  }

  bool compact_once() {
    PlanContext context;
    context.job = JobNumber{next_job_};
    context.history_floor = seqno_;
    const auto plan = plan_compaction(version_, context, options_);
    if (plan) carry_out(*plan);
    return plan.has_value();
  }

  const Version& version() const { return version_; }
  // So far, by level.
  const std::vector<double>& written() const { return written_; }

 private:
  TableRef table(JobNumber job, double puts, Seqno smallest, Seqno largest) {
    auto out = std::make_shared<TableMeta>();
    out->number = pack_table_number(job, 0, 0);
    out->largest.key = "z";
    out->weight = static_cast<uint64_t>(different_keys(keys_, puts) * record_weight_);
    out->entry_count = 1;
    out->smallest_seqno = smallest;
    out->largest_seqno = largest;
    puts_[static_cast<uint64_t>(out->number)] = puts;
    return out;
  }

  void carry_out(const CompactionPlan& plan) {
    ++next_job_;
    if (!plan.rewrites()) {
      version_ = apply(version_, edit_for(plan, {}));
      return;
    }
    double puts = 0;
    Seqno smallest = UINT64_MAX, largest = 0;
    for (const PlanInput& input : plan.inputs) {
      for (const TableRef& each : input.tables) {
        const auto known = puts_.extract(static_cast<uint64_t>(each->number));
        puts += known.mapped();
        smallest = std::min(smallest, each->smallest_seqno);
        largest = std::max(largest, each->largest_seqno);
      }
    }
    const TableRef out = table(plan.job, puts, smallest, largest);
    written_[plan.output_level] += static_cast<double>(out->weight);
    version_ = apply(version_, edit_for(plan, {out}));
  }

  CompactionOptions options_;
  const std::span<const KeyShare> keys_;
  const double record_weight_;
  Version version_;
  uint64_t next_job_ = 1;
  Seqno seqno_ = 0;
  std::unordered_map<uint64_t, double> puts_;  // by table
  std::vector<double> written_;
};

}  // namespace

ExpectedCost expected_cost_of_runs(const CompactionOptions& options, std::span<const KeyShare> keys,
                                   double record_weight) {
  const double all = all_keys(keys);
  const double puts = static_cast<double>(options.memtable_weight) / record_weight;
  const auto flushes = [&](double times) { return static_cast<uint64_t>(times * all / puts) + 1; };
  if (flushes(kMeasuredUntil) > kMostFlushes)
    throw InvalidArgument("a tiered tree of " + std::to_string(flushes(1)) +
                          " memtables is too large to be reckoned: give larger memtables");
  RunTree tree(options, keys, record_weight);
  tree.add(tree.version().level_count() - 1, std::numeric_limits<double>::infinity());
  for (uint64_t i = 0; i < flushes(kSettledAfter); ++i) {
    tree.add(0, puts);
    while (tree.compact_once()) {
    }
  }
  ExpectedCost cost;
  const std::vector<double> before = tree.written();
  cost.level_weight.resize(before.size());
  const uint64_t measured = flushes(kMeasuredUntil) - flushes(kSettledAfter);
  for (uint64_t i = 0; i < measured; ++i) {
    tree.add(0, puts);
    while (tree.compact_once()) {
    }
    cost.runs += static_cast<double>(tree.version().run_count());
    for (unsigned n = 0; n < before.size(); ++n)
      cost.level_weight[n] += static_cast<double>(tree.version().level(n).weight());
  }
  const auto count = static_cast<double>(measured);
  cost.runs /= count;
  for (unsigned n = 0; n < before.size(); ++n) {
    cost.level_weight[n] /= count;
    cost.space_amp += cost.level_weight[n] / (all * record_weight);
    cost.level_write_amp.push_back((tree.written()[n] - before[n]) /
                                   (count * puts * record_weight));
    cost.write_amp += cost.level_write_amp.back();
  }
  return cost;
}

}  // namespace lsmkit
