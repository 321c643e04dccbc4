// One's own planner (W4.3): whatever it chooses is refused, or carried out without harm.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdio>
#include <random>
#include <set>

#include "lsmkit/bytes/error.h"
#include "support/model_tree.h"

using namespace lsmkit;

namespace {

std::vector<TableNumber> numbers(std::initializer_list<uint64_t> jobs) {
  std::vector<TableNumber> out;
  for (const uint64_t job : jobs) out.push_back(pack_table_number(JobNumber{job}, 0, 0));
  return out;
}

PlanContext job_100() {
  PlanContext context;
  context.job = JobNumber{100};
  context.history_floor = 1'000;
  return context;
}

CompactionPlan plan_of(const char* tree, const ChosenTables& chosen,
                       const PlanContext& context = job_100()) {
  return plan_chosen(version_from_text(tree), context, {}, chosen);
}

// Why not; empty: it can be carried out.
std::string refusal(const char* tree, const ChosenTables& chosen,
                    const PlanContext& context = job_100()) {
  try {
    plan_of(tree, chosen, context);
    return "";
  } catch (const InvalidArgument& error) {
    const std::string head = "the choice can't be carried out: ";
    REQUIRE(std::string(error.what()).starts_with(head));
    return std::string(error.what()).substr(head.size());
  }
}

// Two runs in L0, one in L1, two in L2.
constexpr const char* kTree = R"(L0 #9 a..z weight=10 seqnos=81..90
L0 #8 c..h weight=10 seqnos=71..80
L1 #5 a..g weight=30
L1 #6 p..r weight=30
L2 run=4 #4 b..d weight=90
L2 run=3 #3 a..c weight=90
L2 run=3 #2 x..z weight=90)";

class RandomChooser {
 public:
  explicit RandomChooser(uint64_t seed) : random_(seed) {}

  // Now at random, now with some sense; empty if nothing stands.
  ChosenTables choose(const Version& version) {
    std::vector<TablePlace> all;
    for (unsigned n = 0; n < version.level_count(); ++n)
      for (const Run& run : version.level(n).runs)
        run.for_each([&](const TableRef& t) { all.push_back({n, run.id(), t}); });
    ChosenTables chosen;
    if (all.empty()) return chosen;
    const TablePlace& seed = all[below(all.size())];
    std::set<TableNumber> inputs{seed.table->number};
    chosen.output_level = static_cast<uint32_t>(seed.level + below(3));
    chosen.move = below(4) == 0;
    chosen.drop = !chosen.move && below(12) == 0;
    chosen.new_run = below(3) == 0;
    const bool sensible = below(4) != 0;
    std::string smallest = seed.table->smallest.key, largest = seed.table->largest.key;
    for (size_t round = 0; round < (sensible ? all.size() : 1); ++round) {
      const size_t before = inputs.size();
      for (const TablePlace& other : all) {
        const bool meets =
            !ends_before(*other.table, smallest) && !starts_after(*other.table, largest);
        const bool between = other.level >= seed.level && other.level <= chosen.output_level;
        const bool whole_l0 = seed.level == 0 && chosen.output_level == 0 && other.level == 0;
        if (sensible ? whole_l0 || (between && meets) : below(6) == 0) {
          inputs.insert(other.table->number);
          smallest = std::min(smallest, other.table->smallest.key);
          largest = std::max(largest, other.table->largest.key);
        }
      }
      if (inputs.size() == before) break;
    }
    if (below(5) == 0 && inputs.size() > 1) inputs.erase(inputs.begin());
    chosen.inputs.assign(inputs.begin(), inputs.end());
    return chosen;
  }

  uint64_t below(uint64_t n) { return random_() % n; }

 private:
  std::mt19937_64 random_;
};

CompactionOptions random_options(RandomChooser& random) {
  CompactionOptions options;
  options.layout = static_cast<Layout>(random.below(5));
  options.level_count = static_cast<unsigned>(2 + random.below(5));
  options.memtable_weight = 400;
  options.l0_trigger_runs = static_cast<uint32_t>(2 + random.below(4));
  options.base_weight = 500 + random.below(2'000);
  options.fifo_weight = 2'000 + random.below(5'000);
  options.table_weight = 100 + random.below(400);
  options.pass_through = random.below(2) == 0;
  options.max_parts = static_cast<uint32_t>(1 + random.below(4));
  return options;
}

// Whether a table stays that is older than an input which it overlaps, and is of a run of which
// other tables are inputs.
bool leaves_part_of_a_run(const Version& version, const ChosenTables& chosen) {
  const std::set<TableNumber> inputs(chosen.inputs.begin(), chosen.inputs.end());
  std::vector<TableRef> newer;
  for (unsigned n = 0; n < version.level_count(); ++n) {
    for (const Run& run : version.level(n).runs) {
      std::vector<TableRef> taken, left;
      run.for_each(
          [&](const TableRef& t) { (inputs.contains(t->number) ? taken : left).push_back(t); });
      for (const TableRef& table : taken.empty() ? std::vector<TableRef>{} : left)
        for (const TableRef& input : newer)
          if (!ends_before(*input, table->smallest.key) &&
              !starts_after(*input, table->largest.key))
            return true;
      newer.insert(newer.end(), taken.begin(), taken.end());
    }
  }
  return false;
}

std::set<TableNumber> tables_of(const std::vector<PlanInput>& inputs) {
  std::set<TableNumber> out;
  for (const PlanInput& input : inputs)
    for (const TableRef& table : input.tables) out.insert(table->number);
  return out;
}

}  // namespace

TEST_CASE("W4.3: chosen at random, jobs are refused or every reader still sees what was written") {
  size_t accepted = 0, refused = 0, moves = 0, new_runs = 0, beside_others = 0, parts = 0;
  std::set<std::string> reasons;
  for (uint64_t seed = 1; seed <= 150; ++seed) {
    CAPTURE(seed);
    RandomChooser random(seed);
    ModelTree tree(random_options(random), 400);
    std::vector<Seqno> snapshots;
    for (int step = 0; step < 400; ++step) {
      for (uint64_t i = random.below(6); i > 0; --i) {
        const std::string key = "key" + std::to_string(1'000 + random.below(150));
        const bool removes = random.below(4) == 0;
        tree.write(key,
                   removes ? std::nullopt : std::optional(std::to_string(random.below(1'000))));
      }
      if (random.below(60) == 0) snapshots.push_back(tree.snapshot());
      if (random.below(60) == 0 && !snapshots.empty()) {
        tree.release(snapshots.back());
        snapshots.pop_back();
      }
      ChosenTables chosen = random.choose(tree.version());
      chosen.drop = false;  // what is dropped reads differently: see below
      if (tree.running() < 3 && !chosen.inputs.empty()) {
        try {
          beside_others += tree.running() > 0;
          tree.start_chosen(chosen);
          ++accepted;
          moves += chosen.move;
          new_runs += chosen.new_run;
          parts += leaves_part_of_a_run(tree.version(), chosen);
        } catch (const InvalidArgument& error) {
          beside_others -= tree.running() > 0;
          ++refused;
        }
      }
      if (tree.running() > 0 && random.below(2) == 0) tree.finish_job(random.below(tree.running()));
      if (step % 20 == 0) {
        CAPTURE(to_text(tree.version()));
        for (const Seqno seqno : tree.pins()) REQUIRE(!tree.first_difference(seqno));
        REQUIRE(!tree.first_difference(tree.last_seqno()));
      }
    }
    while (tree.running() > 0) tree.finish_job(0);
    REQUIRE(!tree.first_difference(tree.last_seqno()));
  }
  std::printf(
      "%zu choices accepted (%zu moves, %zu new runs, %zu that leave older tables of a run, %zu "
      "beside other jobs), %zu refused\n",
      accepted, moves, new_runs, parts, beside_others, refused);
  CHECK(accepted > 3'000);
  CHECK(refused > 3'000);
  CHECK(moves > 200);
  CHECK(new_runs > 200);
  CHECK(parts > 100);
  CHECK(beside_others > 500);
}

TEST_CASE("W4.3: what is dropped is gone, and nothing older comes to light") {
  size_t dropped = 0, gone = 0;
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    CAPTURE(seed);
    RandomChooser random(seed);
    ModelTree tree(random_options(random), 400);
    std::set<std::string> keys;
    for (int step = 0; step < 120; ++step) {
      for (uint64_t i = random.below(20); i > 0; --i) {
        const std::string key = "key" + std::to_string(1'000 + random.below(150));
        keys.insert(key);
        tree.write(key, std::to_string(tree.last_seqno()));  // a value once in the tree's life
      }
      ChosenTables chosen = random.choose(tree.version());
      chosen.drop = chosen.drop || random.below(3) == 0;
      chosen.move = chosen.move && !chosen.drop;
      if (chosen.inputs.empty()) continue;
      std::map<std::string, std::optional<std::string>> before;
      for (const std::string& key : keys) before[key] = tree.get(key, tree.last_seqno());
      try {
        tree.start_chosen(chosen);
      } catch (const InvalidArgument&) {
        continue;
      }
      CAPTURE(to_text(tree.version()));
      tree.finish_job(0);
      dropped += chosen.drop;
      for (const std::string& key : keys) {
        const auto after = tree.get(key, tree.last_seqno());
        if (after == before[key]) continue;
        REQUIRE(chosen.drop);
        REQUIRE(after == std::nullopt);
        ++gone;
      }
    }
  }
  CHECK(dropped > 100);
  CHECK(gone > 100);
}

TEST_CASE("W4.3: what a layout plans may be chosen, and comes to the same plan") {
  size_t compared = 0;
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    CAPTURE(seed);
    RandomChooser random(seed);
    const CompactionOptions options = random_options(random);
    ModelTree tree(options, 400);
    for (int n = 0; n < 1'500; ++n) {
      tree.write("key" + std::to_string(1'000 + random.below(300)), std::string(20, 'v'));
      PlanContext context;
      context.job = tree.next_job();
      context.history_floor = tree.floor();
      const auto plan = plan_compaction(tree.version(), context, options);
      if (!plan) continue;
      const bool within_l0 = plan->output_level == 0 && plan->trivial_move;  // takes no more names
      if (!within_l0) {
        const std::set<TableNumber> inputs = tables_of(plan->inputs);
        ChosenTables chosen;
        chosen.inputs.assign(inputs.rbegin(), inputs.rend());
        chosen.output_level = plan->output_level;
        chosen.move = plan->trivial_move;
        chosen.drop = plan->drop;
        chosen.new_run =
            plan->output_level > 0 && plan->output_run == static_cast<RunId>(plan->job);
        CAPTURE(to_text(tree.version()));
        CAPTURE(explain(*plan));
        const CompactionPlan same = plan_chosen(tree.version(), context, options, chosen);
        CHECK(tables_of(same.inputs) == inputs);
        CHECK(same.output_level == plan->output_level);
        CHECK(same.output_run == plan->output_run);
        CHECK(same.expected_weight == plan->expected_weight);
        CHECK(same.merge.older_runs.size() == plan->merge.older_runs.size());
        CHECK(same.reason == EditReason::kCustom);
        ++compared;
      }
      tree.start_job();
      tree.finish_job(0);
    }
  }
  CHECK(compared > 1'000);
}

TEST_CASE("a choice that can't be carried out says which table and what to do") {
  const auto all_l0 = numbers({9, 8});
  CHECK(refusal(kTree, {}) == "it names no table; return nothing if nothing is to be done");
  CHECK(refusal(kTree, {.inputs = numbers({7}), .output_level = 1}) ==
        "table #7 does not stand; take tables of the version given");
  CHECK(refusal(kTree, {.inputs = numbers({9, 9}), .output_level = 1}) ==
        "table #9 is named twice; name each table once");
  CHECK(refusal(kTree, {.inputs = numbers({9}), .output_level = 1, .move = true, .drop = true}) ==
        "it says both move and drop; say one of them");
  CHECK(refusal(kTree, {.inputs = numbers({9}), .output_level = 7}) ==
        "L7 is no level; there are L0 to L6");
  CHECK(
      refusal(kTree, {.inputs = numbers({9, 5}), .output_level = 0}) ==
      "table #5 stands in L1 and would go up to L0; choose an output level as deep as the deepest "
      "table");
  CHECK(refusal(kTree, {.inputs = numbers({9}), .output_level = 0, .new_run = true}) ==
        "new_run is for levels from L1 on; merged runs of L0 stay where they are");
  CHECK(refusal(kTree, {.inputs = numbers({9}), .output_level = 2}) ==
        "L2 holds 2 runs, and none of their tables is chosen; say new_run, or choose tables there, "
        "too");
  CHECK(refusal(kTree, {.inputs = numbers({9}), .output_level = 1}) ==
        "table #9 would go from L0 run 90 to L1, below the older table #8 in L0 run 80, which "
        "overlaps it; choose that, too");
  CHECK(refusal(kTree, {.inputs = numbers({4}), .output_level = 2, .new_run = true}) == "");
  CHECK(
      refusal(kTree, {.inputs = numbers({3}), .output_level = 2, .new_run = true}) ==
      "table #3 would go from L2 run 3 to L2 run 100, above the newer table #4 in L2 run 4, which "
      "overlaps it; choose that, too");
  CHECK(refusal(kTree, {.inputs = numbers({8}), .output_level = 1}) ==
        "table #5 stands in L1, where the output would overlap it; choose it, too");
  CHECK(refusal(kTree, {.inputs = numbers({9, 8, 5}), .output_level = 1}) ==
        "table #6 stands in L1, where the output would overlap it; choose it, too");
  CHECK(refusal(kTree, {.inputs = numbers({9, 8, 5, 6}), .output_level = 1}) == "");
  CHECK(
      refusal(kTree, {.inputs = all_l0, .output_level = 3, .move = true}) ==
      "table #9 would go from L0 run 90 to L3, below the older table #5 in L1, which overlaps it; "
      "choose that, too");
  CHECK(refusal("L0 #9 a..m seqnos=3..4\nL0 #8 k..z seqnos=1..2",
                {.inputs = all_l0, .output_level = 1, .move = true}) ==
        "table #9 and table #8 overlap and can't be moved into one run; choose them without move");
  CHECK(refusal(kTree, {.inputs = numbers({5}), .output_level = 1, .move = true}) ==
        "table #5 stands in L1 already; a move takes tables elsewhere");
  CHECK(refusal(kTree, {.inputs = numbers({4}), .drop = true}) ==
        "without table #4 older records in table #3 in L2 run 3 would come to light; drop that, "
        "too, or first");
  CHECK(refusal(kTree, {.inputs = numbers({3, 4}), .drop = true}) == "");
  CHECK(refusal("L0 #9 a..z seqnos=8..9\nL1 #5 a..c\nL1 #6 d..f",
                {.inputs = numbers({9, 5}), .output_level = 2}) ==
        "table #9 would go from L0 run 9 to L2, below the older table #6 in L1, which overlaps it; "
        "choose that, too");
  CHECK(refusal("L0 #9 a..c seqnos=5..6\nL0 #8 k..z seqnos=3..4\nL0 #7 a..b seqnos=1..2",
                {.inputs = numbers({9, 7}), .output_level = 0}) ==
        "within L0 whole neighbouring runs are merged, and table #8 of run 4 is left out; choose "
        "it, too");
}

TEST_CASE("a choice keeps off damage, jobs in flight and a disk that is too full") {
  PlanContext context = job_100();
  context.damaged = numbers({6});
  const ChosenTables chosen{.inputs = numbers({6}), .output_level = 1};
  CHECK(refusal(kTree, chosen, context) == "table #6 is damaged; leave it where it is");
  // A table that is dropped need not be read.
  CHECK(refusal(kTree, {.inputs = numbers({6}), .drop = true}, context) == "");

  context = job_100();
  context.in_flight = {job_in_flight(plan_of(kTree, chosen))};
  context.job = JobNumber{101};
  CHECK(refusal(kTree, chosen, context) == "table #6 is being compacted; leave it where it is");
  CHECK(refusal("L0 #9 q..q seqnos=8..9\nL1 #6 p..r", {.inputs = numbers({9}), .output_level = 1},
                context) ==
        "table #6 stands in L1, where the output would overlap it; choose it, too");
  CHECK(refusal("L0 #9 q..q seqnos=8..9", {.inputs = numbers({9}), .output_level = 1}, context) ==
        "job 100 writes there, to L1 and within 'q' to 'q'; wait until it has ended");

  context = job_100();
  context.free_bytes = 10;
  const char* tree = "L1 #6 a..c file_bytes=11";
  CHECK(refusal(tree, chosen, context) ==
        "it may take 11 bytes of disk, and 10 are free; choose less");
  CHECK(refusal(tree, {.inputs = numbers({6}), .output_level = 2, .move = true}, context) == "");
}

TEST_CASE("what a choice leaves of a run is older than the inputs that it overlaps") {
  // #6 overlaps the newer #9, #7 nothing; both stay below the new run.
  const char* tree = R"(L0 #9 a..h seqnos=8..9
L1 #5 a..c
L1 #6 d..f
L1 #7 r..t
L3 #2 p..q)";
  const ChosenTables chosen{.inputs = numbers({9, 5}), .output_level = 1, .new_run = true};
  const CompactionPlan plan = plan_of(tree, chosen);
  REQUIRE(plan.merge.older_runs.size() == 1);
  REQUIRE(plan.merge.older_runs[0].table_count() == 1);
  CHECK(plan.merge.older_runs[0].smallest_key() == "d");
  CHECK_FALSE(plan.merge.zero_seqnos);

  // What is left below the output's own run holds keys of no input.
  const CompactionPlan apart =
      plan_of("L0 #9 a..c seqnos=8..9\nL1 #5 a..c\nL1 #6 d..f",
              {.inputs = numbers({9, 5}), .output_level = 1, .new_run = true});
  CHECK(apart.merge.older_runs.empty());
  CHECK(apart.merge.zero_seqnos);

  // Nor is what is left newer than the input that it overlaps.
  const CompactionPlan newer = plan_of("L1 run=4 #4 b..d\nL1 run=4 #5 f..g\nL1 run=3 #3 a..g",
                                       {.inputs = numbers({4, 3}), .output_level = 2});
  CHECK(newer.merge.older_runs.empty());
}

TEST_CASE("a chosen plan has the run that the layouts would give it") {
  const CompactionPlan into_run = plan_of(kTree, {.inputs = numbers({3, 4}), .output_level = 2});
  CHECK(into_run.output_run == 4);
  const CompactionPlan new_run =
      plan_of(kTree, {.inputs = numbers({9, 8, 5, 6}), .output_level = 2, .new_run = true});
  CHECK(new_run.output_run == 100);
  CHECK(new_run.merge.older_runs.size() == 2);
  CHECK(plan_of(kTree, {.inputs = numbers({8, 9}), .output_level = 0}).output_run == 90);
  CHECK(plan_of(kTree, {.inputs = numbers({5}), .output_level = 1}).output_run == 0);
}
