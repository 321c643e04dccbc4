// Our engine itself in lock-step, in files: in inline mode the put that fills a memtable flushes it
// and carries out what is due. It writes what lists of keys (lockstep_lsmkit.cc) say, to the entry,
// so beside that its time can be laid beside a store's.
#include "lockstep.h"
#include "lsmkit/db/db.h"
#include "lsmkit/planner/planner.h"

namespace lsmkit::bench {
namespace {

// Looks over the planner's shoulder: between two questions at most one job or flush was done.
class WatchedPlanner {
 public:
  std::optional<CompactionPlan> operator()(const Version& version, const PlanContext& context,
                                           const CompactionOptions& options) {
    note_flush(version);
    if (last_) note_job(version, *last_);
    return last_ = plan_compaction(version, context, options);
  }
  const LockstepWork& work() const { return work_; }

 private:
  void note_flush(const Version& version) {
    const auto& runs = version.level(0).runs;
    if (runs.empty() || runs.front().largest_seqno() <= flushed_seqno_) return;
    flushed_seqno_ = runs.front().largest_seqno();
    runs.front().for_each([&](const TableRef& table) { work_.flushed += table->entry_count; });
  }
  void note_job(const Version& version, const CompactionPlan& plan) {
    for (const PlanInput& input : plan.inputs)
      for (const TableRef& table : input.tables)
        work_.moves += version.find(table->number).has_value();
    if (!plan.rewrites()) return;
    ++work_.jobs;
    if (work_.written.size() <= plan.output_level) work_.written.resize(plan.output_level + 1);
    for (const Run& run : version.level(plan.output_level).runs) {
      run.for_each([&](const TableRef& table) {
        if (job_of(table->number) == plan.job)
          work_.written[plan.output_level] += table->entry_count;
      });
    }
  }

  LockstepWork work_;
  Seqno flushed_seqno_ = 0;
  std::optional<CompactionPlan> last_;
};

class EngineTree final : public LockstepTree {
 public:
  EngineTree(const LockstepShape& shape, const std::string& path) {
    OpenRequest request;
    request.path = path;
    request.options = lockstep_database_options(shape, OurRules::kDefaults,
                                                lockstep_entry_weight(shape, OurRules::kDefaults));
    request.overrides = {{"background", "inline"}, {"sync", "none"}, {"compression", "none"}};
    request.planner = [this](const Version& version, const PlanContext& context,
                             const CompactionOptions& options) {
      return planner_(version, context, options);
    };
    db_ = Db::open(request);
  }

  void put(std::string_view key) override { db_->put(key, value_); }
  void remove(std::string_view key) override { db_->remove(key); }
  void flush_and_settle() override {
    db_->flush();
    db_->wait_idle();
  }

  LockstepWork work() const override { return planner_.work(); }
  std::vector<LockstepLevel> levels() const override {
    std::vector<LockstepLevel> out;
    const Version version = db_->tree().version;
    for (unsigned n = 0; n < version.level_count(); ++n)
      out.push_back({version.level(n).table_count(), version.level(n).entry_count()});
    return out;
  }
  uint64_t run_count() const override { return db_->tree().version.run_count(); }

 private:
  WatchedPlanner planner_;
  std::shared_ptr<Db> db_;
  const std::string value_ = std::string(kLockstepValueBytes, 'v');
};

}  // namespace

std::unique_ptr<LockstepTree> lockstep_engine(const LockstepShape& shape, const std::string& path) {
  return std::make_unique<EngineTree>(shape, path);
}

}  // namespace lsmkit::bench
