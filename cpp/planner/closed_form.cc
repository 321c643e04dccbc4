#include "lsmkit/planner/closed_form.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "lsmkit/bytes/error.h"
#include "lsmkit/rules/level_targets.h"

namespace lsmkit {
namespace {

// All in records; `n` distinct keys.
double different(double puts, double n) {
  return -n * std::expm1(-puts / n);
}

// A level of `n` keys' space that is fed every `feed` puts and emptied after `c` feeds.
struct Emptied {
  double n, feed, c;
  double gone() const {  // (1 - q^c) / (c (1 - q))
    return std::expm1(-c * feed / n) / (c * std::expm1(-feed / n));
  }
  double holds() const { return n * (1 - gone()); }
  double rewritten() const { return n * (1 - std::exp(-feed / n) * gone()); }
};

// The c with which the level holds `target`; at least one feed passes through.
double feeds_until_emptied(double n, double feed, double target) {
  double low = 1, high = 2;
  while (Emptied{n, feed, high}.holds() < target && high < 1e12) high *= 2;
  for (int i = 0; i < 100; ++i) {
    const double middle = (low + high) / 2;
    (Emptied{n, feed, middle}.holds() < target ? low : high) = middle;
  }
  return low;
}

// A tree that holds all keys in its last level: what the rules say of its targets.
LevelTargets settled_targets(const CompactionOptions& options, uint64_t weight) {
  auto table = std::make_shared<TableMeta>();
  table->number = TableNumber{1};
  table->weight = weight;
  VersionEdit edit;
  edit.added.push_back({std::max(options.level_count, 2u) - 1, 0, table});
  return level_targets(apply(Version(options.level_count), edit), options);
}

class Forms {
 public:
  Forms(const CompactionOptions& options, uint64_t keys, uint64_t record_weight)
      : options_(options),
        n_(static_cast<double>(keys)),
        record_weight_(static_cast<double>(record_weight)),
        memtable_(static_cast<double>(options.memtable_weight) / record_weight_),
        targets_(settled_targets(options, keys * record_weight)) {
    cost_.level_write_amp.resize(targets_.weight.size());
    cost_.level_weight.resize(targets_.weight.size());
  }

  ExpectedCost cost() {
    const double trigger = options_.l0_trigger_runs;
    double feed = memtable_ * trigger;
    write(0, different(memtable_, n_), memtable_);
    hold_runs(0, memtable_, trigger);
    if (options_.layout == Layout::kHybrid) {
      // Of so many merges, the last is part of the way down.
      const double merged = options_.l0_merged_runs;
      write(0, different(feed, n_) * (merged - 1) / merged, feed);
      hold_runs(0, feed, merged);
      feed *= merged;
    }
    const unsigned base = std::min(targets_.base_level, targets_.last_level());
    for (unsigned level = base; level < targets_.last_level(); ++level)
      feed = options_.layout == Layout::kLazyLeveled ? tier(level, feed) : leveled(level, feed);
    write(targets_.last_level(), n_, feed);
    hold(targets_.last_level(), n_);
    cost_.runs += 1;

    for (const double written : cost_.level_write_amp) cost_.write_amp += written;
    for (const double weight : cost_.level_weight) cost_.space_amp += weight;
    cost_.space_amp /= n_ * record_weight_;
    return cost_;
  }

 private:
  void write(unsigned level, double records, double every) {
    cost_.level_write_amp[level] += records / every;
  }
  void hold(unsigned level, double records) {
    cost_.level_weight[level] += records * record_weight_;
  }

  // 0 to `most` - 1 runs of `feed` puts each gather.
  void hold_runs(unsigned level, double feed, double most) {
    cost_.runs += (most - 1) / 2;
    hold(level, different(feed, n_) * (most - 1) / 2);
  }

  double leveled(unsigned level, double feed) {
    const double target = static_cast<double>(targets_.weight[level]) / record_weight_;
    if (target >= n_)
      throw InvalidArgument("L" + std::to_string(level) + " alone would hold all " +
                            std::to_string(static_cast<uint64_t>(n_)) +
                            " keys: ask for fewer levels or more keys");
    const Emptied here{n_, feed, feeds_until_emptied(n_, feed, target)};
    write(level, here.rewritten(), feed);
    hold(level, here.holds());
    cost_.runs += 1;
    return feed * here.c;
  }

  double tier(unsigned level, double feed) {
    const double most = std::max(options_.l0_trigger_runs, 1u);
    write(level, different(feed, n_), feed);
    hold_runs(level, feed, most);
    return feed * most;
  }

  const CompactionOptions& options_;
  const double n_;
  const double record_weight_;
  const double memtable_;
  const LevelTargets targets_;
  ExpectedCost cost_;
};

}  // namespace

ExpectedCost expected_cost(const CompactionOptions& options, uint64_t keys,
                           uint64_t record_weight) {
  if (options.layout == Layout::kTiered || options.layout == Layout::kFifo)
    throw InvalidArgument(
        "closed forms know the layouts leveled, hybrid and lazy_leveled; run others");
  if (keys == 0 || record_weight < 8 || keys > (uint64_t{1} << 62) / record_weight)
    throw InvalidArgument("closed forms need keys from 1 and records that weigh from 8 bytes");
  return Forms(options, keys, record_weight).cost();
}

}  // namespace lsmkit
