// Random trees, planned and merged for real on vectors of records: whatever the options, the pins
// and the jobs in flight, every read at every seqno that anyone may ask gives what was written.
#include <doctest/doctest.h>

#include <cstdio>
#include <random>
#include <set>

#include "support/model_tree.h"

using namespace lsmkit;

namespace {

class Chaos {
 public:
  explicit Chaos(uint64_t seed)
      : random_(seed), key_space_(60 + below(400)), tree_(random_options(), 300 + below(600)) {
    if (below(3) == 0) tree_.keep_history(1 + below(150));
  }

  void run(int steps) {
    for (int i = 0; i < steps; ++i) {
      step();
      if (i % 97 == 0) check();
    }
    while (tree_.running() > 0) tree_.finish_job(0);
    check();
  }

  ModelTree& tree() { return tree_; }

 private:
  uint64_t below(uint64_t n) { return random_() % n; }

  CompactionOptions random_options() {
    CompactionOptions options;
    options.layout = static_cast<Layout>(below(4));  // fifo forgets
    options.size_ratio_percent = static_cast<uint32_t>(below(100));
    options.max_space_amp = below(2) == 0 ? 0 : 1.1 + static_cast<double>(below(20)) / 10;
    options.memtable_weight = 300 + below(600);
    options.l0_merged_runs = static_cast<uint32_t>(1 + below(5));
    options.level_count = static_cast<unsigned>(2 + below(6));
    options.l0_trigger_runs = static_cast<uint32_t>(1 + below(5));
    options.base_weight = 500 + below(3'000);
    options.fanout = static_cast<double>(2 + below(5));
    options.table_weight = 100 + below(500);
    options.sizing = static_cast<LevelSizing>(below(3));
    options.picker = static_cast<Picker>(below(5));
    options.cut = static_cast<OutputCut>(below(4));
    options.pass_through = below(4) != 0;
    options.multi_level = below(4) != 0;
    options.max_parts = static_cast<uint32_t>(1 + below(6));
    options.max_compaction_weight = below(3) == 0 ? 1'000 + below(5'000) : 0;
    return options;
  }

  std::string random_key() {
    // Some keys are much hotter than others, and sometimes writes come in order.
    uint64_t n = below(4) == 0 ? below(10) : below(key_space_);
    if (sequential_ > 0) --sequential_, n = at_++ % key_space_;
    return "key" + std::to_string(1'000 + n);
  }

  void step() {
    const uint64_t dice = below(100);
    if (dice < 60) {
      tree_.write(random_key(), std::string(below(40), 'v') + std::to_string(random_()));
    } else if (dice < 75) {
      tree_.write(random_key(), std::nullopt);
    } else if (dice < 78) {
      snapshots_.push_back(tree_.snapshot());
    } else if (dice < 81 && !snapshots_.empty()) {
      const size_t i = below(snapshots_.size());
      tree_.release(snapshots_[i]);
      snapshots_.erase(snapshots_.begin() + static_cast<std::ptrdiff_t>(i));
    } else if (dice < 88) {
      if (tree_.running() < 3) tree_.start_job();
    } else if (dice < 96) {
      if (tree_.running() > 0) tree_.finish_job(below(tree_.running()));
    } else if (dice == 96) {
      tree_.flush();
    } else if (dice == 97) {
      sequential_ = below(100), at_ = below(key_space_);
    } else if (dice == 98) {
      if (below(4) == 0)
        tree_.set_options(random_options());  // another open: another layout finds the tree
      else
        compact_some_range();
    } else {
      damage_something();
    }
  }

  void compact_some_range() {
    std::string begin = random_key(), end = random_key();
    if (end < begin) std::swap(begin, end);
    if (tree_.running() < 3) tree_.start_range(begin, end, tree_.next_job());
  }

  // A table is damaged for a while; plans keep off it.
  void damage_something() {
    std::vector<TableNumber>& damaged = tree_.damaged();
    if (!damaged.empty()) return damaged.clear();
    const Level& level = tree_.version().level(static_cast<unsigned>(below(3)));
    if (tree_.running() == 0 && !level.empty())
      damaged.push_back(level.runs.front().tables().front()->number);
  }

  void check() {
    std::set<Seqno> readers(snapshots_.begin(), snapshots_.end());
    const Seqno floor = tree_.floor();
    readers.insert({floor, tree_.last_seqno(), floor + below(tree_.last_seqno() - floor + 1)});
    for (const Seqno seqno : readers) {
      const auto different = tree_.first_difference(seqno);
      INFO("read at " << seqno << " of " << tree_.last_seqno() << "\n" << to_text(tree_.version()));
      REQUIRE(different == std::nullopt);
    }
  }

  std::mt19937_64 random_;
  const uint64_t key_space_;
  uint64_t sequential_ = 0;
  uint64_t at_ = 0;
  ModelTree tree_;
  std::vector<Seqno> snapshots_;
};

CompactionOptions small_options() {
  CompactionOptions options;
  options.l0_trigger_runs = 2;
  options.base_weight = 2'000;
  options.fanout = 4;
  options.table_weight = 500;
  return options;
}

constexpr Layout kMergingLayouts[] = {Layout::kLeveled, Layout::kHybrid, Layout::kLazyLeveled,
                                      Layout::kTiered};

std::string numbered_key(uint64_t n) {
  return "key" + std::to_string(10'000 + n);
}

}  // namespace

TEST_CASE("80 random trees: every reader always sees what was written, and nothing else") {
  std::map<EditReason, size_t> plans;
  size_t passed = 0, in_parts = 0, most_parts = 0;
  for (uint64_t seed = 1; seed <= 80; ++seed) {
    CAPTURE(seed);
    Chaos chaos(seed);
    chaos.run(1'200);
    for (const auto& [reason, count] : chaos.tree().plans()) plans[reason] += count;
    passed += chaos.tree().passed_count();
    in_parts += chaos.tree().jobs_in_parts();
    most_parts = std::max(most_parts, chaos.tree().most_parts());
  }
  CHECK(passed > 100);
  CHECK(in_parts > 100);
  CHECK(most_parts >= 5);
  for (const EditReason reason :
       {EditReason::kL0ToBase, EditReason::kIntraL0, EditReason::kLevelFull, EditReason::kManual})
    CHECK_MESSAGE(plans[reason] > 20, name_of(reason));
}

TEST_CASE("planning comes to rest, with every level below its target") {
  for (const Layout layout : kMergingLayouts) {
    for (unsigned i = 0; i < 4; ++i) {
      CompactionOptions options = small_options();
      options.layout = layout;
      options.memtable_weight = 500;
      options.sizing = i < 2 ? LevelSizing::kStatic : LevelSizing::kDynamic;
      options.picker = static_cast<Picker>(i);
      ModelTree tree(options, 500);
      std::mt19937_64 random(3);
      for (int n = 0; n < 3'000; ++n) {
        tree.write(numbered_key(random() % 1'000), std::string(20, 'v'));
        if (n % 50 == 0) REQUIRE(tree.settle() < 200);
      }
      CHECK(tree.settle() < 200);
      for (const LevelScore& score : level_scores(tree.version(), {}, options))
        CHECK((score.priority < 1 || (layout == Layout::kTiered && score.priority == 1)));
      CHECK(tree.first_difference(tree.last_seqno()) == std::nullopt);
    }
  }
}

// A sorted load is moved down table by table, whatever the layout (W4.6).
TEST_CASE("what comes in order is never rewritten") {
  for (const Layout layout : kMergingLayouts) {
    for (const LevelSizing sizing : {LevelSizing::kStatic, LevelSizing::kDynamic}) {
      CompactionOptions options = small_options();
      options.layout = layout;
      options.memtable_weight = 500;
      options.sizing = sizing;
      ModelTree tree(options, 500);
      for (uint64_t n = 0; n < 5'000; ++n) {
        tree.write(numbered_key(n), std::string(20, 'v'));
        tree.settle();
      }
      CHECK(tree.written_weight() == 0);
      CHECK(tree.version().run_count() < 12);
    }
  }
}

// Nearly all writes go to a tenth of the keys, one in fifty anywhere: every memtable spans all
// keys.
TEST_CASE("a hot range: tables that are not touched are not rewritten") {
  for (const Layout layout : kMergingLayouts) {
    uint64_t written[2] = {};
    for (const bool pass : {false, true}) {
      CompactionOptions options = small_options();
      options.layout = layout;
      options.memtable_weight = 2'000;
      options.base_weight = 20'000;
      options.pass_through = pass;
      ModelTree tree(options, 2'000);
      std::mt19937_64 random(5);
      for (uint64_t n = 0; n < 4'000; ++n) tree.write(numbered_key(n), std::string(20, 'v'));
      for (int n = 0; n < 8'000; ++n) {
        const uint64_t id = random() % 50 == 0 ? random() % 4'000 : 700 + random() % 400;
        tree.write(numbered_key(id), std::string(20, 'v'));
        tree.settle();
      }
      written[pass] = tree.written_weight();
      CHECK(tree.first_difference(tree.last_seqno()) == std::nullopt);
      CHECK((tree.passed_count() > 0) == pass);
    }
    std::printf("hot range, layout %d: %.2f of the weight written without pass-through\n",
                static_cast<int>(layout),
                static_cast<double>(written[1]) / static_cast<double>(written[0]));
    CHECK(written[1] < written[0]);
  }
}

TEST_CASE("reliability B3: after everything is deleted and compacted, nothing is left") {
  ModelTree tree(small_options(), 500);
  for (uint64_t n = 0; n < 500; ++n) tree.write(numbered_key(n % 250), "value");
  tree.settle();
  for (uint64_t n = 0; n < 250; ++n) tree.write(numbered_key(n), std::nullopt);
  tree.flush();
  const JobNumber first_job = tree.next_job();
  int steps = 0;
  for (; !tree.start_range(std::nullopt, std::nullopt, first_job).done; ++steps) {
    REQUIRE(steps < 100);
    REQUIRE(tree.running() == 1);
    tree.finish_job(0);
  }
  CHECK(tree.version().table_count() == 0);
}

TEST_CASE("a full range compaction leaves one record a key, without seqnos, in one level") {
  ModelTree tree(small_options(), 500);
  std::mt19937_64 random(9);
  for (int i = 0; i < 3'000; ++i) {
    const std::string key = numbered_key(random() % 400);
    tree.write(key, random() % 5 == 0 ? std::nullopt : std::optional("v" + std::to_string(i)));
    if (i % 100 == 0) tree.settle();
  }
  tree.flush();
  const JobNumber first_job = tree.next_job();
  while (!tree.start_range(std::nullopt, std::nullopt, first_job).done) tree.finish_job(0);

  uint64_t live = 0;
  for (uint64_t n = 0; n < 400; ++n)
    live += tree.expected(numbered_key(n), tree.last_seqno()).has_value();
  CHECK(tree.version().entry_count() == live);
  CHECK(tree.version().run_count() == 1);
  for (unsigned n = 0; n < tree.version().level_count(); ++n)
    for (const Run& run : tree.version().level(n).runs) CHECK(run.largest_seqno() == 0);
  CHECK(tree.first_difference(tree.last_seqno()) == std::nullopt);
}

TEST_CASE("a snapshot held through everything keeps reading what it saw, and costs only that") {
  ModelTree tree(small_options(), 500);
  for (uint64_t n = 0; n < 300; ++n) tree.write(numbered_key(n), "old");
  const Seqno held = tree.snapshot();
  for (int round = 0; round < 5; ++round) {
    for (uint64_t n = 0; n < 300; ++n) tree.write(numbered_key(n), "new" + std::to_string(round));
    tree.settle();
  }
  tree.flush();
  JobNumber first_job = tree.next_job();
  while (!tree.start_range(std::nullopt, std::nullopt, first_job).done) tree.finish_job(0);
  CHECK(tree.first_difference(held) == std::nullopt);
  CHECK(tree.version().entry_count() == 600);  // what the snapshot sees, and the newest
  tree.release(held);
  first_job = tree.next_job();
  while (!tree.start_range(std::nullopt, std::nullopt, first_job).done) tree.finish_job(0);
  CHECK(tree.version().entry_count() == 300);
}

TEST_CASE("loading in order rewrites nothing") {
  ModelTree tree(small_options(), 500);
  for (uint64_t n = 0; n < 3'000; ++n) {
    tree.write(numbered_key(n), std::string(20, 'v'));
    tree.settle();
  }
  CHECK(tree.written_weight() == 0);
  CHECK(tree.first_difference(tree.last_seqno()) == std::nullopt);
}

TEST_CASE("the same writes give the same edits, byte for byte") {
  const auto shape = [] {
    Chaos chaos(17);
    chaos.run(1'000);
    return to_text(chaos.tree().version());
  };
  CHECK(shape() == shape());
}
