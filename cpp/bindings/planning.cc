// Versions as values, and the planner's view of them: what is compacted next, and why.
#include <pybind11/stl.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bindings.h"
#include "columns.h"
#include "db_argument.h"
#include "gil.h"
#include "lsmkit/db/output_options.h"
#include "lsmkit/planner/closed_form.h"
#include "lsmkit/planner/explanation.h"
#include "own_planner.h"
#include "text_map.h"
#include "version_columns.h"

namespace lsmkit {

namespace {

using namespace py::literals;

// Python hands plans around; nobody changes one.
using PlanRef = std::shared_ptr<CompactionPlan>;

py::object optional_bytes(const std::optional<std::string>& bytes) {
  if (!bytes) return py::none();
  return as_bytes(*bytes);
}

py::list numbers_of(const std::vector<TableRef>& tables) {
  py::list out;
  for (const TableRef& table : tables) out.append(static_cast<uint64_t>(table->number));
  return out;
}

py::dict fields_of(const CompactionPlan& plan) {
  py::list inputs;
  for (const PlanInput& input : plan.inputs)
    inputs.append(py::make_tuple(input.level, input.run, numbers_of(input.tables)));
  py::list runners_up;
  for (const RunnerUp& other : plan.runners_up)
    runners_up.append(py::make_tuple(other.level, other.score, other.why));
  const CutRules& cut = plan.merge.cut;
  return py::dict(
      "job"_a = static_cast<uint64_t>(plan.job), "reason"_a = name_of(plan.reason),
      "score"_a = plan.score, "trivial_move"_a = plan.trivial_move, "drop"_a = plan.drop,
      "inputs"_a = inputs, "output_level"_a = plan.output_level, "output_run"_a = plan.output_run,
      "smallest_key"_a = as_bytes(plan.smallest_key), "largest_key"_a = as_bytes(plan.largest_key),
      "input_weight"_a = plan.input_weight, "input_file_bytes"_a = plan.input_file_bytes,
      "expected_weight"_a = plan.expected_weight, "cut_target_weight"_a = cut.target_weight,
      "cut_max_weight"_a = cut.max_weight, "cut_max_overlap_weight"_a = cut.max_overlap_weight,
      "cut_key"_a = optional_bytes(cut.cursor), "runners_up"_a = runners_up,
      "text"_a = explain(plan));
}

py::dict verdict_columns(const Explanation& explanation) {
  Columns rows({"level", "run_count", "table_count", "weight", "busy_weight", "target_weight",
                "score", "priority", "chosen", "why"});
  for (const LevelVerdict& v : explanation.levels)
    rows.add(v.level, v.run_count, v.table_count, v.weight, v.busy_weight, v.target_weight, v.score,
             v.priority, v.chosen, v.why);
  return rows.dict();
}

py::dict candidate_columns(const Explanation& explanation) {
  Columns rows({"level", "number", "smallest_key", "largest_key", "weight", "overlap_weight",
                "chosen", "why"});
  for (const Candidate& c : explanation.candidates)
    rows.add(c.level, static_cast<uint64_t>(c.table->number), as_bytes(c.table->smallest.key),
             as_bytes(c.table->largest.key), c.table->weight, c.overlap_weight, c.chosen, c.why);
  return rows.dict();
}

py::dict to_dict(const Explanation& explanation) {
  py::dict out("base_level"_a = explanation.base_level, "levels"_a = verdict_columns(explanation),
               "candidates"_a = candidate_columns(explanation), "bounds"_a = explanation.bounds,
               "text"_a = to_text(explanation));
  out["plan"] = explanation.plan ? py::cast(std::make_shared<CompactionPlan>(*explanation.plan))
                                 : py::object(py::none());
  return out;
}

// The number of the job planned: above all that the version and the jobs in flight know of.
JobNumber next_job(const Version& version, const std::vector<JobInFlight>& in_flight) {
  uint64_t last = 0;
  for_each_table(version, [&](const TableRef& table) {
    last = std::max(last, static_cast<uint64_t>(job_of(table->number)));
  });
  for (const JobInFlight& job : in_flight) last = std::max(last, static_cast<uint64_t>(job.job));
  return JobNumber{last + 1};
}

Seqno last_seqno(const Version& version) {
  Seqno last = 0;
  for (unsigned level = 0; level < version.level_count(); ++level)
    for (const Run& run : version.level(level).runs) last = std::max(last, run.largest_seqno());
  return last;
}

py::dict plan(const Version& version, const py::object& options,
              const std::vector<PlanRef>& in_flight, const std::vector<uint64_t>& damaged,
              std::vector<Seqno> pinned_seqnos, unsigned free_slots,
              const std::optional<uint64_t>& free_bytes, const std::optional<Seqno>& history_floor,
              uint64_t now_us, const py::object& own_planner) {
  const CompactionOptions compaction = compaction_options_of(to_options(options));
  PlanContext context;
  for (const PlanRef& job : in_flight) context.in_flight.push_back(job_in_flight(*job));
  context.job = next_job(version, context.in_flight);
  for (const uint64_t number : damaged) context.damaged.push_back(TableNumber{number});
  std::sort(pinned_seqnos.begin(), pinned_seqnos.end());
  context.pinned_seqnos = std::move(pinned_seqnos);
  context.free_slots = free_slots;
  context.now_us = now_us;
  context.free_bytes = free_bytes.value_or(UINT64_MAX);
  context.history_floor = history_floor.value_or(last_seqno(version));
  if (own_planner.is_none())
    return to_dict(without_gil([&] { return explain_decision(version, context, compaction); }));
  const Planner planner = planner_of(own_planner);
  Explanation explanation;
  long_call(py::none(), [&](const Poll&) {
    explanation = explain_own_decision(version, context, compaction, planner);
  });
  return to_dict(explanation);
}

Version after(const Version& version, const PlanRef& plan,
              const std::vector<std::string>& outputs) {
  std::vector<TableRef> tables;
  for (const std::string& text : outputs)
    tables.push_back(std::make_shared<const TableMeta>(table_from_text(text)));
  return apply(version, edit_for(*plan, tables));
}

// With options: also targets and scores of the levels.
py::dict levels(const Version& version, const py::object& options) {
  if (options.is_none()) return level_columns(version, {}, {});
  const CompactionOptions compaction = compaction_options_of(to_options(options));
  const LevelTargets targets = level_targets(version, compaction);
  std::vector<double> scores(targets.weight.size());
  for (const LevelScore& score : level_scores(version, {}, compaction))
    scores[score.level] = score.score;
  return level_columns(version, targets.weight, scores);
}

uint64_t table_number(const std::string& text) {
  return static_cast<uint64_t>(table_from_text(text + " a..a").number);
}

py::dict why(DbArgument db) {
  Db& engine = *db;
  const BackgroundReport report = without_gil([&] { return engine.why(); });
  py::list compactions;
  for (const JobInFlight& job : report.compactions)
    compactions.append(
        py::make_tuple(static_cast<uint64_t>(job.job), job.inputs.size(), job.output_level));
  uint64_t sealed_weight = 0;
  for (const MemtableRow& row : report.memtables) sealed_weight += row.sealed ? row.weight : 0;
  return py::dict(
      "next"_a = to_dict(report.next), "compactions"_a = compactions,
      "compaction_slot_free"_a = report.compaction_slot_free, "own_planner"_a = report.own_planner,
      "compactions_held"_a = report.compactions_held,
      "sealed_memtables"_a = report.memtables.size() - 1, "sealed_weight"_a = sealed_weight,
      "flush_running"_a = report.flush_running, "debt_weight"_a = report.debt_weight,
      "free_debt_weight"_a = report.free_debt_weight, "pause_us"_a = report.pause_us,
      "waiting_writes"_a = report.waiting_writes, "flush_error"_a = path_text(report.flush_error),
      "compaction_error"_a = path_text(report.compaction_error),
      "write_error"_a = path_text(report.write_error));
}

// `keys`: how many are equally likely, and how likely each is.
py::dict expected_cost_of(const py::object& options,
                          const std::vector<std::pair<double, double>>& keys,
                          uint64_t record_weight) {
  std::vector<KeyShare> shares;
  for (const auto& [count, probability] : keys) shares.push_back({count, probability});
  const CompactionOptions compaction = compaction_options_of(to_options(options));
  const ExpectedCost cost =
      without_gil([&] { return expected_cost(compaction, shares, record_weight); });
  return py::dict("write_amp"_a = cost.write_amp, "space_amp"_a = cost.space_amp,
                  "runs"_a = cost.runs, "level_write_amp"_a = cost.level_write_amp,
                  "level_weight"_a = cost.level_weight);
}

}  // namespace

void register_planning(py::module_& m) {
  // With Python's own metaclass, so that the stub can say what they are.
  const py::metaclass plain(reinterpret_cast<PyObject*>(&PyType_Type));
  py::class_<Version>(m, "Version", plain,
                      "Which tables stand in which run of which level: a value.")
      .def(py::init([](const std::string& text) {
             return without_gil([&] { return version_from_text(text); });
           }),
           py::arg("text") = "")
      .def("to_text", [](const Version& v) { return without_gil([&] { return to_text(v); }); })
      .def("check", &Version::check_invariants)
      .def("levels", levels, py::arg("options") = py::none())
      .def("tables", table_columns)
      .def("after", after, py::arg("plan"), py::arg("outputs"))
      .def_property_readonly("weight", &Version::weight)
      .def_property_readonly("file_bytes", &Version::file_bytes)
      .def_property_readonly("entry_count", &Version::entry_count)
      .def_property_readonly("table_count", &Version::table_count)
      .def_property_readonly("run_count", &Version::run_count);
  py::class_<CompactionPlan, PlanRef>(m, "Plan", plain, "What to compact, as the engine has it.")
      .def("fields", fields_of);
  m.def("plan", plan, py::arg("version"), py::arg("options"), py::kw_only(), py::arg("in_flight"),
        py::arg("damaged"), py::arg("pinned_seqnos"), py::arg("free_slots"), py::arg("free_bytes"),
        py::arg("history_floor"), py::arg("now_us"), py::arg("planner") = py::none(),
        "What is compacted next, and why.");
  m.def("expected_cost", expected_cost_of, py::arg("options"), py::arg("keys"),
        py::arg("record_weight"), "What a tree under overwrites comes to, by formula.");
  m.def("table_number", table_number, py::arg("text"),
        "The number that text such as #7.0.1 spells.");
  m.def(
      "version",
      [](DbArgument db) {
        Db& engine = *db;
        return without_gil([&] { return engine.tree().version; });
      },
      py::arg("db"), "The tables as they stand.");
  m.def("why", why, py::arg("db"), "What the background does, and why.");
}

}  // namespace lsmkit
