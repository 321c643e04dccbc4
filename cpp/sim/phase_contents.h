// What a stretch of a workload's writes is expected to leave in a memtable: the bridge from classes
// of keys (workload) to slices (sim). Keys are ranked as the encoder orders them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lsmkit/sim/slices.h"
#include "lsmkit/workload/key_classes.h"
#include "lsmkit/workload/scatter.h"
#include "lsmkit/workload/workload_spec.h"

namespace lsmkit {

// Operations of one phase that come one after the other.
struct OpWindow {
  size_t phase = 0;
  uint64_t first_op = 0;  // of the phase
  uint64_t op_count = 0;  // reads, too
};

// Of the operations of one phase, on average.
struct OpWeights {
  double writes = 0;  // share of operations that write
  double added = 0;   // that give the next key its first record
  double taken = 0;   // that delete a queue's oldest key
  double drawn = 0;   // for which the chooser is asked
  double drawn_writes = 0;
  double deletes = 0;    // share of drawn writes
  double put_bytes = 0;  // of a value
  double weight = 0;     // of a write: key + value + 8
};

// When phases that last for a time end.
enum class PhaseEnds : uint8_t {
  kInLockstep,  // after the operations that their rates make
  kByClock,     // when somebody says so
};

// Keys between two ranks, of some groups, that are drawn alike.
struct DrawnKeys {
  uint64_t begin = 0, end = 0;
  size_t first_group = 0, end_group = 0;
  double of_each = 0;  // share of all draws that one of the keys gets
};

class PhaseContents {
 public:
  static constexpr size_t kMostClasses = 32;  // of a phase's keys

  // Throws NotSupported, naming exact mode, for a workload that slices cannot hold.
  explicit PhaseContents(const WorkloadSpec& workload, PhaseEnds ends = PhaseEnds::kInLockstep);

  const WorkloadSpec& workload() const { return workload_; }
  const KeyGroups& groups() const { return groups_; }
  // The group of a key that phases scatter by an order of keys; none where they don't.
  std::optional<size_t> group_of(uint64_t id) const;
  // By group, how likely a draw is of one given key, in the first phase that scatters keys; all
  // alike if none does.
  std::vector<double> group_rates() const;
  const OpWeights& weights(size_t phase) const { return weights_[phase]; }
  // At most; kUnbounded: until the clock says so.
  uint64_t op_count(size_t phase) const { return op_counts_[phase]; }
  static constexpr uint64_t kUnbounded = uint64_t{1} << 62;

  // How many of the window's operations may be taken at once: a permutation is one until it begins
  // anew.
  uint64_t whole_ops(const OpWindow& window) const;
  // Requires: op_count is at most whole_ops.
  Slices contents(const OpWindow& window) const;
  // What the window's operations draw; those between the same ranks come together.
  std::vector<DrawnKeys> drawn(const OpWindow& window) const;

 private:
  // Keys between two ranks, of some groups, that are written alike.
  struct Spread {
    uint64_t begin, end;
    size_t first_group, end_group;
    double absent = 1;   // share not met by chance
    double turns = 0;    // share met in its turn
    double deletes = 0;  // share of those met that end as a tombstone
  };

  void check_phase(const Phase& phase) const;
  void find_groups();
  void find_order(size_t phase);
  size_t group_at(double share) const;
  std::vector<Spread> spreads(const OpWindow& window) const;
  void spread_classes(const OpWindow& window, std::vector<Spread>& out) const;
  // The classes of the window's draws, each with the groups that it stands for.
  template <class Take>
  void for_each_class(const OpWindow& window, Take&& take) const;

  const WorkloadSpec workload_;
  bool keeps_order_ = true;
  std::vector<OpWeights> weights_;
  std::vector<uint64_t> op_counts_;
  std::vector<uint64_t> key_counts_;  // when a phase begins
  std::vector<uint64_t> oldest_keys_;
  KeyGroups groups_;
  std::vector<double> group_ends_;          // cumulative shares
  std::optional<size_t> scattering_phase_;  // the first
  std::optional<Scatter> order_;            // of its keys, or clusters, by popularity
  uint64_t ordered_ = 0;                    // how many there are
  uint64_t neighbours_ = 1;                 // keys that have one place in the order
};

}  // namespace lsmkit
