#include "lsmkit/layered/layered_workload.h"

#include <algorithm>
#include <string>
#include <utility>
#include <variant>

#include "lsmkit/bytes/error.h"

namespace lsmkit {

namespace {

WorkloadSpec checked(WorkloadSpec spec) {
  check(spec);
  for (const Phase& phase : spec.phases) {
    const std::string name = "phase '" + printable(phase.name) + "': ";
    if (phase.mix[OpKind::kScan] > 0)
      throw NotSupported(name + "a layered store has no scans; leave them out of the mix");
    if (phase.end.unit == EndUnit::kSeconds && std::holds_alternative<ClosedLoop>(phase.rate))
      throw NotSupported(name +
                         "nothing takes time here, so it would never end; let it end after "
                         "operations or bytes, or give a rate");
  }
  return spec;
}

}  // namespace

LayeredWorkload::LayeredWorkload(WorkloadSpec spec, const LayeredRunOptions& options,
                                 const ReadSampling& sampling, const BranchPlan& branches)
    : stream_(checked(std::move(spec))),
      measured_(options, sampling, branches),
      reads_(stream_.spec().seed) {
  measured_.use_pages({0, stream_.spec().key_count});
}

void LayeredWorkload::read(PageNumber page) {
  const LayerRead read = measured_.read_at_tip(page);
  if (read.in_use || !run().page_uses().any_dropped()) reads_.take(read);
}

bool LayeredWorkload::step(uint64_t most_ops) {
  Operation op;
  for (uint64_t left = most_ops; left > 0 && !done_; --left) {
    if (!stream_.next(op)) {
      measured_.flush();
      done_ = true;
      break;
    }
    ++ops_;
    const bool reads = op.kind == OpKind::kGet || op.kind == OpKind::kReadModifyWrite;
    if (reads && !op.absent) read(op.key_id);
    if (op.kind == OpKind::kDelete)
      measured_.drop_pages({op.key_id, op.key_id + 1});
    else if (writes(op.kind))
      measured_.ingest(op.key_id, std::max<uint64_t>(op.size, 1));
  }
  return !done_;
}

}  // namespace lsmkit
