// Simulations, twins, and workloads on an open database.
#include <pybind11/stl.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "bindings.h"
#include "columns.h"
#include "db_argument.h"
#include "gil.h"
#include "held_events.h"
#include "lsmkit/db/output_options.h"
#include "lsmkit/trace/amplification.h"
#include "lsmkit/twin/engine_driver.h"
#include "lsmkit/twin/file_model_of.h"
#include "lsmkit/twin/read_options_of.h"
#include "lsmkit/twin/timed_options_of.h"
#include "lsmkit/twin/workload_twin.h"
#include "own_planner.h"
#include "read_columns.h"
#include "simulated.h"
#include "start_type.h"
#include "text_map.h"
#include "turn.h"
#include "version_columns.h"

namespace lsmkit {

namespace {

using namespace py::literals;

py::dict kinds_of(const std::function<uint64_t(OpKind)>& count) {
  py::dict out;
  for (size_t i = 0; i < kOpKindCount; ++i) {
    const auto kind = static_cast<OpKind>(i);
    out[py::str(std::string(name_of(kind)))] = count(kind);
  }
  return out;
}

// From the moment of that number on.
py::dict moment_columns(const RunLog& log, size_t since = 0) {
  Columns rows({"event",           "time_us",
                "last_seqno",      "table_count",
                "run_count",       "l0_run_count",
                "weight",          "live_weight",
                "file_bytes",      "user_bytes",
                "user_weight",     "written_bytes",
                "flush_weight",    "compaction_written_weight",
                "stall_us",        "gets",
                "tables_probed",   "filter_negatives",
                "false_positives", "cache_hits",
                "cache_misses"});
  const auto& moments = log.moments();
  for (const Moment& m : std::span(moments).subspan(std::min(since, moments.size())))
    rows.add(m.event, m.time_us, m.last_seqno, m.table_count, m.run_count, m.l0_run_count, m.weight,
             m.live_weight, m.file_bytes, m.counters.user_key_bytes + m.counters.user_value_bytes,
             m.counters.user_weight,
             m.counters.flush_file_bytes + m.counters.compaction_written_file_bytes,
             m.counters.flush_weight, m.counters.compaction_written_weight, m.counters.stall_us,
             m.reads.gets, m.reads.tables_probed, m.reads.filter_negatives, m.reads.false_positives,
             m.reads.cache_hits, m.reads.cache_misses);
  return rows.dict();
}

py::dict to_dict(const Window& w) {
  return py::dict("first_seqno"_a = w.first_seqno, "last_seqno"_a = w.last_seqno,
                  "overwritten"_a = w.overwritten, "write_amp"_a = write_amp(w.counted),
                  "write_amp_weight"_a = write_amp_weight(w.counted),
                  "user_weight"_a = w.counted.user_weight, "mean_space_amp"_a = w.mean_space_amp,
                  "peak_space_amp"_a = w.peak_space_amp, "mean_run_count"_a = w.mean_run_count,
                  "peak_run_count"_a = w.peak_run_count,
                  "mean_level_weight"_a = w.mean_level_weight,
                  "mean_level_table_count"_a = w.mean_level_table_count);
}

py::dict sample_columns(const std::vector<TimedSample>& samples) {
  Columns rows({"time_us",
                "offered_per_s",
                "accepted_ops",
                "accepted_bytes",
                "dropped_work",
                "waiting_ops",
                "waiting_bytes",
                "oldest_wait_us",
                "delay_us_per_kib",
                "stopped",
                "cause",
                "stall_us",
                "memtable_weight",
                "sealed_memtables",
                "l0_run_count",
                "run_count",
                "weight",
                "debt_weight",
                "job_count",
                "device_read_bytes",
                "device_written_bytes",
                "device_utilisation",
                "cores_used"});
  for (const TimedSample& s : samples)
    rows.add(static_cast<uint64_t>(s.time_us), s.offered_per_us * 1e6,
             static_cast<uint64_t>(s.totals[Total::kAcceptedOps]),
             static_cast<uint64_t>(s.totals[Total::kAcceptedBytes]),
             static_cast<uint64_t>(s.totals[Total::kDroppedWork]),
             static_cast<uint64_t>(s.waiting_ops), static_cast<uint64_t>(s.waiting_bytes),
             static_cast<uint64_t>(s.oldest_wait_us), s.delay_us_per_byte * 1024, s.is_stopped,
             std::string(name_of(s.cause)), static_cast<uint64_t>(s.totals.all_stall_us()),
             static_cast<uint64_t>(s.memtable_weight), s.sealed_memtables, s.l0_runs, s.run_count,
             s.tree_weight, s.debt_weight, s.jobs,
             static_cast<uint64_t>(s.totals[Total::kDeviceReadBytes]),
             static_cast<uint64_t>(s.totals[Total::kDeviceWrittenBytes]), s.device_utilisation,
             s.cores_used);
  return rows.dict();
}

py::dict to_dict(const LogHistogram& waits) {
  return py::dict("count"_a = waits.count(), "mean_us"_a = waits.mean(),
                  "p50_us"_a = waits.quantile(0.5), "p90_us"_a = waits.quantile(0.9),
                  "p99_us"_a = waits.quantile(0.99), "p999_us"_a = waits.quantile(0.999),
                  "max_us"_a = waits.max());
}

py::object to_dict(const std::optional<TimedView>& timed) {
  if (!timed) return py::none();
  const TimedSample& now = timed->now;
  py::dict stalls;
  for (size_t i = 1; i < kStallCauseCount; ++i) {
    const auto cause = static_cast<StallCause>(i);
    stalls[py::str(std::string(name_of(cause)))] = now.totals.stall_us(cause) / 1e6;
  }
  const double us = std::max(now.time_us, 1.0);
  return py::dict(
      "writes"_a = to_dict(timed->waits->writes()), "reads"_a = to_dict(timed->waits->reads()),
      "stall_s"_a = stalls, "device_utilisation"_a = now.totals[Total::kDeviceBusyUs] / us,
      "cores_used"_a = now.totals[Total::kCoreUs] / us,
      "offered_work"_a = now.totals[Total::kOfferedWork],
      "dropped_work"_a = now.totals[Total::kDroppedWork],
      "accepted_ops"_a = now.totals[Total::kAcceptedOps],
      "accepted_bytes"_a = now.totals[Total::kAcceptedBytes], "waiting_bytes"_a = now.waiting_bytes,
      "oldest_wait_us"_a = now.oldest_wait_us, "why_ended"_a = timed->why_ended);
}

// The fields of Device, TimedOptions and CpuCosts that the mapping names.
TimedOptions machine_of(const py::dict& given) {
  TimedOptions out;
  const std::map<std::string, double*> numbers = {
      {"read_bytes_per_s", &out.device.read_bytes_per_s},
      {"write_bytes_per_s", &out.device.write_bytes_per_s},
      {"transfer_bytes_per_s", &out.device.transfer_bytes_per_s},
      {"requests_per_s", &out.device.requests_per_s},
      {"latency_us", &out.device.latency_us},
      {"cores", &out.cores},
      {"put_us", &out.cpu.put_us},
      {"get_us", &out.cpu.get_us},
      {"scan_entry_us", &out.cpu.scan_entry_us},
      {"record_us", &out.cpu.record_us},
      {"written_byte_us", &out.cpu.written_byte_us},
      {"compressed_byte_us", &out.cpu.compressed_byte_us},
      {"longest_wait_us", &out.longest_wait_us},
      {"sample_every_us", &out.sample_every_us}};
  for (const auto& [key, value] : given) {
    const auto name = key.cast<std::string>();
    if (name == "device") {
      out.device = device_profile(value.cast<std::string>());
    } else if (name == "request_bytes") {
      out.device.request_bytes = value.cast<uint64_t>();
    } else if (name == "blocks_per_get") {
      out.blocks_per_get = value.cast<std::optional<double>>();
    } else if (name == "log") {
      out.has_log = value.cast<bool>();
    } else if (name == "overload") {
      out.overload = value.cast<std::string>() == "stop" ? Overload::kStop : Overload::kWait;
    } else {
      *numbers.at(name) = value.cast<double>();
    }
  }
  return out;
}

py::dict device_profiles() {
  py::dict out;
  for (const std::string_view name : device_profile_names()) {
    const Device d = device_profile(name);
    out[py::str(std::string(name))] = py::dict(
        "read_bytes_per_s"_a = d.read_bytes_per_s, "write_bytes_per_s"_a = d.write_bytes_per_s,
        "transfer_bytes_per_s"_a = d.transfer_bytes_per_s, "requests_per_s"_a = d.requests_per_s,
        "latency_us"_a = d.latency_us, "request_bytes"_a = d.request_bytes);
  }
  return out;
}

// The fields of DrawnOptions.
DrawnOptions drawn_of(const py::dict& given) {
  static const std::map<std::string, OverlapKind> kinds = {
      {"uniform", OverlapKind::kUniform},
      {"exponential", OverlapKind::kExponential},
      {"geometric", OverlapKind::kGeometric},
      {"fixed", OverlapKind::kFixed}};
  DrawnOptions out;
  out.kind = kinds.at(given["overlap"].cast<std::string>());
  out.parameter = given["parameter"].cast<double>();
  out.least = given["least"].cast<uint64_t>();
  out.most = given["most"].cast<uint64_t>();
  out.kept_share = given["kept_share"].cast<std::vector<double>>();
  return out;
}

// A run as Python holds it: changed by one thread at a time, looked at in between.
class Simulation {
 public:
  // `fidelity`: "exact" or "segment", "drawn" if `drawn` is given; `machine`: None for lock-step.
  Simulation(const std::string& workload, const py::object& options, const std::string& fidelity,
             bool filled, const py::object& machine, bool keep_events, const py::object& planner,
             const py::object& drawn, Start* begin) {
    const Options engine = to_options(options);
    const CompactionOptions compaction = compaction_options_of(engine);
    const ReadOptions reads = read_options_of(engine);
    std::optional<Planner> own_planner;
    if (!planner.is_none()) own_planner = planner_of(planner);
    std::optional<TimedOptions> timed;
    if (!machine.is_none()) timed = timed_options_of(engine, machine_of(machine.cast<py::dict>()));
    std::optional<DrawnOptions> draws;
    if (!drawn.is_none()) draws = drawn_of(drawn.cast<py::dict>());
    const SegmentStart start = filled ? SegmentStart::kFilled : SegmentStart::kEmpty;
    std::optional<StartOfExactRun> records;
    std::optional<SegmentTreeStart> tables;
    if (begin != nullptr) {
      records = std::exchange(begin->exact, std::nullopt);
      tables = std::exchange(begin->segments, std::nullopt);
      if (!records && !tables) throw InvalidArgument("this start was taken by a simulation");
    }
    run_ = without_gil([&] {
      const WorkloadSpec spec = workload_from_text(workload);
      total_ops_ = op_count(spec);
      if (draws) return drawn_run(spec, compaction, *draws, timed, keep_events);
      FileModel files = file_model_of(engine, spec);
      const bool segments = fidelity == "segment";
      if (timed && segments)
        return segments_in_time(spec, compaction, *timed, std::move(files), start, keep_events,
                                own_planner, std::move(tables));
      if (timed)
        return exact_in_time(spec, compaction, *timed, std::move(files), reads, keep_events,
                             own_planner, std::move(records));
      if (segments)
        return segments_in_lockstep(spec, compaction, std::move(files), reads, start, keep_events,
                                    own_planner, std::move(tables));
      return exact_in_lockstep(spec, compaction, std::move(files), reads, keep_events, own_planner,
                               std::move(records));
    });
  }

  // To the end, or until the clock has reached `until_us`.
  void run(const std::optional<uint64_t>& until_us, const py::object& progress) {
    const Turn turn(busy_, "this Simulation");
    long_call(progress, [&](const Poll& poll) {
      const uint64_t end_us = until_us.value_or(UINT64_MAX);
      while (run_->now_us() < end_us && run_->go_on(end_us)) poll({run_->ops(), total_ops_});
      poll({run_->ops(), total_ops_});
    });
  }

  // To the next edit; false: there is none.
  bool step(const py::object& progress) {
    const Turn turn(busy_, "this Simulation");
    const size_t edits = run_->log().moments().size();
    long_call(progress, [&](const Poll& poll) {
      while (run_->log().moments().size() == edits && run_->go_on(UINT64_MAX))
        poll({run_->ops(), total_ops_});
    });
    return run_->log().moments().size() != edits;
  }

  void flush() {
    const Turn turn(busy_, "this Simulation");
    long_call(py::none(), [&](const Poll&) { run_->flush(); });
  }
  void set_rate(double per_s) {
    const Turn turn(busy_, "this Simulation");
    long_call(py::none(), [&](const Poll&) { run_->set_rate(ConstantRate{per_s}); });
  }
  void set_device(const py::dict& machine) {
    const Turn turn(busy_, "this Simulation");
    const Device device = machine_of(machine).device;
    long_call(py::none(), [&](const Poll&) { run_->set_device(device); });
  }
  void check() {
    const Turn turn(busy_, "this Simulation");
    without_gil([&] { run_->check(); });
  }

  py::dict state() {
    const Turn turn(busy_, "this Simulation");
    const SimulatedRun& run = *run_;
    return py::dict(
        "done"_a = run.done(), "now_us"_a = run.now_us(), "ops"_a = run.ops(),
        "ops_by_kind"_a =
            kinds_of([&](OpKind kind) { return static_cast<uint64_t>(run.ops_of(kind) + 0.5); }),
        "last_seqno"_a = run.last_seqno(), "memtable_weight"_a = run.memtable_weight(),
        "memtable_entries"_a = run.memtable_entries(), "live_weight"_a = run.live_weight(),
        "live_keys"_a = run.live_keys(), "merged_records"_a = run.merged_records(),
        "counters"_a = lsmkit::to_dict(run.counters()),
        "window"_a = to_dict(run.log().settled(run.counters(), run.last_seqno())),
        "timed"_a = to_dict(run.timed()), "reads"_a = lsmkit::to_dict(run.reads()));
  }
  Version version() {
    const Turn turn(busy_, "this Simulation");
    return run_->version();
  }
  uint64_t event_count() {
    const Turn turn(busy_, "this Simulation");
    return run_->log().event_count();
  }
  HeldEvents events(size_t since) {
    const Turn turn(busy_, "this Simulation");
    const EventList& all = run_->log().events();
    const size_t begin = std::min(since, all.size());
    // Tables that no event names, too, for whoever wants them replayed.
    return {EventList(all.begin() + static_cast<std::ptrdiff_t>(begin), all.end()),
            since == 0 ? rectangles_of(run_->version()) : std::vector<Rectangle>{}};
  }
  py::dict series(size_t since) {
    const Turn turn(busy_, "this Simulation");
    return moment_columns(run_->log(), since);
  }
  py::dict level_reads() {
    const Turn turn(busy_, "this Simulation");
    return level_read_columns(run_->level_reads());
  }
  py::dict samples(double since_us) {
    const Turn turn(busy_, "this Simulation");
    return sample_columns(run_->samples(since_us));
  }

 private:
  std::unique_ptr<SimulatedRun> run_;
  uint64_t total_ops_ = 0;  // 0: not known
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
      "events"_a = HeldEvents(twin.log().events(), {}), "series"_a = moment_columns(twin.log()),
      "reads"_a = to_dict(twin.engine_reads()),
      "simulated_reads"_a = to_dict(twin.simulated_reads()));
}

py::dict run_twin(const std::string& workload, const py::object& options,
                  const std::optional<std::string>& before, const py::object& progress) {
  auto texts = to_text_pairs(options);
  std::unique_ptr<WorkloadTwin> twin;
  long_call(progress, [&](const Poll& poll) {
    const WorkloadSpec spec = workload_from_text(workload);
    twin = before ? std::make_unique<WorkloadTwin>(spec, std::move(texts),
                                                   workload_from_text(*before), poll)
                  : std::make_unique<WorkloadTwin>(spec, std::move(texts));
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
      .def(py::init<const std::string&, const py::object&, const std::string&, bool,
                    const py::object&, bool, const py::object&, const py::object&, Start*>(),
           py::arg("workload"), py::arg("options"), py::kw_only(), py::arg("fidelity"),
           py::arg("filled"), py::arg("machine"), py::arg("keep_events"), py::arg("planner"),
           py::arg("drawn") = none, py::arg("start") = none)
      .def("run", &Simulation::run, py::kw_only(), py::arg("until_us") = none,
           py::arg("progress") = none)
      .def("step", &Simulation::step, py::kw_only(), py::arg("progress") = none)
      .def("flush", &Simulation::flush)
      .def("set_rate", &Simulation::set_rate, py::arg("per_s"))
      .def("set_device", &Simulation::set_device, py::arg("machine"))
      .def("check", &Simulation::check)
      .def("state", &Simulation::state)
      .def("version", &Simulation::version)
      .def("event_count", &Simulation::event_count)
      .def("events", &Simulation::events, py::kw_only(), py::arg("since") = 0)
      .def("series", &Simulation::series, py::kw_only(), py::arg("since") = 0)
      .def("samples", &Simulation::samples, py::kw_only(), py::arg("since_us") = 0.0)
      .def("level_reads", &Simulation::level_reads);
  m.def("device_profiles", device_profiles, "Devices by name.");
  m.def("twin", run_twin, py::arg("workload"), py::arg("options"), py::kw_only(),
        py::arg("before") = none, py::arg("progress") = none,
        "A workload on engine and simulator side by side.");
  m.def("drive", drive, py::arg("db"), py::arg("workload"), py::kw_only(),
        py::arg("progress") = none, "A workload on an open database.");
}

}  // namespace lsmkit
