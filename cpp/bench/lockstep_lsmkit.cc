// Our planner and rules, carried out on lists of keys: the engine's decisions without its files.
#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <unordered_map>
#include <utility>

#include "lockstep.h"
#include "lsmkit/db/output_options.h"
#include "lsmkit/planner/planner.h"
#include "lsmkit/rules/merge_tables.h"

namespace lsmkit::bench {
namespace {

struct Item {
  char key[kLockstepKeyBytes];
  Seqno seqno;
  bool is_delete;
  std::string_view key_view() const { return {key, sizeof key}; }
};
using Items = std::vector<Item>;

const std::string kValue(kLockstepValueBytes, 'v');

// A Source over tables one after the other.
class ItemSource {
 public:
  explicit ItemSource(std::vector<const Items*> tables,
                      const std::vector<TableRef>* metas = nullptr)
      : tables_(std::move(tables)), metas_(metas) {
    enter();
  }
  const TableRef* table_ahead() const {
    return metas_ != nullptr && at_ == tables_[next_ - 1]->data() ? &(*metas_)[next_ - 1] : nullptr;
  }
  void skip_table() {
    at_ = end_;
    enter();
  }
  bool valid() const { return at_ != end_; }
  std::string_view key() const { return at_->key_view(); }
  std::string_view value() const { return at_->is_delete ? std::string_view() : kValue; }
  Seqno seqno() const { return at_->seqno; }
  Kind kind() const { return at_->is_delete ? Kind::kDelete : Kind::kPut; }
  void next() {
    if (++at_ == end_) enter();
  }

 private:
  void enter() {
    if (next_ == tables_.size()) return;
    at_ = tables_[next_]->data();
    end_ = at_ + tables_[next_]->size();
    ++next_;
  }

  std::vector<const Items*> tables_;
  const std::vector<TableRef>* metas_;
  size_t next_ = 0;
  const Item* at_ = nullptr;
  const Item* end_ = nullptr;
};

struct ItemTable {
  TableRef meta;
  Items items;
};

class ItemSink {
 public:
  void begin_table(TableNumber) {}
  void add(const Entry& e) {
    Item item;
    std::memcpy(item.key, e.key.data(), sizeof item.key);
    item.seqno = e.seqno;
    item.is_delete = e.kind == Kind::kDelete;
    items_.push_back(item);
  }
  void end_table(TableMeta meta) {
    meta.file_bytes = meta.weight;
    tables.push_back({std::make_shared<const TableMeta>(std::move(meta)), std::move(items_)});
    items_ = {};
  }
  std::vector<ItemTable> tables;

 private:
  Items items_;
};

class LsmkitTree final : public LockstepTree {
 public:
  LsmkitTree(const LockstepShape& shape, OurRules rules)
      : options_(lockstep_options(shape, rules, kLockstepEntryWeight)) {}

  void put(std::string_view key) override { write(key, false); }
  void remove(std::string_view key) override { write(key, true); }

  void flush_and_settle() override {
    flush();
    while (const auto plan = plan_compaction(version_, context(), options_)) {
      ++next_job_;
      run(*plan);
    }
  }

  LockstepWork work() const override { return work_; }
  std::vector<LockstepLevel> levels() const override {
    std::vector<LockstepLevel> out;
    for (unsigned n = 0; n < version_.level_count(); ++n) {
      const Level& level = version_.level(n);
      out.push_back({level.table_count(), level.entry_count()});
    }
    return out;
  }
  uint64_t run_count() const override { return version_.run_count(); }

 private:
  void write(std::string_view key, bool is_delete) {
    if (key.size() != kLockstepKeyBytes) throw std::logic_error("a key of another length");
    Item item;
    std::memcpy(item.key, key.data(), sizeof item.key);
    item.seqno = ++last_seqno_;
    item.is_delete = is_delete;
    memtable_.push_back(item);
  }

  PlanContext context() const {
    PlanContext context;
    context.job = JobNumber{next_job_};
    context.history_floor = last_seqno_;
    return context;
  }

  void flush() {
    std::sort(memtable_.begin(), memtable_.end(), [](const Item& a, const Item& b) {
      return compare_internal(a.key_view(), a.seqno, b.key_view(), b.seqno) < 0;
    });
    FlushResult result;
    result.job = JobNumber{next_job_++};
    result.largest_seqno = result.history_floor = last_seqno_;
    std::vector<ItemSource> sources{ItemSource({&memtable_})};
    ItemSink sink;
    merge_tables(flush_rules(result.job, version_, memtable_.size() * kLockstepEntryWeight, {},
                             last_seqno_, options_),
                 std::span<ItemSource>(sources), sink);
    result.tables = keep(sink, work_.flushed);
    version_ = apply(version_, flush_edit(result));
    memtable_.clear();
  }

  void run(const CompactionPlan& plan) {
    std::vector<TableRef> outputs, passed;
    if (plan.trivial_move) {
      for (const PlanInput& input : plan.inputs) work_.moves += input.tables.size();
    } else if (plan.rewrites()) {
      std::vector<ItemSource> sources;
      for (const PlanInput& input : plan.inputs) {
        std::vector<const Items*> tables;
        for (const TableRef& table : input.tables) tables.push_back(&items_.at(table->number));
        sources.emplace_back(std::move(tables), &input.tables);
      }
      ItemSink sink;
      passed = merge_tables(plan.merge, std::span<ItemSource>(sources), sink).passed;
      work_.moves += passed.size();
      if (work_.written.size() <= plan.output_level) work_.written.resize(plan.output_level + 1);
      outputs = keep(sink, work_.written[plan.output_level]);
      ++work_.jobs;
    }
    version_ = apply(version_, edit_for(plan, outputs, passed));
    for (const PlanInput& input : plan.inputs) {
      for (const TableRef& table : input.tables)
        if (!version_.find(table->number)) items_.erase(table->number);
    }
  }

  std::vector<TableRef> keep(ItemSink& sink, uint64_t& entries) {
    std::vector<TableRef> metas;
    for (ItemTable& table : sink.tables) {
      entries += table.items.size();
      items_[table.meta->number] = std::move(table.items);
      metas.push_back(std::move(table.meta));
    }
    return metas;
  }

  const CompactionOptions options_;
  Version version_;
  Items memtable_;
  std::map<TableNumber, Items> items_;
  Seqno last_seqno_ = 0;
  uint64_t next_job_ = 1;
  LockstepWork work_;
};

}  // namespace

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
