// lsmkit._core: the engine as Python sees it. The handles (DB, Snapshot, Cursor, Iterator,
// WriteBatch) are plain C types, because a call through them should cost what a dict lookup costs;
// everything that is called now and then is a pybind11 function. `_core.pyi` says what each does.
#include "bindings.h"
#include "lsmkit/bytes/key.h"

PYBIND11_MODULE(_core, m) {
  m.doc() = "The compiled part of lsmkit. Use the lsmkit package.";
  m.attr("__version__") = LSMKIT_VERSION;
  m.attr("MAX_KEY_BYTES") = lsmkit::kMaxKeyBytes;
  m.attr("MAX_VALUE_BYTES") = lsmkit::kMaxValueBytes;
  m.attr("MAX_BATCH_BYTES") = lsmkit::kMaxBatchBytes;

  lsmkit::register_errors(m);  // first: the others may raise

  lsmkit::register_write_batch(m);
  lsmkit::register_cursor(m);
  lsmkit::register_iterator(m);
  lsmkit::register_snapshot(m);
  lsmkit::register_disk(m);
  lsmkit::register_db(m);

  lsmkit::register_memory(m);
  lsmkit::register_arrays(m);
  lsmkit::register_arrow_out(m);
  lsmkit::register_scan(m);
  lsmkit::register_long_calls(m);
  lsmkit::register_inspection(m);
  lsmkit::register_planning(m);
  lsmkit::register_events(m);
  lsmkit::register_workloads(m);
  lsmkit::register_starts(m);
  lsmkit::register_simulation(m);
  lsmkit::register_layered(m);
  lsmkit::register_options(m);
  lsmkit::register_dump(m);
  lsmkit::register_build_info(m);
}
