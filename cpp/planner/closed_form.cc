#include "lsmkit/planner/closed_form.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "lsmkit/bytes/error.h"
#include "lsmkit/planner/closed_form_inside.h"
#include "lsmkit/rules/l0_tiers.h"
#include "lsmkit/rules/level_targets.h"

namespace lsmkit {
namespace {

// All in records. A level that is fed every `feed` puts and emptied after `c` feeds.
struct Emptied {
  std::span<const KeyShare> keys;
  double feed, c;

  // Of each class, 1 - its share there is on average: (1 - q^c) / (c (1 - q)).
  double gone(const KeyShare& k) const {
    const double rate = k.probability * feed;
    return rate > 0 ? std::expm1(-c * rate) / (c * std::expm1(-rate)) : 1;
  }
  double holds() const {
    double sum = 0;
    for (const KeyShare& k : keys) sum += k.keys * (1 - gone(k));
    return sum;
  }
  double rewritten() const {
    double sum = 0;
    for (const KeyShare& k : keys) sum += k.keys * (1 - std::exp(-k.probability * feed) * gone(k));
    return sum;
  }
};

// The c with which the level holds `target`; at least one feed passes through.
double feeds_until_emptied(std::span<const KeyShare> keys, double feed, double target) {
  double low = 1, high = 2;
  while (Emptied{keys, feed, high}.holds() < target && high < 1e12) high *= 2;
  for (int i = 0; i < 100; ++i) {
    const double middle = (low + high) / 2;
    (Emptied{keys, feed, middle}.holds() < target ? low : high) = middle;
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

// What goes down: everywhere once in so many puts, and this share of the keys at a time.
struct Feed {
  double puts = 0;
  double stretch = 1;
};

class Forms {
 public:
  Forms(const CompactionOptions& options, std::span<const KeyShare> keys, double record_weight)
      : options_(options),
        keys_(keys),
        n_(all_keys(keys)),
        record_weight_(record_weight),
        memtable_(static_cast<double>(options.memtable_weight) / record_weight),
        targets_(settled_targets(options, static_cast<uint64_t>(n_ * record_weight))) {
    cost_.level_write_amp.resize(targets_.weight.size());
    cost_.level_weight.resize(targets_.weight.size());
  }

  ExpectedCost cost() {
    Feed feed = from_l0();
    batch_ = different(feed.puts);
    const unsigned base = std::min(targets_.base_level, targets_.last_level());
    for (unsigned level = base; level < targets_.last_level(); ++level) {
      if (options_.layout == Layout::kLazyLeveled)
        feed = tier(level, feed);
      else
        feed = level == base ? base_level(level, feed) : leveled(level, feed);
    }
    write(targets_.last_level(), n_ + edges(feed, n_), feed.puts);
    hold(targets_.last_level(), n_);
    cost_.runs += 1;

    for (const double written : cost_.level_write_amp) cost_.write_amp += written;
    for (const double weight : cost_.level_weight) cost_.space_amp += weight;
    cost_.space_amp /= n_ * record_weight_;
    return cost_;
  }

 private:
  double different(double puts) const { return different_keys(keys_, puts); }
  void write(unsigned level, double records, double every) {
    cost_.level_write_amp[level] += records / every;
  }
  void hold(unsigned level, double records) {
    cost_.level_weight[level] += records * record_weight_;
  }

  // 0 to `most` - 1 runs of `feed` puts each gather.
  void hold_runs(unsigned level, double feed, double most) {
    cost_.runs += (most - 1) / 2;
    hold(level, different(feed) * (most - 1) / 2);
  }

  Feed from_l0() {
    const double trigger = options_.l0_trigger_runs;
    double feed = memtable_ * trigger;
    write(0, different(memtable_), memtable_);
    hold_runs(0, memtable_, trigger);
    if (options_.layout != Layout::kHybrid) return {feed};
    // Of so many merges, the last is part of the way down.
    const double merged = options_.l0_merged_runs;
    if (merged * different(feed) < kFullL0Share * merged * feed)
      throw InvalidArgument(
          "keys are written over so often that L0's batches don't fill, for which there is no "
          "formula");
    write(0, different(feed) * (merged - 1) / merged, feed);
    hold_runs(0, feed, merged);
    return {feed * merged};
  }

  double target_records(unsigned level) const {
    const double target = static_cast<double>(targets_.weight[level]) / record_weight_;
    if (target >= n_)
      throw InvalidArgument("L" + std::to_string(level) + " alone would hold all " +
                            std::to_string(static_cast<uint64_t>(n_)) +
                            " keys: ask for fewer levels or more keys");
    return target;
  }

  Feed base_level(unsigned level, const Feed& feed) {
    const double c = feeds_until_emptied(keys_, feed.puts, target_records(level));
    const Emptied here{keys_, feed.puts, c};
    write(level, here.rewritten(), feed.puts);
    hold(level, here.holds());
    cost_.runs += 1;
    return {feed.puts * c, feed.stretch / c};
  }

  Feed leveled(unsigned level, const Feed& feed) {
    const double target = target_records(level);
    const double once = different(feed.puts);
    hold(level, target);
    cost_.runs += 1;
    if (target <= once * (1 - feed.stretch)) return feed;
    const double c = std::floor(feeds_until_emptied(keys_, feed.puts, target));
    const double merged = Emptied{keys_, feed.puts, c}.rewritten() - once / c;
    write(level, merged + edges(feed, target) * (c - 1) / c, feed.puts);
    return {feed.puts * c, feed.stretch / c};
  }

  // What jobs rewrite of a level beyond the keys that they span, while it is fed once.
  double edges(const Feed& feed, double level_records) const {
    if (feed.stretch == 1) return 0;  // whole runs: there are none
    const double fed = different(feed.puts);
    const double table = static_cast<double>(options_.table_weight) / record_weight_;
    const double limit = static_cast<double>(options_.compaction_weight_limit()) / record_weight_;
    const double most = std::floor(limit / (1 + level_records / fed) / table);
    return fed / std::max(1.0, std::min(most, batch_ / table));
  }

  Feed tier(unsigned level, const Feed& feed) {
    const double most = std::max(options_.l0_trigger_runs, 1u);
    write(level, different(feed.puts), feed.puts);
    hold_runs(level, feed.puts, most);
    return {feed.puts * most};
  }

  const CompactionOptions& options_;
  const std::span<const KeyShare> keys_;
  const double n_;
  const double record_weight_;
  const double memtable_;
  const LevelTargets targets_;
  double batch_ = 0;  // records that leave L0 at once
  ExpectedCost cost_;
};

}  // namespace

ExpectedCost expected_cost(const CompactionOptions& options, std::span<const KeyShare> keys,
                           uint64_t record_weight) {
  if (options.layout == Layout::kFifo)
    throw InvalidArgument("closed forms know no fifo, which drops what is still wanted; run it");
  const double all = all_keys(keys);
  if (!(all >= 1) || record_weight < 8 || all > 0x1p62 / static_cast<double>(record_weight))
    throw InvalidArgument("closed forms need keys from 1 and records that weigh from 8 bytes");
  const auto weight = static_cast<double>(record_weight);
  if (options.layout == Layout::kTiered) return expected_cost_of_runs(options, keys, weight);
  return Forms(options, keys, weight).cost();
}

ExpectedCost expected_cost(const CompactionOptions& options, uint64_t keys,
                           uint64_t record_weight) {
  const KeyShare all{static_cast<double>(keys),
                     1 / static_cast<double>(std::max<uint64_t>(keys, 1))};
  return expected_cost(options, std::span(&all, 1), record_weight);
}

}  // namespace lsmkit
