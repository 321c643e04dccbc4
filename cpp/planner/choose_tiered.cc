// Tiered as RocksDB's universal style: every run of L0 and every filled level is one sorted run,
// and neighbours in age are merged. In this order, once there are l0_trigger_runs:
//   1. Space: everything becomes one run when what stands above the oldest run weighs too much
//      beside it.
//   2. Ratio: the newest stretch of runs of which each weighs at most size_ratio_percent more than
//      all before it.
//   3. Count: beyond max_runs, the newest of them, as many as bring the tree back to it.
#include <algorithm>

#include "lsmkit/planner/layouts.h"
#include "lsmkit/planner/sorted_runs.h"

namespace lsmkit {
namespace {

constexpr double kDefaultSpaceAmp = 3;  // RocksDB: max_size_amplification_percent, 200

class TieredChooser {
 public:
  explicit TieredChooser(const PlanView& view) : view_(view), runs_(sorted_runs(view)) {}

  Choice choose() const {
    if (runs_.size() < view_.options.l0_trigger_runs) return std::nullopt;
    Choice choice = for_space();
    if (!choice) choice = by_ratio();
    if (!choice) choice = by_count();
    return choice;
  }

 private:
  bool is_free(size_t i) const { return runs_[i].why_not.empty(); }

  Choice for_space() const {
    const double most =
        view_.options.max_space_amp != 0 ? view_.options.max_space_amp : kDefaultSpaceAmp;
    size_t first = 0;
    while (first + 1 < runs_.size() && !is_free(first)) ++first;
    uint64_t weight = 0;
    for (size_t i = first; i + 1 < runs_.size(); ++i) {
      if (!is_free(i)) return std::nullopt;
      weight += runs_[i].run.weight();
    }
    const uint64_t oldest = runs_.back().run.weight();
    if (weight == 0 || !is_free(runs_.size() - 1) ||
        static_cast<double>(weight) < (most - 1) * static_cast<double>(oldest))
      return std::nullopt;
    const double space_amp =
        1 + static_cast<double>(weight) / static_cast<double>(std::max<uint64_t>(oldest, 1));
    return merged(first, runs_.size() - first, EditReason::kSpaceAmp, space_amp / most);
  }

  Choice by_ratio() const {
    const double ratio = 1 + view_.options.size_ratio_percent / 100.0;
    return merge_stretch(ratio, runs_.size(), EditReason::kSizeRatio);
  }

  Choice by_count() const {
    const size_t most =
        view_.options.max_runs != 0 ? view_.options.max_runs : view_.options.l0_trigger_runs;
    size_t idle = 0;
    for (size_t i = 0; i < runs_.size(); ++i) idle += is_free(i);
    if (idle <= most) return std::nullopt;
    return merge_stretch(0, idle - most + 1, EditReason::kRunCount);
  }

  // The newest stretch of at least min_merge_runs free runs, at most `most`, in which each weighs
  // at most `ratio` times those before it together. Ratio 0: whatever they weigh.
  Choice merge_stretch(double ratio, size_t most, EditReason reason) const {
    if (view_.options.max_merge_runs != 0)
      most = std::min<size_t>(most, view_.options.max_merge_runs);
    for (size_t first = 0; first < runs_.size(); ++first) {
      if (!is_free(first)) continue;
      uint64_t weight = runs_[first].run.weight();
      size_t count = 1;
      for (size_t i = first + 1; i < runs_.size() && count < most && is_free(i); ++i, ++count) {
        const uint64_t next = runs_[i].run.weight();
        if (ratio != 0 && static_cast<double>(weight) * ratio < static_cast<double>(next)) break;
        weight += next;
      }
      if (count < 2 || count < view_.options.min_merge_runs) continue;
      const double score = static_cast<double>(runs_.size()) /
                           static_cast<double>(std::max(view_.options.l0_trigger_runs, 1u));
      return merged(first, count, reason, score);
    }
    return std::nullopt;
  }

  // To the deepest level that stands above all that is older.
  Choice merged(size_t first, size_t count, EditReason reason, double score) const {
    Selection selection = select_runs(view_, runs_, first, count);
    selection.reason = reason;
    selection.score = score;
    const SortedRun& deepest = runs_[first + count - 1];
    if (first + count == runs_.size())
      selection.output_level = static_cast<uint32_t>(view_.targets.weight.size() - 1);
    else
      selection.output_level = std::max(runs_[first + count].level, 1u) - 1;
    // Where older runs stand in the very level, left by another layout, the inputs' place is kept.
    selection.output_level = std::max(selection.output_level, deepest.level);
    for (size_t i = first + count; i-- > first;)
      if (runs_[i].level == selection.output_level) selection.output_run = runs_[i].run.id();
    return selection;
  }

  const PlanView& view_;
  const std::vector<SortedRun> runs_;
};

}  // namespace

Choice choose_tiered(const PlanView& view, std::vector<RunnerUp>&) {
  return TieredChooser(view).choose();
}

}  // namespace lsmkit
