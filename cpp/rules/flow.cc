#include "lsmkit/rules/flow.h"

namespace lsmkit {

BackgroundJob next_background_job(const BackgroundState& state) {
  if (state.sealed_memtables > 0 && !state.flush_running) return BackgroundJob::kFlush;
  const unsigned for_compactions = state.slots > 1 ? state.slots - 1 : 1;
  if (state.compactions_running < for_compactions) return BackgroundJob::kCompaction;
  return BackgroundJob::kNone;
}

}  // namespace lsmkit
