#include "lsmkit/twin/workload_twin.h"

#include "lsmkit/sim/exact_run.h"

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

}  // namespace

WorkloadTwin::WorkloadTwin(WorkloadSpec spec,
                           std::vector<std::pair<std::string, std::string>> options)
    : driver_(std::move(spec)), keys_(driver_.stream().spec()) {
  twin_ =
      std::make_unique<Twin>(inline_engine(disk_, clock_, std::move(options)), keys_.universe());
  twin_->watch([this](const Event& event) {
    log_.take(event, twin_->simulation().version(), twin_->simulation().live_weight());
  });
}

bool WorkloadTwin::step() {
  if (twin_->differ() || !driver_.next_commit()) return false;
  clock_.advance(driver_.now_us() - clock_.now_us());
  twin_->simulation().set_time_us(driver_.now_us());
  to_ranks(driver_.commit(), keys_, commit_);
  twin_->write(commit_);
  if (disk_.operation_count() - forgotten_at_ > kOperationsKept) {
    disk_.forget_history();
    forgotten_at_ = disk_.operation_count();
  }
  return !twin_->differ();
}

}  // namespace lsmkit
