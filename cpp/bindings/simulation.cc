// Simulations, twins, and workloads on an open database.
#include <pybind11/stl.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "bindings.h"
#include "columns.h"
#include "db_argument.h"
#include "event_columns.h"
#include "gil.h"
#include "lsmkit/db/output_options.h"
#include "lsmkit/sim/exact_run.h"
#include "lsmkit/trace/amplification.h"
#include "lsmkit/twin/engine_driver.h"
#include "lsmkit/twin/workload_twin.h"
#include "own_planner.h"
#include "text_map.h"
#include "turn.h"
#include "version_columns.h"

namespace lsmkit {

namespace {

using namespace py::literals;

constexpr uint64_t kCommitsPerPoll = 4096;

py::dict kinds_of(const std::function<uint64_t(OpKind)>& count) {
  py::dict out;
  for (size_t i = 0; i < kOpKindCount; ++i) {
    const auto kind = static_cast<OpKind>(i);
    out[py::str(std::string(name_of(kind)))] = count(kind);
  }
  return out;
}

py::dict moment_columns(const RunLog& log) {
  Columns rows({"event", "time_us", "last_seqno", "table_count", "run_count", "l0_run_count",
                "weight", "live_weight", "user_bytes", "user_weight", "flush_weight",
                "compaction_written_weight", "stall_us"});
  for (const Moment& m : log.moments())
    rows.add(m.event, m.time_us, m.last_seqno, m.table_count, m.run_count, m.l0_run_count, m.weight,
             m.live_weight, m.counters.user_key_bytes + m.counters.user_value_bytes,
             m.counters.user_weight, m.counters.flush_weight, m.counters.compaction_written_weight,
             m.counters.stall_us);
  return rows.dict();
}

py::dict to_dict(const Window& w) {
  return py::dict(
      "first_seqno"_a = w.first_seqno, "last_seqno"_a = w.last_seqno,
      "overwritten"_a = w.overwritten, "write_amp_weight"_a = write_amp_weight(w.counted),
      "user_weight"_a = w.counted.user_weight, "mean_space_amp"_a = w.mean_space_amp,
      "peak_space_amp"_a = w.peak_space_amp, "mean_run_count"_a = w.mean_run_count,
      "peak_run_count"_a = w.peak_run_count, "mean_level_weight"_a = w.mean_level_weight,
      "mean_level_table_count"_a = w.mean_level_table_count);
}

// A run as Python holds it: changed by one thread at a time, looked at in between.
class Simulation {
 public:
  Simulation(const std::string& workload, const py::object& options, bool keep_events,
             const py::object& planner) {
    const CompactionOptions compaction = compaction_options_of(to_options(options));
    run_ = without_gil([&] {
      return std::make_unique<ExactRun>(workload_from_text(workload), compaction, keep_events);
    });
    if (!planner.is_none()) run_->plan_by(planner_of(planner));
  }

  // To the end, or until the clock has reached `until_us`.
  void run(const std::optional<uint64_t>& until_us, const py::object& progress) {
    const Turn turn(busy_, "this Simulation");
    const uint64_t total = op_count(run_->driver().stream().spec());
    long_call(progress, [&](const Poll& poll) {
      while (!until_us || run_->now_us() < *until_us) {
        bool more = true;
        for (uint64_t i = 0; i < kCommitsPerPoll && more; ++i) {
          if (until_us && run_->now_us() >= *until_us) break;
          more = run_->step();
        }
        poll({run_->driver().ops(), total});
        if (!more) return;
      }
    });
  }

  // To the next edit; false: there is none.
  bool step(const py::object& progress) {
    const Turn turn(busy_, "this Simulation");
    const size_t edits = run_->log().moments().size();
    const uint64_t total = op_count(run_->driver().stream().spec());
    long_call(progress, [&](const Poll& poll) {
      while (run_->step_to_edit(kCommitsPerPoll) && run_->log().moments().size() == edits)
        poll({run_->driver().ops(), total});
    });
    return run_->log().moments().size() != edits;
  }

  void flush() {
    const Turn turn(busy_, "this Simulation");
    long_call(py::none(), [&](const Poll&) { run_->flush(); });
  }

  void check() {
    const Turn turn(busy_, "this Simulation");
    without_gil([&] {
      run_->tree().version().check_invariants();
      run_->tree().check_contents();
    });
  }

  py::dict state() {
    const Turn turn(busy_, "this Simulation");
    const ExactTree& tree = run_->tree();
    const WorkloadDriver& driver = run_->driver();
    return py::dict(
        "done"_a = run_->done(), "now_us"_a = run_->now_us(), "ops"_a = driver.ops(),
        "ops_by_kind"_a = kinds_of([&](OpKind kind) { return driver.ops_of(kind); }),
        "last_seqno"_a = tree.last_seqno(), "memtable_weight"_a = tree.memtable_weight(),
        "memtable_entries"_a = tree.memtable_entries(), "live_weight"_a = tree.live_weight(),
        "live_keys"_a = tree.live_keys(), "merged_records"_a = tree.merged_records(),
        "counters"_a = lsmkit::to_dict(tree.counters()), "window"_a = to_dict(run_->settled()));
  }
  Version version() {
    const Turn turn(busy_, "this Simulation");
    return run_->tree().version();
  }
  py::dict events() {
    const Turn turn(busy_, "this Simulation");
    return event_columns(run_->log().events());
  }
  py::dict series() {
    const Turn turn(busy_, "this Simulation");
    return moment_columns(run_->log());
  }

 private:
  std::unique_ptr<ExactRun> run_;
  bool busy_ = false;
};

py::dict to_dict(const TwinReport& report, const WorkloadTwin& twin) {
  py::dict reasons;
  for (const auto& [reason, count] : report.edits_by_reason)
    reasons[py::str(std::string(name_of(reason)))] = count;
  return py::dict(
      "ops"_a = twin.driver().ops(), "commits"_a = report.commits, "edits"_a = report.edits,
      "edits_by_reason"_a = reasons, "moved_tables"_a = report.moved_tables,
      "passed_tables"_a = report.passed_tables, "dropped_entries"_a = report.dropped_entries,
      "dropped_tombstones"_a = report.dropped_tombstones, "compactions"_a = report.compactions,
      "levels"_a = report.levels, "difference"_a = path_text(report.difference),
      "events"_a = event_columns(twin.log().events()), "series"_a = moment_columns(twin.log()));
}

py::dict run_twin(const std::string& workload, const py::object& options,
                  const py::object& progress) {
  auto texts = to_text_pairs(options);
  std::unique_ptr<WorkloadTwin> twin;
  long_call(progress, [&](const Poll& poll) {
    twin = std::make_unique<WorkloadTwin>(workload_from_text(workload), std::move(texts));
    const uint64_t total = op_count(twin->driver().stream().spec());
    for (uint64_t commits = 0; twin->step(); ++commits)
      if (commits % 256 == 0) poll({twin->driver().ops(), total});
    twin->finish();
  });
  return to_dict(twin->twin().report(), *twin);
}

py::dict drive(DbArgument db, const std::string& workload, const py::object& progress) {
  Db& engine = *db;
  std::unique_ptr<EngineDriver> driver;
  long_call(progress, [&](const Poll& poll) {
    driver = std::make_unique<EngineDriver>(engine, workload_from_text(workload));
    driver->run(poll);
  });
  const DrivenCounts& c = driver->counts();
  return py::dict("ops"_a = c.ops, "ops_by_kind"_a = kinds_of([&](OpKind kind) {
                                     return c.ops_by_kind[static_cast<size_t>(kind)];
                                   }),
                  "found"_a = c.found, "scanned"_a = c.scanned, "late_us"_a = c.late_us);
}

}  // namespace

void register_simulation(py::module_& m) {
  const py::metaclass plain(reinterpret_cast<PyObject*>(&PyType_Type));
  const auto none = py::none();
  py::class_<Simulation>(m, "Simulation", plain, "A workload on a simulated tree.")
      .def(py::init<const std::string&, const py::object&, bool, const py::object&>(),
           py::arg("workload"), py::arg("options"), py::arg("keep_events") = true,
           py::arg("planner") = none)
      .def("run", &Simulation::run, py::kw_only(), py::arg("until_us") = none,
           py::arg("progress") = none)
      .def("step", &Simulation::step, py::kw_only(), py::arg("progress") = none)
      .def("flush", &Simulation::flush)
      .def("check", &Simulation::check)
      .def("state", &Simulation::state)
      .def("version", &Simulation::version)
      .def("events", &Simulation::events)
      .def("series", &Simulation::series);
  m.def("twin", run_twin, py::arg("workload"), py::arg("options"), py::kw_only(),
        py::arg("progress") = none, "A workload on engine and simulator side by side.");
  m.def("drive", drive, py::arg("db"), py::arg("workload"), py::kw_only(),
        py::arg("progress") = none, "A workload on an open database.");
}

}  // namespace lsmkit
