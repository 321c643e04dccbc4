// The exact simulator: a tree whose tables hold columns of records instead of files. Planner, rules
// and merge are the engine's own, and it goes through them in the same order as an engine with
// background="inline": so beside that engine, given the same writes, it makes the same edits.
//
//   put -> memtable -> full: flush -> plan and carry out until nothing is due -> next put
//
// All integers, no clock of its own, no randomness.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "lsmkit/planner/planner.h"
#include "lsmkit/rules/merge_tables.h"
#include "lsmkit/sim/key_universe.h"
#include "lsmkit/sim/record_merge.h"
#include "lsmkit/trace/event.h"

namespace lsmkit {

struct SimWrite {
  KeyRank rank = 0;
  Kind kind = Kind::kPut;
  uint32_t value_bytes = 0;  // puts only
};

class ExactTree {
 public:
  // Told of each flush and compaction, after the edit.
  using Observer = std::function<void(const Event&)>;

  ExactTree(std::shared_ptr<const KeyUniverse> keys, const CompactionOptions& options);

  void observe(Observer observer) { observer_ = std::move(observer); }
  // In place of plan_compaction. Its plans come from plan_chosen.
  void plan_by(Planner planner) {
    planner_ = std::move(planner);
    own_planner_ = true;
  }

  // One commit of all of them; the last word on a key wins. Throws InvalidArgument for what is no
  // write to this universe; nothing is written then.
  void write(std::span<const SimWrite> commit);
  void put(KeyRank rank, uint32_t value_bytes);
  void remove(KeyRank rank);
  // What is in the memtable becomes a run of L0, and what is due then is compacted.
  void flush();
  // All that lies in [begin, end] (none: no bound) goes to the deepest level, as
  // Db::compact_range.
  void compact_range(const std::optional<std::string>& begin,
                     const std::optional<std::string>& end);

  // A reader that stays at this moment, until unpin.
  Seqno pin();
  void unpin(Seqno seqno);

  // Virtual time, for events and picks by age.
  void set_time_us(uint64_t now_us) { now_us_ = now_us; }

  const Version& version() const { return version_; }
  const Counters& counters() const { return counters_; }
  Seqno last_seqno() const { return last_seqno_; }
  uint64_t memtable_weight() const { return memtable_weight_; }
  uint64_t memtable_entries() const { return memtable_.size(); }
  // Of the newest record of each key, tombstones aside: what a reader sees now.
  uint64_t live_weight() const { return live_weight_; }
  uint64_t live_keys() const { return live_keys_; }
  // Records that went into merges, so far.
  uint64_t merged_records() const { return merged_records_; }

  // Looks each key up in the tree and compares with what was written last. Throws
  // std::logic_error that tells the first key's history if one differs. Fifo drops what is oldest:
  // there a key may be gone.
  void check_contents() const;

 private:
  struct Newest {
    Seqno seqno = 0;  // 0: never written
    uint32_t value_bytes = 0;
    bool deleted = false;
    bool is_live() const { return seqno != 0 && !deleted; }
  };

  void count_user_write(const SimWrite& write);
  void insert(const SimWrite& write);
  void flush_memtable();
  void carry_out(const CompactionPlan& plan);
  PlanContext context() const;
  std::vector<Seqno> pinned_seqnos() const;
  std::vector<TableRef> keep(RecordSink& sink);
  void publish(const VersionEdit& edit, EventKind kind, const MergeCounts& counts);
  void for_each_record(KeyRank rank,
                       const std::function<bool(const std::string& where, const Record&)>& f) const;

  const std::shared_ptr<const KeyUniverse> keys_;
  const CompactionOptions options_;
  Planner planner_ = plan_compaction;
  bool own_planner_ = false;
  Observer observer_;
  uint64_t now_us_ = 0;

  std::vector<Record> memtable_;  // in order of writing
  uint64_t memtable_weight_ = 0;
  Seqno last_seqno_ = 0;
  std::multiset<Seqno> pins_;
  std::vector<Newest> newest_;  // by rank
  uint64_t live_weight_ = 0;
  uint64_t live_keys_ = 0;

  Version version_;
  std::map<TableNumber, std::shared_ptr<const Records>> contents_;
  uint64_t next_job_ = 1;
  Counters counters_;
  uint64_t merged_records_ = 0;
};

}  // namespace lsmkit
