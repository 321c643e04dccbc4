#include "lsmkit/twin/workload_twin.h"

#include "lsmkit/bytes/key.h"
#include "lsmkit/memtable/write_batch.h"
#include "lsmkit/sim/exact_run.h"
#include "lsmkit/twin/engine_driver.h"
#include "lsmkit/twin/read_options_of.h"

namespace lsmkit {
namespace {

constexpr uint64_t kOperationsKept = 4096;  // of the disk's journal, which nobody looks at

std::shared_ptr<Db> inline_engine(FileSystem& files, Clock& clock,
                                  std::vector<std::pair<std::string, std::string>> options) {
  OpenRequest request;
  request.path = "/twin";
  request.environment.files = &files;
  request.environment.clock = &clock;
  request.overrides = std::move(options);
  for (const char* name : {"background", "create", "sync"})
    std::erase_if(request.overrides, [&](const auto& option) { return option.first == name; });
  request.overrides.insert(request.overrides.end(),
                           {{"background", "inline"}, {"create", "true"}, {"sync", "none"}});
  return Db::open(request);
}

// A workload on the engine alone, by its own clock.
class Loading {
 public:
  Loading(Db& db, ManualClock& clock, const WorkloadSpec& spec)
      : db_(db), clock_(clock), driver_(spec) {}

  bool step() {
    if (!driver_.next_commit()) return false;
    clock_.advance(driver_.now_us() - clock_.now_us());
    WriteBatch batch;
    for (const WorkloadWrite& write : driver_.commit()) {
      driver_.stream().encoder().encode(write.key_id, key_);
      if (write.kind == Kind::kDelete) {
        batch.remove(key_);
      } else {
        batch.put(key_, std::string(write.value_bytes, 'v'));
      }
    }
    db_.write(batch);
    return true;
  }
  uint64_t ops() const { return driver_.ops(); }

 private:
  Db& db_;
  ManualClock& clock_;
  WorkloadDriver driver_;
  std::string key_;
};

}  // namespace

WorkloadTwin::WorkloadTwin(WorkloadSpec spec,
                           std::vector<std::pair<std::string, std::string>> options)
    : driver_(std::move(spec)),
      engine_(inline_engine(disk_, clock_, std::move(options))),
      keys_(driver_.stream().spec()),
      twin_(std::make_unique<Twin>(
          engine_, keys_.universe(),
          needed_by(driver_.stream().spec(), read_options_of(engine_->options())))) {
  watch();
}

WorkloadTwin::WorkloadTwin(WorkloadSpec spec,
                           std::vector<std::pair<std::string, std::string>> options,
                           const WorkloadSpec& before, const Poll& poll)
    : driver_(std::move(spec)),
      engine_(inline_engine(disk_, clock_, std::move(options))),
      keys_(driver_.stream().spec(), WorkloadKeys(before).universe()->all()) {
  Loading loading(*engine_, clock_, before);
  const uint64_t total = op_count(before);
  for (uint64_t commits = 0; loading.step(); ++commits) {
    forget_operations();
    if (commits % 256 == 0 && poll) poll({loading.ops(), total});
  }
  forked_us_ = clock_.now_us();
  twin_ = Twin::fork(engine_, keys_.universe());
  watch();
}

void WorkloadTwin::watch() {
  twin_->watch([this](const Event& event) {
    const ExactTree& simulation = twin_->simulation();
    log_.take(event, simulation.version(), simulation.live_weight(), simulation.read_counts());
  });
}

bool WorkloadTwin::step() {
  if (twin_->differ() || !driver_.next_commit()) return false;
  clock_.advance(forked_us_ + driver_.now_us() - clock_.now_us());
  twin_->simulation().set_time_us(driver_.now_us());
  for (const WorkloadRead& one : driver_.reads()) {
    read(one, keys_, twin_->simulation());
    read_engine(one);
  }
  to_ranks(driver_.commit(), keys_, commit_);
  twin_->write(commit_);
  forget_operations();
  return !twin_->differ();
}

void WorkloadTwin::forget_operations() {
  if (disk_.operation_count() - forgotten_at_ <= kOperationsKept) return;
  disk_.forget_history();
  forgotten_at_ = disk_.operation_count();
}

void WorkloadTwin::read_engine(const WorkloadRead& one) {
  const KeyEncoder& encoder = driver_.stream().encoder();
  if (one.absent) {
    encoder.encode_absent(one.key_id, key_);
  } else {
    encoder.encode(one.key_id, key_);
  }
  if (one.scan_entries == 0) {
    twin_->engine().get(key_, found_);
    return;
  }
  ++scans_.scans;
  scans_.scanned_entries += scan(twin_->engine(), key_, one.scan_entries);
}

ReadCounts WorkloadTwin::engine_reads() const {
  ReadCounts counts = read_counts_of(twin_->engine().stats());
  counts.scans = scans_.scans;
  counts.scanned_entries = scans_.scanned_entries;
  return counts;
}

}  // namespace lsmkit
