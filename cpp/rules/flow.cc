#include "lsmkit/rules/flow.h"

namespace lsmkit {

namespace {

bool flush_waits(const BackgroundState& state) {
  return state.compactions_running > 0 && !state.flushes_first && state.memtables.share() == 0 &&
         jobs_wait_for_each_other(state.busy_cores);
}

}  // namespace

BackgroundJob next_background_job(const BackgroundState& state) {
  if (state.sealed_memtables > 0 && !state.flush_running && !flush_waits(state))
    return BackgroundJob::kFlush;
  const unsigned for_compactions = state.slots > 1 ? state.slots - 1 : 1;
  if (state.compactions_running < for_compactions) return BackgroundJob::kCompaction;
  return BackgroundJob::kNone;
}

}  // namespace lsmkit
