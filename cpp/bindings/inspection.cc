// A look inside: the tree, its statistics, what the open found. Dicts of numbers and lists; Python
// makes frames of them.
#include "bindings.h"
#include "bytes_argument.h"
#include "columns.h"
#include "db_argument.h"
#include "gil.h"
#include "lsmkit/bytes/key.h"
#include "lsmkit/trace/amplification.h"
#include "version_columns.h"

namespace lsmkit {

namespace {

py::dict memtable_columns(const TreeState& tree) {
  Columns rows(
      {"sealed", "weight", "entry_count", "allocated_bytes", "smallest_seqno", "largest_seqno"});
  for (const MemtableRow& m : tree.memtables)
    rows.add(m.sealed, m.weight, m.entry_count, m.allocated_bytes, m.smallest_seqno,
             m.largest_seqno);
  return rows.dict();
}

py::dict tree(DbArgument db) {
  Db& engine = *db;
  const TreeState state = without_gil([&] { return engine.tree(); });
  py::dict out;
  out["base_level"] = state.base_level;
  out["memtables"] = memtable_columns(state);
  out["levels"] = level_columns(state.version, state.level_target_weight, state.level_score);
  out["runs"] = run_columns(state.version);
  out["tables"] = table_columns(state.version);
  return out;
}

py::dict to_dict(const MemoryUse& use) {
  using namespace py::literals;
  return py::dict("memtable_bytes"_a = use.memtable_bytes, "cache_bytes"_a = use.cache_bytes,
                  "job_bytes"_a = use.job_bytes, "pinned_bytes"_a = use.pinned_bytes);
}

py::dict stats(DbArgument db) {
  Db& engine = *db;
  const EngineStats s = without_gil([&] { return engine.stats(); });
  const Version version = without_gil([&] { return engine.tree().version; });
  using namespace py::literals;
  return py::dict(
      "write_amp"_a = write_amp(s.counters), "write_amp_weight"_a = write_amp_weight(s.counters),
      "write_amp_over_flush"_a = write_amp_over_flush(s.counters),
      "log_amp"_a = log_amp(s.counters), "compression_ratio"_a = compression_ratio(version),
      "counters"_a = to_dict(s.counters), "memory"_a = to_dict(s.memory),
      "last_seqno"_a = s.last_seqno, "durable_seqno"_a = s.durable_seqno,
      "flushed_seqno"_a = s.flushed_seqno, "table_count"_a = s.table_count,
      "open_table_count"_a = s.open_table_count, "cache_hits"_a = s.cache_hits,
      "cache_misses"_a = s.cache_misses, "gets"_a = s.gets, "gets_found"_a = s.gets_found,
      "tables_probed"_a = s.tables_probed, "filter_negatives"_a = s.filter_negatives,
      "false_positives"_a = s.false_positives, "snapshot_count"_a = s.snapshot_count,
      "cursor_count"_a = s.cursor_count, "stall_us"_a = s.stall_us, "stall_count"_a = s.stall_count,
      "stall_memtables_us"_a = s.stall_memtables_us, "stall_l0_us"_a = s.stall_l0_us,
      "stall_debt_us"_a = s.stall_debt_us, "stall_log_us"_a = s.stall_log_us,
      "sync_count"_a = s.sync_count, "sync_us"_a = s.sync_us,
      "background_error"_a = path_text(s.background_error));
}

py::dict open_report(DbArgument db) {
  const OpenReport& report = db->open_report();
  py::list deleted;
  for (const std::string& name : report.deleted_files) deleted.append(path_text(name));
  using namespace py::literals;
  return py::dict("created"_a = report.created, "replayed_records"_a = report.replayed_records,
                  "replayed_log_bytes"_a = report.replayed_log_bytes,
                  "dropped_log_bytes"_a = report.dropped_log_bytes,
                  "torn_tail"_a = path_text(report.torn_tail), "deleted_files"_a = deleted);
}

uint64_t approximate_size(DbArgument db, const py::object& start, const py::object& stop) {
  BytesArgument begin(start.ptr(), Role::kKey);
  BytesArgument end(stop.ptr(), Role::kKey);
  begin.settle();
  end.settle();
  Db& engine = *db;
  return without_gil([&] { return engine.approximate_size(begin.bytes(), end.bytes()); });
}

py::object prefix_end_or_none(const py::object& prefix) {
  std::string end;
  if (!prefix_end(BytesArgument(prefix.ptr(), Role::kKey).bytes(), end)) return py::none();
  return py::bytes(end);
}

}  // namespace

void register_inspection(py::module_& m) {
  m.def("tree", tree, py::arg("db"), "One moment of the whole tree.");
  m.def("stats", stats, py::arg("db"), "Counters and gauges.");
  m.def("open_report", open_report, py::arg("db"), "What the open found and did.");
  m.def("approximate_size", approximate_size, py::arg("db"), py::arg("start"), py::arg("stop"),
        "File bytes of [start, stop).");
  m.def(
      "typed_codec", [](DbArgument db) { return optional_text(db->typed_codec()); }, py::arg("db"),
      "The name of the codec that db.typed() stored, or None.");
  m.def(
      "set_typed_codec",
      [](DbArgument db, const std::string& name) {
        Db& engine = *db;
        without_gil([&] { engine.set_typed_codec(name); });
      },
      py::arg("db"), py::arg("name"), "Stores the codec's name.");
  m.def("prefix_end", prefix_end_or_none, py::arg("prefix"),
        "The smallest key above every key with this prefix, or None.");
}

}  // namespace lsmkit
