// The layered store (cpp/layered) for Python, which gives its options, frames and figures types and
// documentation.
#include <pybind11/stl.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "bindings.h"
#include "columns.h"
#include "gil.h"
#include "lsmkit/layered/layer_levels.h"
#include "lsmkit/layered/layered_option_fields.h"
#include "lsmkit/layered/layered_workload.h"
#include "lsmkit/layered/measured_layered_run.h"
#include "lsmkit/layered/sliced_reads.h"
#include "lsmkit/sim/workload_driver.h"
#include "rows.h"
#include "turn.h"

namespace lsmkit {

namespace {

using namespace py::literals;

constexpr size_t kOpsPerPoll = 4096;
// Where each of them may be followed by sampled reads.
constexpr size_t kOpsPerPollSampled = 64;
constexpr uint64_t kRarelySampledBytes = 1 << 20;
// Of a workload. What is kept of each is 8 B for every layer that holds it.
constexpr uint64_t kMostOps = uint64_t{1} << 28;

[[noreturn]] void throw_too_many() {
  throw InvalidArgument("a workload on a layered store may have at most " +
                        std::to_string(kMostOps) +
                        " operations, which are simulated one by one; give fewer and larger ones, "
                        "or fidelity='slices'");
}

py::dict default_options() {
  LayeredOptions options;
  py::dict out;
  each_field(options, [&out](const char* name, const auto& member) { out[name] = member; });
  return out;
}

// Python's Options have the types; what does not fit a member is refused by name.
LayeredOptions options_of(const py::dict& given) {
  LayeredOptions options;
  for (const auto& [key, value] : given) {
    const auto name = key.cast<std::string>();
    bool known = false;
    each_field(options, [&, item = value](const char* field, auto& member) {
      if (name != field) return;
      known = true;
      try {
        member = item.template cast<std::remove_reference_t<decltype(member)>>();
      } catch (const py::cast_error&) {
        throw InvalidArgument(name + ": " + std::string(py::str(py::repr(item))).substr(0, 60) +
                              " cannot be; it is out of range");
      }
    });
    if (!known) throw InvalidArgument("a layered store has no option " + name.substr(0, 60));
  }
  check(options);
  return options;
}

py::dict to_dict(const ReadFigure& figure) {
  return py::dict("mean"_a = figure.mean, "p99"_a = figure.p99, "max"_a = figure.most);
}

py::dict to_dict(const ReadFigures& figures) {
  return py::dict("reads"_a = figures.reads, "layers_opened"_a = to_dict(figures.layers_opened),
                  "layers_holding"_a = to_dict(figures.layers_holding),
                  "records"_a = to_dict(figures.records), "bytes"_a = to_dict(figures.bytes));
}

py::dict to_dict(const LayerCounts& counts) {
  return py::dict("layers"_a = counts.layers, "bytes"_a = counts.bytes);
}

const char* name_of_kind(const Layer& layer) {
  return layer.is_delta() ? "delta" : "image";
}

py::dict layer_columns(const std::vector<Layer>& layers) {
  Columns rows({"number", "kind", "page_begin", "page_end", "lsn_begin", "lsn_end", "bytes", "born",
                "died"});
  for (const Layer& layer : layers)
    rows.add(static_cast<uint64_t>(layer.number), name_of_kind(layer), layer.pages.begin,
             layer.pages.end, layer.lsns.begin, layer.lsns.end, layer.bytes, layer.born,
             layer.died == kStillLives ? py::object(py::none()) : py::cast(layer.died));
  return rows.dict();
}

py::dict layer_event_columns(const std::vector<LayerEvent>& events) {
  Columns rows({"number", "deleted", "reason", "compaction", "level", "job", "layer", "kind",
                "page_begin", "page_end", "lsn_begin", "lsn_end", "bytes"});
  for (const LayerEvent& event : events) {
    const Layer& layer = event.layer;
    rows.add(event.number, event.deleted, std::string(name_of(event.reason)), event.compaction,
             event.level, event.job, static_cast<uint64_t>(layer.number), name_of_kind(layer),
             layer.pages.begin, layer.pages.end, layer.lsns.begin, layer.lsns.end, layer.bytes);
  }
  return rows.dict();
}

// The opposite of layer_columns(), without lives.
std::vector<Layer> layers_of(const py::dict& columns) {
  const auto numbers = columns["number"].cast<std::vector<uint64_t>>();
  const auto kinds = columns["kind"].cast<std::vector<std::string>>();
  std::vector<std::vector<uint64_t>> of(5);
  size_t at = 0;
  for (const char* name : {"page_begin", "page_end", "lsn_begin", "lsn_end", "bytes"}) {
    of[at] = columns[name].cast<std::vector<uint64_t>>();
    ensure(of[at].size() == numbers.size() && kinds.size() == numbers.size(),
           "columns of layers must have one length");
    ++at;
  }
  std::vector<Layer> out(numbers.size());
  for (size_t row = 0; row < out.size(); ++row) {
    out[row].number = LayerNumber{numbers[row]};
    out[row].kind = kinds[row] == "image" ? LayerKind::kImage : LayerKind::kDelta;
    out[row].pages = {of[0][row], of[1][row]};
    out[row].lsns = {of[2][row], of[3][row]};
    out[row].bytes = of[4][row];
  }
  return out;
}

py::dict level_columns(const py::dict& layers, uint64_t end_lsn, const py::dict& options) {
  Columns rows({"level", "begin_lsn", "end_lsn", "delta_count", "image_count", "file_bytes",
                "depth", "partition_count"});
  for (const LayerLevelView& v : levels_of(layers_of(layers), end_lsn, options_of(options)))
    rows.add(v.level, v.lsns.begin, v.lsns.end, v.deltas, v.images, v.bytes, v.depth, v.partitions);
  return rows.dict();
}

// Addresses of arrays of Python's, which stay pinned.
class RecordArrays {
 public:
  RecordArrays(const py::object& pages, const py::object& bytes)
      : pages_(pages), bytes_(bytes), count_(pages_.size() / sizeof(PageNumber)) {
    ensure(bytes_.size() == count_ * sizeof(uint32_t), "one length per page is due");
  }
  size_t count() const { return count_; }
  PageNumber page(size_t row) const {
    return reinterpret_cast<const PageNumber*>(pages_.data())[row];
  }
  uint32_t bytes(size_t row) const { return reinterpret_cast<const uint32_t*>(bytes_.data())[row]; }

 private:
  PinnedBuffer pages_;  // uint64
  PinnedBuffer bytes_;  // uint32
  size_t count_;
};

// What is called in the midst of a run's compactions, while this lives.
template <class Run>
class Polled {
 public:
  Polled(Run& run, std::function<void()> poll) : run_(run) { run_.set_poll(std::move(poll)); }
  ~Polled() { run_.set_poll({}); }
  Polled(const Polled&) = delete;
  Polled& operator=(const Polled&) = delete;

 private:
  Run& run_;
};

// A run by slices, with what it is asked for.
class SlicedLayers {
 public:
  SlicedLayers(const LayeredRunOptions& options, const WorkloadSpec& workload,
               const ReadSampling& sampling)
      : run_(options, workload), sampling_(sampling), reads_(sampling.seed) {}

  void run(const Poll& poll) {
    Lsn next = sampling_.every_log_bytes == 0 ? UINT64_MAX : sampling_.every_log_bytes;
    const uint64_t total = run_.expected_log_bytes();
    const auto tell = [&] { poll({std::min(run_.flushed_lsn(), total), total}); };
    const Polled polled(run_, tell);
    for (bool more = true; more;) {
      tell();
      // What is in the buffer stands in the log already, which is rounded.
      const Lsn end = run_.buffer_end() + sampling_.every_log_bytes / 128;
      for (; next <= end; next += sampling_.every_log_bytes) {
        sample(next);
        tell();
      }
      more = run_.step();
      if (more) note();
    }
    poll({total, total});
  }
  ReadFigures tip_reads(uint64_t reads) const {
    SlicedReads tip(sampling_.seed);
    tip.sample(run_, reads, ReadAt::kTip);
    return tip.figures();
  }
  ReadFigures history_reads() const { return reads_.figures(); }
  const SlicedRun& run() const { return run_; }
  const std::vector<LayeredMoment>& moments() const { return moments_; }
  const std::vector<SampledMoment>& samples() const { return samples_; }

 private:
  void sample(Lsn log_bytes) {
    ReadCosts costs;
    reads_.sample(run_, sampling_.reads, ReadAt::kHistory, &costs);
    if (costs.reads() == 0) return;  // nothing is flushed
    samples_.push_back({run_.tree().event_count(), log_bytes, costs.figures()});
  }
  void note() {
    moments_.push_back({run_.tree().event_count(), run_.flushed_lsn(), run_.retention().horizon(),
                        run_.keyspace().page_count()});
  }

  SlicedRun run_;
  const ReadSampling sampling_;
  SlicedReads reads_;
  std::vector<LayeredMoment> moments_;
  std::vector<SampledMoment> samples_;
};

py::dict to_dict(const Makespans& makespans) {
  py::dict out;
  for (size_t i = 0; i < kWorkerCounts.size(); ++i)
    out[py::int_(kWorkerCounts[i])] = makespans.sum_s[i];
  return out;
}

// A layered run as Python holds it: changed by one thread at a time, looked at in between.
class LayeredStore {
 public:
  // `workload`: empty for records that come by ingest() alone.
  LayeredStore(const py::dict& options, const std::string& workload, bool sliced, bool checks,
               uint64_t seed, uint64_t sample_every_bytes, uint64_t reads_per_sample,
               uint64_t most_events, uint64_t branch_every_bytes, uint64_t branch_living_bytes) {
    LayeredRunOptions run_options;
    run_options.layered = options_of(options);
    run_options.checks = checks;
    run_options.most_events = most_events;
    const ReadSampling sampling{seed, sample_every_bytes, reads_per_sample};
    if (sample_every_bytes > 0 && sample_every_bytes < kRarelySampledBytes)
      ops_per_poll_ = kOpsPerPollSampled;
    const BranchPlan branches{branch_every_bytes, branch_living_bytes, reads_per_sample};
    if (workload.empty()) {
      own_ = std::make_unique<MeasuredLayeredRun>(run_options, sampling);
      measured_ = own_.get();
      return;
    }
    if (sliced) {
      if (branch_every_bytes > 0)
        throw NotSupported(
            "branches that come and go cannot be told by slices; simulate them per "
            "record");
      sliced_ = std::make_unique<SlicedLayers>(run_options, workload_from_text(workload), sampling);
      return;
    }
    const WorkloadSpec spec = workload_from_text(workload);
    total_ops_ = op_count(spec);
    if (total_ops_ > kMostOps) throw_too_many();
    workload_ = std::make_unique<LayeredWorkload>(spec, run_options, sampling, branches);
    measured_ = &workload_->measured();
  }

  void use_pages(uint64_t begin, uint64_t end) {
    const Turn turn(busy_, "this Store");
    ensure(begin < end, "pages must end above where they begin");
    by_records().use_pages({begin, end});
  }

  void drop_pages(uint64_t begin, uint64_t end) {
    const Turn turn(busy_, "this Store");
    ensure(begin < end, "pages must end above where they begin");
    by_records().drop_pages({begin, end});
  }

  void ingest(const py::object& pages, const py::object& bytes, const py::object& progress) {
    const Turn turn(busy_, "this Store");
    by_records();
    const RecordArrays records(pages, bytes);
    long_call(progress, [&](const Poll& poll) {
      size_t done = 0;
      const Polled polled(measured_->run(), [&] { poll({done, records.count()}); });
      for (size_t row = 0; row < records.count(); ++row) {
        if (row % ops_per_poll_ == 0) poll({row, records.count()});
        done = row;
        measured_->ingest(records.page(row), records.bytes(row));
      }
      poll({records.count(), records.count()});
    });
  }

  // To the workload's end, where all is flushed.
  void run(const py::object& progress) {
    const Turn turn(busy_, "this Store");
    if (sliced_) {
      long_call(progress, [&](const Poll& poll) { sliced_->run(poll); });
      return;
    }
    if (!workload_) return;
    long_call(progress, [&](const Poll& poll) {
      const Polled polled(measured_->run(), [&] { poll({workload_->ops(), total_ops_}); });
      do {
        poll({workload_->ops(), total_ops_});
        if (workload_->ops() > kMostOps) throw_too_many();
      } while (workload_->step(ops_per_poll_));
      poll({workload_->ops(), total_ops_});
    });
  }

  void flush() {
    const Turn turn(busy_, "this Store");
    MeasuredLayeredRun& run = by_records();
    without_gil([&] { run.flush(); });
  }
  bool compact(const py::object& progress) {
    const Turn turn(busy_, "this Store");
    MeasuredLayeredRun& run = by_records();
    bool did = false;
    long_call(progress, [&](const Poll& poll) {
      const Polled polled(run.run(), [&] { poll({0, 0}); });
      did = run.compact();
    });
    return did;
  }

  py::dict read(uint64_t page, const std::optional<uint64_t>& lsn) {
    const Turn turn(busy_, "this Store");
    LayeredRun& run = by_records().run();
    const LayerRead read = run.read(page, lsn.value_or(run.flushed_lsn()));
    const py::object image =
        read.image ? py::cast(static_cast<uint64_t>(*read.image)) : py::object(py::none());
    return py::dict("layers_opened"_a = read.layers_opened,
                    "layers_holding"_a = read.layers_holding, "records"_a = read.records,
                    "bytes"_a = read.bytes, "image"_a = image, "in_use"_a = read.in_use);
  }
  py::dict tip_reads(uint64_t reads) {
    const Turn turn(busy_, "this Store");
    return to_dict(without_gil(
        [&] { return sliced_ ? sliced_->tip_reads(reads) : measured_->tip_reads(reads); }));
  }
  py::dict history_reads() {
    const Turn turn(busy_, "this Store");
    return to_dict(without_gil(
        [&] { return sliced_ ? sliced_->history_reads() : measured_->history_reads(); }));
  }

  // Of branches of the workload's.
  py::dict branch_reads() {
    const Turn turn(busy_, "this Store");
    return to_dict(
        without_gil([&] { return measured_ ? measured_->branch_reads() : ReadFigures{}; }));
  }
  uint64_t branch_count() {
    const Turn turn(busy_, "this Store");
    return measured_ ? measured_->branch_count() : 0;
  }

  void collect() {
    const Turn turn(busy_, "this Store");
    MeasuredLayeredRun& run = by_records();
    without_gil([&] { run.collect(); });
  }
  uint64_t pin(uint64_t lsn, const std::optional<double>& seconds) {
    const Turn turn(busy_, "this Store");
    LayeredRun& run = by_records().run();
    return static_cast<uint64_t>(seconds ? run.lease(lsn, *seconds) : run.pin(lsn));
  }
  void unpin(uint64_t number) {
    const Turn turn(busy_, "this Store");
    by_records().run().unpin(PinNumber{number});
  }

  py::dict state() {
    const Turn turn(busy_, "this Store");
    const LayeredTotals& totals = tree().totals();
    py::dict out(
        "flushed_lsn"_a = tree().flushed_lsn(), "log_bytes"_a = tree().flushed_lsn(),
        "pages_in_use"_a =
            (sliced_ ? sliced_->run().keyspace() : measured_->run().keyspace()).page_count(),
        "flushed"_a = to_dict(totals.flushed), "retiled"_a = to_dict(totals.retiled),
        "identical"_a = to_dict(totals.identical), "images"_a = to_dict(totals.images),
        "collected"_a = to_dict(totals.collected), "created"_a = to_dict(tree().map().created()),
        "deleted"_a = to_dict(tree().map().deleted()), "compactions"_a = totals.compactions,
        "level_compactions"_a = totals.level_compactions,
        "page_image_bytes"_a = totals.page_image_bytes, "parts"_a = totals.parts,
        "parts_kept"_a = totals.parts_kept, "makespans"_a = to_dict(totals.makespans),
        "live_layers"_a = tree().map().layers().size(), "live_bytes"_a = tree().map().live_bytes(),
        "peak_live_bytes"_a = tree().map().peak_live_bytes(),
        "event_count"_a = tree().event_count(), "kept_events"_a = events_of().size(),
        "records"_a = py::none(),
        "horizon"_a =
            (sliced_ ? sliced_->run().retention() : measured_->run().retention()).horizon(),
        "workload_reads"_a = workload_ ? to_dict(workload_->read_figures()) : py::dict());
    if (measured_ == nullptr) return out;
    const LayeredRun& run = measured_->run();
    out["log_bytes"] = run.log_bytes();
    out["records"] = run.store().log().count();
    return out;
  }
  py::dict layers() {
    const Turn turn(busy_, "this Store");
    return layer_columns(tree().map().layers());
  }
  py::dict events() {
    const Turn turn(busy_, "this Store");
    return layer_event_columns(events_of());
  }
  py::dict moments() {
    const Turn turn(busy_, "this Store");
    Columns rows({"events", "flushed_lsn", "horizon", "pages_in_use"});
    for (const LayeredMoment& m : sliced_ ? sliced_->moments() : measured_->moments())
      rows.add(m.events, m.flushed_lsn, m.horizon, m.pages_in_use);
    return rows.dict();
  }
  py::list samples() {
    const Turn turn(busy_, "this Store");
    py::list out;
    for (const SampledMoment& m : sliced_ ? sliced_->samples() : measured_->samples())
      out.append(py::make_tuple(m.events, m.log_bytes, to_dict(m.figures)));
    return out;
  }

 private:
  MeasuredLayeredRun& by_records() {
    if (measured_ == nullptr) throw NotSupported("a run by slices has no records of its own");
    return *measured_;
  }
  const LayeredTree& tree() const {
    return sliced_ ? sliced_->run().tree() : measured_->run().tree();
  }
  const std::vector<LayerEvent>& events_of() const {
    return sliced_ ? sliced_->run().events() : measured_->run().events();
  }

  std::unique_ptr<SlicedLayers> sliced_;
  std::unique_ptr<MeasuredLayeredRun> own_;
  std::unique_ptr<LayeredWorkload> workload_;
  MeasuredLayeredRun* measured_ = nullptr;  // of one of these two
  uint64_t total_ops_ = 0;                  // 0: not known
  size_t ops_per_poll_ = kOpsPerPoll;
  bool busy_ = false;
};

}  // namespace

void register_layered(py::module_& m) {
  const auto none = py::none();
  const py::metaclass plain(reinterpret_cast<PyObject*>(&PyType_Type));
  m.def("layered_options", default_options, "Every option of a layered store with its default.");
  m.def(
      "check_layered_options", [](const py::dict& options) { options_of(options); },
      py::arg("options"), "Raises InvalidArgument naming what cannot be.");
  m.def("layered_levels", level_columns, py::arg("layers"), py::arg("end_lsn"), py::arg("options"),
        "The levels that layers form, as compaction would find them.");
  py::class_<LayeredStore>(m, "LayeredStore", plain, "A simulated layered store.")
      .def(py::init<const py::dict&, const std::string&, bool, bool, uint64_t, uint64_t, uint64_t,
                    uint64_t, uint64_t, uint64_t>(),
           py::arg("options"), py::kw_only(), py::arg("workload"), py::arg("sliced"),
           py::arg("checks"), py::arg("seed"), py::arg("sample_every_bytes"),
           py::arg("reads_per_sample"), py::arg("most_events"), py::arg("branch_every_bytes"),
           py::arg("branch_living_bytes"))
      .def("use_pages", &LayeredStore::use_pages, py::arg("begin"), py::arg("end"))
      .def("drop_pages", &LayeredStore::drop_pages, py::arg("begin"), py::arg("end"))
      .def("ingest", &LayeredStore::ingest, py::arg("pages"), py::arg("bytes"), py::kw_only(),
           py::arg("progress") = none)
      .def("run", &LayeredStore::run, py::kw_only(), py::arg("progress") = none)
      .def("flush", &LayeredStore::flush)
      .def("compact", &LayeredStore::compact, py::kw_only(), py::arg("progress") = none)
      .def("collect", &LayeredStore::collect)
      .def("pin", &LayeredStore::pin, py::arg("lsn"), py::arg("seconds"))
      .def("unpin", &LayeredStore::unpin, py::arg("number"))
      .def("read", &LayeredStore::read, py::arg("page"), py::arg("lsn"))
      .def("tip_reads", &LayeredStore::tip_reads, py::arg("reads"))
      .def("history_reads", &LayeredStore::history_reads)
      .def("branch_reads", &LayeredStore::branch_reads)
      .def("branch_count", &LayeredStore::branch_count)
      .def("state", &LayeredStore::state)
      .def("layers", &LayeredStore::layers)
      .def("events", &LayeredStore::events)
      .def("moments", &LayeredStore::moments)
      .def("samples", &LayeredStore::samples);
}

}  // namespace lsmkit
