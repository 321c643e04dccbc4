// The keys of a run, written to a tree one after the other.
#include "lockstep_run.h"

#include <time.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <string>

#include "timing.h"

namespace lsmkit::bench {
namespace {

// The keys to write, one after the other: equal for every tree.
class KeyOrder {
 public:
  KeyOrder(const LockstepWorkload& workload) : workload_(workload), random_(workload.seed) {
    ids_.resize(workload.keys);
    for (uint64_t i = 0; i < workload.keys; ++i) ids_[i] = i;
    std::shuffle(ids_.begin(), ids_.end(), random_);
    if (workload.zipf) {
      double sum = 0;
      shares_.reserve(workload.keys);
      for (uint64_t rank = 1; rank <= workload.keys; ++rank) {
        shares_.push_back(sum += std::pow(static_cast<double>(rank), -kTheta));
      }
    }
  }
  uint64_t loaded(uint64_t i) const { return ids_[i]; }
  uint64_t drawn() {
    if (!workload_.zipf)
      return std::uniform_int_distribution<uint64_t>(0, workload_.keys - 1)(random_);
    const double u = std::uniform_real_distribution<double>(0, shares_.back())(random_);
    const auto rank = std::lower_bound(shares_.begin(), shares_.end(), u) - shares_.begin();
    return ids_[static_cast<size_t>(rank)];  // the hot ones lie anywhere
  }
  bool deletes() {
    return workload_.delete_percent > 0 &&
           std::uniform_int_distribution<unsigned>(1, 100)(random_) <= workload_.delete_percent;
  }

 private:
  static constexpr double kTheta = 0.99;
  const LockstepWorkload& workload_;
  std::mt19937_64 random_;
  std::vector<uint64_t> ids_;
  std::vector<double> shares_;
};

double process_cpu_seconds() {
  timespec used{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

}  // namespace

LockstepOutcome run_lockstep(const LockstepWorkload& workload, const LockstepShape& shape,
                             LockstepTree& tree) {
  KeyOrder order(workload);
  LockstepOutcome out;
  std::vector<bool> live(workload.keys);
  uint64_t live_count = 0, since_flush = 0, samples = 0;
  bool sampling = false;
  const auto step = [&] {
    if (++since_flush < shape.flush_entries) return;
    since_flush = 0;
    tree.flush_and_settle();
    if (!sampling) return;
    uint64_t entries = 0, tables = 0;
    for (const LockstepLevel& level : tree.levels()) {
      entries += level.entries;
      tables += level.tables;
    }
    out.mean_tables += static_cast<double>(tables);
    const double space = static_cast<double>(entries) / static_cast<double>(live_count);
    out.mean_space += space;
    out.peak_space = std::max(out.peak_space, space);
    out.mean_runs += static_cast<double>(tree.run_count());
    ++samples;
  };
  const double cpu_before = process_cpu_seconds();
  out.seconds = seconds_of([&] {
    for (uint64_t i = 0; i < workload.keys; ++i) {
      const uint64_t id = order.loaded(i);
      live[id] = true;
      ++live_count;
      tree.put(decimal_key(id));
      step();
    }
    out.load = tree.work();
    for (uint64_t i = 0; i < workload.overwrites; ++i) {
      sampling = i >= workload.overwrites / 2;
      const uint64_t id = order.drawn();
      const bool deletes = order.deletes();
      live_count += live[id] == deletes ? (deletes ? uint64_t(-1) : 1) : 0;
      live[id] = !deletes;
      if (deletes) {
        tree.remove(decimal_key(id));
      } else {
        tree.put(decimal_key(id));
      }
      step();
    }
  });
  out.cpu_seconds = process_cpu_seconds() - cpu_before;
  out.end = tree.work();
  if (samples > 0) {
    out.mean_space /= static_cast<double>(samples);
    out.mean_runs /= static_cast<double>(samples);
    out.mean_tables /= static_cast<double>(samples);
  }
  out.levels = tree.levels();
  if (tree.picks() != nullptr) out.picks = *tree.picks();
  if (tree.outputs() != nullptr) out.outputs = *tree.outputs();
  return out;
}

}  // namespace lsmkit::bench
