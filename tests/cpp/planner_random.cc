// Random trees of every shape that a version can have, also such as no layout would make: every
// plan reads what may be read, leaves newer above older, keeps all invariants when it is applied,
// and after so many plans nothing is due. LSMKIT_VERSIONS=100000 asks for more trees.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <random>
#include <set>

#include "lsmkit/planner/planner.h"

using namespace lsmkit;

namespace {

std::string key_of(uint64_t n) {
  return "k" + std::to_string(1'000 + n);
}

class RandomTree {
 public:
  // `by_level`: of a layout that gives levels targets, made by itself, without damage.
  explicit RandomTree(uint64_t seed, bool by_level = false) : random_(seed), by_level_(by_level) {
    options_ = random_options();
    context_.job = JobNumber{1'000'000};
    context_.history_floor = 1'000 + below(1'000);
    if (below(3) == 0) context_.pinned_seqnos = {below(1'500), 1'500 + below(500)};
    version_ = random_version();
    damage_something();
  }

  std::set<uint32_t> levels_due() const {
    std::set<uint32_t> due;
    for (const LevelScore& score : level_scores(version_, context_, options_))
      if (score.priority >= 1) due.insert(score.level);
    return due;
  }

  // Plans, checks and applies until nothing is due, a few jobs at a time. Returns how many.
  size_t settle(size_t most) {
    size_t plans = 0;
    while (plans < most) {
      auto plan = plan_compaction(version_, context_, options_);
      if (plan) {
        const auto again = plan_compaction(version_, context_, options_);
        REQUIRE(again);
        REQUIRE(explain(*again) == explain(*plan));
        check(*plan);
        ++plans;
        ++reasons[plan->reason];
        context_.in_flight.push_back(job_in_flight(*plan));
        context_.job = JobNumber{static_cast<uint64_t>(context_.job) + 1};
        running_.push_back(std::move(*plan));
        if (!by_level_ && running_.size() < 1 + below(3)) continue;
      }
      if (running_.empty()) return plans;
      finish(below(running_.size()));
    }
    return plans;
  }

  const Version& version() const { return version_; }
  const CompactionOptions& options() const { return options_; }
  const PlanContext& context() const { return context_; }
  std::map<EditReason, size_t> reasons;

 private:
  uint64_t below(uint64_t n) { return random_() % n; }

  CompactionOptions random_options() {
    CompactionOptions o;
    o.layout = static_cast<Layout>(below(by_level_ ? 2 : 5));
    o.level_count = static_cast<unsigned>(2 + below(6));
    o.l0_trigger_runs = static_cast<uint32_t>(1 + below(6));
    o.l0_merged_runs = static_cast<uint32_t>(1 + below(5));
    o.memtable_weight = 50 + below(300);
    o.base_weight = 100 + below(3'000);
    o.fanout = static_cast<double>(2 + below(9));
    o.table_weight = 50 + below(500);
    o.sizing = below(2) == 0 ? LevelSizing::kDynamic : LevelSizing::kStatic;
    o.picker = static_cast<Picker>(below(4));
    o.max_compaction_weight = below(3) == 0 ? 200 + below(5'000) : 0;
    o.max_space_amp = !by_level_ && below(3) == 0 ? 1.05 + static_cast<double>(below(30)) / 10 : 0;
    o.max_runs = below(2) == 0 ? 0 : static_cast<uint32_t>(1 + below(12));
    o.size_ratio_percent = static_cast<uint32_t>(below(200));
    o.fifo_weight = 100 + below(5'000);
    o.fifo_ttl_us = below(2) == 0 ? 0 : 1 + below(1'000);
    return o;
  }

  // Tables one beside the other, with gaps or without.
  std::vector<TableRef> random_run(Seqno smallest, Seqno largest) {
    std::vector<TableRef> tables;
    uint64_t at = below(60);
    const uint64_t count = 1 + below(1 + below(8));
    for (uint64_t i = 0; i < count && at < 100; ++i) {
      const uint64_t end = at + below(1 + 60 / count);
      tables.push_back(table(TableNumber{++number_}, key_of(at), key_of(end), smallest, largest));
      at = end + 1 + below(3) * below(5);
    }
    return tables;
  }

  TableRef table(TableNumber number, std::string smallest, std::string largest, Seqno first,
                 Seqno last) {
    auto meta = std::make_shared<TableMeta>();
    meta->number = number;
    meta->smallest.key = std::move(smallest);
    meta->largest.key = std::move(largest);
    meta->smallest_seqno = first;
    meta->largest_seqno = last;
    meta->weight = 1 + below(options_.table_weight * (by_level_ ? 1 : 2));
    meta->entry_count = 1 + meta->weight / 10;
    meta->tombstone_count = below(4) == 0 ? below(meta->entry_count + 1) : 0;
    meta->created_us = below(2'000);
    return meta;
  }

  Version random_version() {
    VersionEdit edit;
    Seqno seqno = 2'000;
    context_.now_us = 1'000 + below(1'500);
    const auto runs = [&](uint32_t level, uint64_t count, bool named) {
      for (uint64_t i = 0; i < count && seqno > 20; ++i) {
        const Seqno largest = seqno;
        seqno -= 1 + below(10);
        const RunId run = level == 0 ? largest : named ? 100 - i : 0;
        for (TableRef& t : random_run(below(4) == 0 && level > 0 ? 0 : seqno, largest))
          edit.added.push_back({level, run, std::move(t)});
        --seqno;
      }
    };
    runs(0, below(9), true);
    const bool tiers = !by_level_ && below(3) == 0;  // another layout's
    for (uint32_t n = 1; n < 7; ++n)
      if (below(2) == 0) runs(n, tiers ? 1 + below(3) : 1, tiers);
    if (below(3) == 0) edit.cursors[1] = key_of(below(100));
    if (below(3) == 0) edit.cursors[2] = key_of(below(100));
    return apply(Version(), edit);
  }

  void damage_something() {
    if (by_level_ || below(4) != 0) return;
    for_each_table(version_, [&](const TableRef& t) {
      if (below(12) == 0) context_.damaged.push_back(t->number);
    });
  }

  // Where a run stands by age: a lower place holds newer records.
  static std::pair<uint32_t, RunId> place(uint32_t level, RunId run) { return {level, ~run}; }

  void check(const CompactionPlan& plan) {
    CAPTURE(to_text(version_));
    CAPTURE(explain(plan));
    REQUIRE_FALSE(plan.inputs.empty());
    std::set<TableNumber> inputs;
    for (const PlanInput& input : plan.inputs) {
      for (const TableRef& t : input.tables) {
        const auto stands = version_.find(t->number);
        REQUIRE(stands);
        REQUIRE((stands->level == input.level && stands->run == input.run));
        REQUIRE(inputs.insert(t->number).second);
        for (const JobInFlight& job : context_.in_flight)
          REQUIRE(std::count(job.inputs.begin(), job.inputs.end(), t->number) == 0);
        if (!plan.drop)
          REQUIRE(std::count(context_.damaged.begin(), context_.damaged.end(), t->number) == 0);
      }
    }
    if (plan.drop) return check_drop(plan, inputs);
    // What overlaps an input and stays is on the same side of the output as of the input.
    const auto output = place(plan.output_level, plan.output_run);
    for (const PlanInput& input : plan.inputs) {
      const auto from = place(input.level, input.run);
      for_each_other(inputs, [&](const TableRef& other, std::pair<uint32_t, RunId> at) {
        if (at == from) return;
        for (const TableRef& t : input.tables) {
          if (t->largest.key < other->smallest.key || other->largest.key < t->smallest.key)
            continue;
          REQUIRE((at < from) == (at < output));
        }
      });
    }
  }

  // Nothing older comes to light: fifo drops the oldest, others what hides nothing.
  void check_drop(const CompactionPlan& plan, const std::set<TableNumber>& inputs) {
    for (const PlanInput& input : plan.inputs) {
      for_each_other(inputs, [&](const TableRef& other, std::pair<uint32_t, RunId> at) {
        if (at <= place(input.level, input.run)) return;
        for (const TableRef& t : input.tables) {
          REQUIRE((t->largest.key < other->smallest.key || other->largest.key < t->smallest.key));
        }
      });
    }
  }

  template <class Visit>
  void for_each_other(const std::set<TableNumber>& inputs, const Visit& visit) {
    for (unsigned n = 0; n < version_.level_count(); ++n)
      for (const Run& run : version_.level(n).runs)
        run.for_each([&](const TableRef& t) {
          if (!inputs.contains(t->number)) visit(t, place(n, run.id()));
        });
  }

  void finish(size_t i) {
    const CompactionPlan plan = running_[i];
    running_.erase(running_.begin() + static_cast<std::ptrdiff_t>(i));
    context_.in_flight.erase(context_.in_flight.begin() + static_cast<std::ptrdiff_t>(i));
    version_ = apply(version_, edit_for(plan, plan.rewrites() ? merged(plan) : Outputs{}));
    version_.check_invariants();
  }

  // Tables as a merge of these could leave them.
  using Outputs = std::vector<TableRef>;
  Outputs merged(const CompactionPlan& plan) {
    const bool bottom = plan.merge.older_runs.empty();
    uint64_t weight = plan.input_weight;
    if (below(3) == 0) weight = weight * (50 + below(51)) / 100;
    if (bottom && below(10) == 0) return {};
    const uint64_t first = std::stoull(plan.smallest_key.substr(1)) - 1'000;
    const uint64_t last = std::stoull(plan.largest_key.substr(1)) - 1'000;
    const uint64_t pieces = std::clamp<uint64_t>(weight / plan.merge.cut.target_weight, 1,
                                                 std::min<uint64_t>(last - first + 1, 100));
    Seqno smallest = kMaxSeqno, largest = 0;
    for (const PlanInput& input : plan.inputs) {
      for (const TableRef& t : input.tables) {
        smallest = std::min(smallest, t->smallest_seqno);
        largest = std::max(largest, t->largest_seqno);
      }
    }
    if (bottom && largest <= elision_seqno(plan.merge)) smallest = largest = 0;
    Outputs outputs;
    for (uint64_t p = 0; p < pieces; ++p) {
      const uint64_t begin = first + (last - first + 1) * p / pieces;
      const uint64_t end = first + (last - first + 1) * (p + 1) / pieces;
      if (begin >= end) continue;
      auto t = std::make_shared<TableMeta>(
          *table(pack_table_number(plan.job, 0, static_cast<uint32_t>(p)), key_of(begin),
                 key_of(end - 1), smallest, largest));
      t->weight = std::max<uint64_t>(weight / pieces, 1);
      t->entry_count = 1 + t->weight / 10;
      t->tombstone_count = bottom ? 0 : std::min(t->tombstone_count, t->entry_count);
      outputs.push_back(t);
    }
    return outputs;
  }

  std::mt19937_64 random_;
  const bool by_level_;
  CompactionOptions options_;
  PlanContext context_;
  Version version_;
  uint64_t number_ = 0;
  std::vector<CompactionPlan> running_;
};

uint64_t asked_versions() {
  const char* set = std::getenv("LSMKIT_VERSIONS");
  return set != nullptr ? std::strtoull(set, nullptr, 10) : 4'000;
}

}  // namespace

TEST_CASE("W4.8: random trees: every plan keeps what must hold, and planning comes to rest") {
  std::map<EditReason, size_t> reasons;
  size_t plans = 0, most = 0;
  const uint64_t trees = asked_versions();
  for (uint64_t seed = 1; seed <= trees; ++seed) {
    CAPTURE(seed);
    RandomTree tree(seed);
    const size_t bound = 1'000;
    const size_t count = tree.settle(bound);
    INFO(to_text(tree.version()));
    REQUIRE(count < bound);
    most = std::max(most, count);
    plans += count;
    for (const auto& [reason, n] : tree.reasons) reasons[reason] += n;
  }
  std::printf("%llu random trees, %zu plans, at most %zu until nothing was due:\n",
              static_cast<unsigned long long>(trees), plans, most);
  for (const auto& [reason, n] : reasons)
    std::printf("  %-20s %zu\n", std::string(name_of(reason)).c_str(), n);
  for (const EditReason reason :
       {EditReason::kL0ToBase, EditReason::kIntraL0, EditReason::kLevelFull,
        EditReason::kLevelDrain, EditReason::kSpaceAmp, EditReason::kSizeRatio,
        EditReason::kRunCount, EditReason::kTierFull, EditReason::kGather, EditReason::kFifoWeight,
        EditReason::kFifoAge, EditReason::kTombstones, EditReason::kElision,
        EditReason::kTwoLevels})
    CHECK_MESSAGE(reasons[reason] > 0, name_of(reason));
}

// A table of a level that is drained is due once for each level on its way.
TEST_CASE(
    "no level starves: twice as many jobs as there are tables on levels over target will do") {
  double most = 0;
  for (uint64_t seed = 1; seed <= asked_versions(); ++seed) {
    CAPTURE(seed);
    RandomTree tree(seed, true);
    std::set<uint32_t> due = tree.levels_due();
    if (due.empty()) continue;
    const unsigned drained = level_targets(tree.version(), tree.options()).drain_to_level;
    size_t tables = 0;
    for (const uint32_t level : due)
      tables += tree.version().level(level).table_count() *
                (level > 0 && level <= drained ? drained + 1 - level : 1);
    CAPTURE(to_text(tree.version()));
    size_t jobs = 0;
    for (; !due.empty(); ++jobs) {
      REQUIRE(tree.settle(1) == 1);
      const std::set<uint32_t> now = tree.levels_due();
      std::erase_if(due, [&](uint32_t level) { return !now.contains(level); });
    }
    CHECK(jobs <= 2 * tables);
    most = std::max(most, static_cast<double>(jobs) / static_cast<double>(tables));
  }
  std::printf("at most %.2f jobs a table\n", most);
  CHECK(most > 1);  // or the trees are no test of it
}
