// Segment simulations that go on from a tree's metas: which keys its runs hold, and that they write
// as much as the tree would have.
#include <doctest/doctest.h>

#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "lsmkit/numbers/elementary.h"
#include "lsmkit/sim/group_mix.h"
#include "support/sim_ladder.h"

using namespace lsmkit;

namespace {

// Ten groups of ever more keys, each group drawn as often as the others in all.
GroupDraws ten_groups() {
  std::vector<double> shares, rates;
  double keys = 1;
  for (int j = 0; j < 10; ++j) {
    shares.push_back(keys / 1'023);
    rates.push_back(.1 / keys / 1'000);
    keys *= 2;
  }
  return {shares, rates};
}

double mean_of(const GroupDraws& draws, const std::vector<double>& hits) {
  double sum = 0;
  for (size_t j = 0; j < hits.size(); ++j) sum += draws.shares()[j] * hits[j];
  return sum;
}

// As many samples of each group as records, out of so many.
std::vector<double> sampled(const GroupDraws& draws, const std::vector<double>& hits,
                            double count) {
  std::vector<double> out;
  for (size_t j = 0; j < hits.size(); ++j)
    out.push_back(count * draws.shares()[j] * hits[j] / mean_of(draws, hits));
  return out;
}

// A tree with its workload's stream, record by record.
class Driven {
 public:
  Driven(const WorkloadSpec& workload, const CompactionOptions& options)
      : tree_(universe_of(workload), options) {
    const WorkloadStream stream(workload);
    ranks_ = ranks_of(stream.encoder(), workload.key_count);
  }
  void drive(const WorkloadSpec& workload) {
    WorkloadStream stream(workload);
    for (Operation op; stream.next(op);)
      if (op.kind == OpKind::kDelete) {
        tree_.remove(ranks_[op.key_id]);
      } else {
        tree_.put(ranks_[op.key_id], static_cast<uint32_t>(op.size));
      }
  }
  ExactTree& tree() { return tree_; }

 private:
  static std::shared_ptr<const KeyUniverse> universe_of(const WorkloadSpec& workload) {
    const WorkloadStream stream(workload);
    std::vector<std::string> keys(workload.key_count);
    for (uint64_t id = 0; id < keys.size(); ++id) stream.encoder().encode(id, keys[id]);
    return std::make_shared<const KeyUniverse>(std::move(keys));
  }

  ExactTree tree_;
  std::vector<KeyRank> ranks_;
};

}  // namespace

TEST_CASE("whatever a run's keys are, a stretch has as many as it has") {
  const GroupDraws draws = ten_groups();
  for (const double run_hit : {.05, .4, .85}) {
    std::vector<double> popular(10, .02), cold(10, run_hit);
    popular[0] = 1;
    cold[0] = 0;
    for (const auto& hits : {popular, cold, std::vector<double>(10, run_hit)}) {
      const GroupMix mix = GroupMix::likeliest(draws, sampled(draws, hits, 1'000), run_hit);
      for (const double hit : {.01, .3, .9, 1.0})
        CHECK(mean_of(draws, mix.hits(hit)) == doctest::Approx(hit).epsilon(.02));
    }
  }
}

TEST_CASE("samples tell draws, keys in turn and deletes apart") {
  const GroupDraws draws = ten_groups();
  std::vector<double> drawn, turns, deleted;
  for (size_t j = 0; j < 10; ++j) {
    drawn.push_back(draws.met(j, 20'000));
    turns.push_back(.3 + .7 * draws.met(j, 20'000));
    deleted.push_back(1 - .2 * draws.met(j, 500'000));
  }
  const std::vector<double> even(10, .3);
  for (const auto& hits : {drawn, turns, deleted, even}) {
    const double hit = mean_of(draws, hits);
    const GroupMix mix = GroupMix::likeliest(draws, sampled(draws, hits, 5'000), hit);
    const std::vector<double> found = mix.hits(hit);
    for (size_t j = 0; j < 10; ++j) CHECK(found[j] == doctest::Approx(hits[j]).epsilon(.05));
  }
  // Nothing is known.
  CHECK(GroupMix::likeliest(draws, std::vector<double>(10, 0), .3).hits(.3) == even);
}

TEST_CASE("a fork by metas writes as much as the tree: popular keys stay in upper levels") {
  const uint64_t n = 100'000;
  for (const Layout layout : {Layout::kLeveled, Layout::kHybrid, Layout::kLazyLeveled}) {
    for (const double deletes : {0.0, .2}) {
      CAPTURE(static_cast<int>(layout));
      CAPTURE(deletes);
      CompactionOptions options = ladder_options(layout);
      for (uint64_t* weight :
           {&options.memtable_weight, &options.table_weight, &options.base_weight})
        *weight /= 10;
      LadderCase c = ladder_case("fork", options, ZipfKeys{}, n, 2);
      Phase& over = c.workload.phases.back();
      over.mix[OpKind::kDelete] = deletes;
      over.mix[OpKind::kPut] = 1 - deletes;
      Driven real(c.workload, options);
      real.drive(c.workload);
      real.tree().flush();
      const Counters before = real.tree().counters();

      WorkloadSpec more = c.workload;
      more.phases = {over};
      more.phases.front().end = {EndUnit::kOps, 5.0 * double(n)};
      SegmentRun run(more, options,
                     SegmentTreeStart{real.tree().version(), real.tree().last_seqno(), 1'000'000});
      CHECK(run.tree().live_keys() == doctest::Approx(real.tree().live_keys()).epsilon(.01));
      while (run.step()) {
      }
      real.drive(more);
      CHECK(write_amp_weight(run.tree().counters()) ==
            doctest::Approx(write_amp_weight(difference(real.tree().counters(), before)))
                .epsilon(.03));
    }
  }
}
