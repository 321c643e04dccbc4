// Our planner and rules, carried out by the exact simulator: the engine's decisions without its
// files.
#include <algorithm>
#include <utility>

#include "lockstep.h"
#include "lockstep_ties.h"
#include "lsmkit/db/output_options.h"
#include "lsmkit/sim/exact_tree.h"
#include "timing.h"

namespace lsmkit::bench {
namespace {

class LsmkitTree final : public LockstepTree {
 public:
  LsmkitTree(const LockstepShape& shape, OurRules rules)
      : value_bytes_(lockstep_value_bytes(shape, rules)),
        keys_(lockstep_universe(shape.keys)),
        tree_(keys_, lockstep_options(shape, rules, lockstep_entry_weight(shape, rules))) {
    if (rules == OurRules::kAsRocksDb && shape.exact) tree_.plan_by(plan_with_rocksdb_ties);
    tree_.observe([this](const Event& event) { count(event); });
  }

  void put(std::string_view key) override { tree_.put(rank_of(key), value_bytes_); }
  void remove(std::string_view key) override { tree_.remove(rank_of(key)); }
  void flush_and_settle() override { tree_.flush(); }

  LockstepWork work() const override { return work_; }
  std::vector<LockstepLevel> levels() const override {
    std::vector<LockstepLevel> out;
    for (unsigned n = 0; n < tree_.version().level_count(); ++n) {
      const Level& level = tree_.version().level(n);
      out.push_back({level.table_count(), level.entry_count()});
    }
    return out;
  }
  uint64_t run_count() const override { return tree_.version().run_count(); }

 private:
  KeyRank rank_of(std::string_view key) const { return keys_->rank_of(key).value(); }

  // Tables that a merge passed over are moved ones.
  void count(const Event& event) {
    if (event.kind == EventKind::kFlush) {
      work_.flushed += event.out_entries;
    } else if (event.kind == EventKind::kTrivialMove) {
      work_.moves += event.added.size();
    } else {
      if (work_.written.size() <= event.output_level) work_.written.resize(event.output_level + 1);
      work_.written[event.output_level] += event.out_entries;
      for (const Rectangle& table : event.added)
        work_.moves += job_of(TableNumber{table.number}) != event.job;
      ++work_.jobs;
    }
  }

  const uint32_t value_bytes_;
  const std::shared_ptr<const KeyUniverse> keys_;
  ExactTree tree_;
  LockstepWork work_;
};

bool is_as_rocksdb(OurRules rules) {
  return rules == OurRules::kAsRocksDb || rules == OurRules::kAsUniversal;
}

}  // namespace

uint32_t lockstep_value_bytes(const LockstepShape& shape, OurRules rules) {
  return is_as_rocksdb(rules) && shape.exact ? kLockstepValueBytesBesideRocksDb
                                             : kLockstepValueBytes;
}

uint64_t lockstep_entry_weight(const LockstepShape& shape, OurRules rules) {
  return kLockstepKeyBytes + lockstep_value_bytes(shape, rules) + 8;
}

std::shared_ptr<const KeyUniverse> lockstep_universe(uint64_t count) {
  std::vector<std::string> keys;
  keys.reserve(count);
  for (uint64_t i = 0; i < count; ++i) keys.push_back(decimal_key(i));
  return std::make_shared<const KeyUniverse>(std::move(keys));
}

Options lockstep_database_options(const LockstepShape& shape, OurRules rules,
                                  uint64_t entry_weight) {
  Options options;
  const auto set = [&](const char* name, const std::string& value) {
    set_option(options, name, value);
  };
  set("memtable_bytes", std::to_string(shape.flush_entries * entry_weight));
  set("table_bytes", std::to_string(shape.table_entries * entry_weight));
  if (rules != OurRules::kDefaults) {
    set("layout", "leveled");
    set("base_bytes", std::to_string(shape.base_entries * entry_weight));
    set("fanout", std::to_string(shape.fanout));
    set("l0_trigger_runs", std::to_string(shape.l0_trigger));
    set("level_sizing", shape.dynamic_levels ? "dynamic_without_drain" : "static");
    set("picker", shape.picker);
    set("tombstone_gain", "0");
    set("pass_through", "false");
    set("multi_level", "false");
  }
  // RocksDB learns what an entry takes when the next one comes: one at a target, two below twice
  // that.
  if (is_as_rocksdb(rules) && shape.exact)
    set("table_bytes", std::to_string(shape.table_entries * entry_weight - entry_weight / 2));
  if (rules == OurRules::kAsUniversal) {
    set("layout", "tiered");
    set("cut", "plain");
  }
  if (rules == OurRules::kAsLevelDb) {
    set("picker", "compact_pointer");
    set("cut", "grandparents");
    // Ten full files of LevelDB's weigh more than ten targets, by their indexes; ours would just
    // not, and be cut a table of the next level later.
    set("table_bytes", std::to_string(shape.table_entries * entry_weight - 1));
  }
  for (const auto& [name, value] : shape.options) set_option(options, name, value);
  options.validate();
  return options;
}

CompactionOptions lockstep_options(const LockstepShape& shape, OurRules rules,
                                   uint64_t entry_weight) {
  return compaction_options_of(lockstep_database_options(shape, rules, entry_weight));
}

std::unique_ptr<LockstepTree> lockstep_lsmkit(const LockstepShape& shape, OurRules rules) {
  return std::make_unique<LsmkitTree>(shape, rules);
}

}  // namespace lsmkit::bench
