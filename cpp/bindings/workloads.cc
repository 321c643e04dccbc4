// Workloads as text: checked, spelled out, and by name. Python's classes are made of the text.
#include <pybind11/stl.h>

#include "bindings.h"
#include "lsmkit/bytes/error.h"
#include "lsmkit/sim/workload_driver.h"
#include "lsmkit/workload/key_classes.h"
#include "lsmkit/workload/key_encoder.h"
#include "lsmkit/workload/named_workloads.h"
#include "lsmkit/workload/sizes.h"

namespace lsmkit {

namespace {

std::string spelled_out(const std::string& text) {
  return to_text(workload_from_text(text));
}

std::string ycsb_text(const std::string& letter, uint64_t key_count, uint64_t ops) {
  if (letter.size() != 1)
    throw InvalidArgument("YCSB's workloads are a b c d e f, not '" + printable(letter) + "'");
  return to_text(ycsb(letter.front(), key_count, ops));
}

// Of a key, and of a value on average over the phases that put any, by their operations where that
// is how they end.
py::tuple record_bytes(const std::string& text) {
  const WorkloadSpec spec = workload_from_text(text);
  double bytes = 0, puts = 0;
  for (const Phase& phase : spec.phases) {
    const double share = 1 - phase.mix.share(OpKind::kDelete) - phase.mix.share(OpKind::kGet) -
                         phase.mix.share(OpKind::kScan);
    const double weight = share * (phase.end.unit == EndUnit::kOps ? phase.end.after : 1);
    bytes += weight * mean_size(phase.value_bytes);
    puts += weight;
  }
  return py::make_tuple(KeyEncoder(spec.encoding).key_bytes(), puts > 0 ? bytes / puts : 0);
}

// Of the last phase: how many keys are equally likely, and how likely each is. Throws NotSupported
// where that is not all there is to say.
std::vector<std::pair<double, double>> key_shares(const std::string& text) {
  const WorkloadSpec spec = workload_from_text(text);
  const Phase& phase = spec.phases.back();
  const auto* spot = std::get_if<HotspotKeys>(&phase.keys);
  bool moves = spot != nullptr && spot->shift_every_draws != 0;
  std::vector<std::pair<double, double>> out;
  if (!std::holds_alternative<TraceKeys>(phase.keys) &&
      !std::holds_alternative<WindowKeys>(phase.keys) &&
      !std::holds_alternative<QueueKeys>(phase.keys)) {
    for (const KeyClass& k : key_classes(phase.keys, {spec.key_count, 0, 1})) {
      moves = moves || k.by_turns || k.stretch_keys != 1 || k.begin != 0 || k.end != spec.key_count;
      if (k.probability > 0) out.emplace_back(k.key_count, k.probability);
    }
  }
  if (moves || out.empty())
    throw NotSupported("phase '" + phase.name +
                       "': there are formulas only for keys that are drawn by chance, the popular "
                       "ones scattered among the others; use fidelity='segment' or 'exact'");
  return out;
}

}  // namespace

void register_workloads(py::module_& m) {
  m.def("workload_text", spelled_out, py::arg("text"), "Checked, every field spelled out.");
  m.def(
      "workload_op_count",
      [](const std::string& text) { return op_count(workload_from_text(text)); }, py::arg("text"),
      "How many operations come; 0: that depends.");
  m.def("workload_record_bytes", record_bytes, py::arg("text"),
        "Bytes of a key, and of a value on average.");
  m.def("workload_key_shares", key_shares, py::arg("text"),
        "Of the last phase: how many keys are equally likely, and each one's share of the draws.");
  m.def("ycsb", ycsb_text, py::arg("letter"), py::arg("key_count"), py::arg("ops"),
        "YCSB's core workload, as text.");
  m.def(
      "db_bench",
      [](const std::string& name, uint64_t num) { return to_text(db_bench(name, num)); },
      py::arg("name"), py::arg("num"), "db_bench's benchmark, as text.");
  m.def(
      "mixgraph",
      [](const std::string& variant, uint64_t key_count, uint64_t ops) {
        return to_text(mixgraph(variant, key_count, ops));
      },
      py::arg("variant"), py::arg("key_count"), py::arg("ops"), "RocksDB's mixgraph, as text.");
  m.def(
      "queues",
      [](uint64_t queue_count, uint64_t backlog, uint64_t ops) {
        return to_text(queues(queue_count, backlog, ops));
      },
      py::arg("queue_count"), py::arg("backlog"), py::arg("ops"), "Queues, as text.");
  m.def(
      "time_series",
      [](uint64_t series_count, double points_per_s, double ttl_s, double duration_s) {
        return to_text(time_series(series_count, points_per_s, ttl_s, duration_s));
      },
      py::arg("series_count"), py::arg("points_per_s"), py::arg("ttl_s"), py::arg("duration_s"),
      "Series of points that expire, as text.");
  m.def(
      "bursts",
      [](uint64_t key_count, double base_bytes_per_s, double duration_s) {
        return to_text(bursts(key_count, base_bytes_per_s, duration_s));
      },
      py::arg("key_count"), py::arg("base_bytes_per_s"), py::arg("duration_s"),
      "Bursts with spikes, as text.");
}

}  // namespace lsmkit
