// Jobs that could run and had better wait.
//
// More slots get more done while a slot's job has a core to itself and computes. Once jobs wait for
// what they share (the device, a rate limiter, cores), another job takes only from those that run;
// and what is begun early is rewritten for less: L0 goes down half full, tiers grow from few runs,
// so each byte is written more often and fewer are taken. One slot alone does better then, for it
// first flushes all that stands in line and then does what is most pressing. So, as long as jobs
// wait for each other (rules/busy_cores.h), many slots do as one does:
//   1. Memtables in line are flushed first, and then go along.
//   2. Nothing is begun beside a compaction, unless L0 presses and the job makes it lower.
// L0 presses from a quarter of the way on that leads from where it is due to where writers are held
// up, counting runs that no job takes away. There RocksDB begins to run more than one compaction
// (db/column_family.cc, GetL0FileCountForCompactionSpeedup; db/db_impl/db_impl_compaction_flush.cc,
// GetBGJobLimits); Pebble allows one more for every so many runs of L0 (compaction_picker.go,
// getCompactionConcurrency). Neither looks at what holds the jobs up.
#include "lsmkit/planner/level_scores.h"
#include "lsmkit/planner/sorted_runs.h"
#include "lsmkit/rules/write_delay.h"

namespace lsmkit {
namespace {

size_t busy_runs(const PlanView& view) {
  if (view.options.layout != Layout::kTiered)
    return busy_l0_runs(view.version, view.context).size();
  size_t busy = 0;
  for (const SortedRun& run : sorted_runs(view)) busy += !run.why_not.empty();
  return busy;
}

bool l0_presses(const PlanView& view, const Pressure& runs) {
  const uint64_t due = std::min<uint64_t>(view.options.l0_trigger_runs, runs.free);
  return runs.used - busy_runs(view) >= due + (runs.free - due) / 4;
}

}  // namespace

std::string why_later(const PlanView& view, const Selection& selection) {
  const PlanContext& context = view.context;
  if (selection.trivial_move || selection.drop || !jobs_wait_for_each_other(context.busy_cores))
    return {};
  // Writers that nothing slows down more could keep flushes busy for ever.
  const Pressure runs = l0_pressure(view.version, context.sealed_memtables, view.options);
  if (context.sealed_memtables > 0 && runs.share() < 1)
    return "jobs wait for each other, and flushes go first";
  if (!context.in_flight.empty() && (selection.inputs.front().level > 0 || !l0_presses(view, runs)))
    return "jobs wait for each other, and L0 is not so high that one more is worth it";
  return {};
}

}  // namespace lsmkit
