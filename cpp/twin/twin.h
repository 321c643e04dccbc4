// One workload on the engine and on its exact simulation, side by side: whatever one does to its
// tree the other has to do as well, edit by edit.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "lsmkit/db/db.h"
#include "lsmkit/sim/exact_tree.h"

namespace lsmkit {

struct TwinReport {
  uint64_t commits = 0;
  uint64_t edits = 0;  // that agreed
  std::map<EditReason, uint64_t> edits_by_reason;
  uint64_t compactions = 0;    // of the edits; moves and drops among them
  uint64_t moved_tables = 0;   // by trivial moves
  uint64_t passed_tables = 0;  // out of merges as they were
  uint64_t dropped_entries = 0;
  uint64_t dropped_tombstones = 0;
  uint64_t zeroed_tables = 0;  // whose seqnos are all zero
  uint64_t cut_jobs = 0;       // that made several tables
  uint64_t parted_jobs = 0;    // that made tables in several parts
  uint64_t pinned_jobs = 0;    // under a reader
  std::set<uint32_t> levels;   // written to
  std::string difference;      // the first, in words; empty: none
};

class Twin {
 public:
  // Throws InvalidArgument unless `db` is new (nothing was ever written) and runs its jobs inline.
  // Nobody else may write to it.
  Twin(std::shared_ptr<Db> db, std::shared_ptr<const KeyUniverse> keys,
       const std::optional<ReadOptions>& reads = std::nullopt);
  // Of a database that holds something: the simulation goes on from there. Requires: `keys` has
  // all that it holds.
  static std::unique_ptr<Twin> fork(std::shared_ptr<Db> db,
                                    std::shared_ptr<const KeyUniverse> keys);

  // Told of each simulated edit as it is made.
  void watch(ExactTree::Observer watcher) { watcher_ = std::move(watcher); }

  // Goes to both. Once they differ, nothing more is written: look at report().
  void write(std::span<const SimWrite> commit);
  void put(KeyRank rank, uint32_t value_bytes);
  void remove(KeyRank rank);
  void flush();
  void compact_range(const std::optional<std::string>& begin,
                     const std::optional<std::string>& end);
  // A reader in both, until let_go(): of the oldest.
  void pin();
  void let_go();

  bool differ() const { return !report_.difference.empty(); }
  const TwinReport& report() const { return report_; }
  // Compares what isn't yet, the versions as they stand, and the counters that both keep.
  const TwinReport& finish();

  Db& engine() { return *db_; }
  ExactTree& simulation() { return simulation_; }

 private:
  Twin(std::shared_ptr<Db> db, std::shared_ptr<const KeyUniverse> keys, ExactStart start,
       const std::optional<ReadOptions>& reads);
  void compare_edits();
  void compare_state();
  void count(const Event& event);
  void count_tables(const Event& event);

  const std::shared_ptr<Db> db_;
  const std::shared_ptr<const KeyUniverse> keys_;
  ExactTree simulation_;
  ExactTree::Observer watcher_;
  std::vector<Event> simulated_;  // not yet compared
  uint64_t last_event_ = 0;       // of the engine's, looked at
  Counters counted_before_;       // by the engine
  std::string value_;
  std::vector<std::pair<std::shared_ptr<const Snapshot>, Seqno>> readers_;
  TwinReport report_;
};

// What differs between two edits in words, files aside; empty: nothing that decides anything.
std::string difference_of(const Event& engine, const Event& simulation);

}  // namespace lsmkit
