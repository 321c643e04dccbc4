// The calls that may take long: they release the GIL, let Ctrl-C in, and tell their progress.
#include "bindings.h"
#include "db_argument.h"
#include "gil.h"
#include "lsmkit/bytes/key.h"
#include "lsmkit/db/db_cursor.h"
#include "lsmkit/trace/amplification.h"

namespace lsmkit {

namespace {

void flush(DbArgument db, const py::object& progress) {
  Db& engine = *db;
  long_call(progress, [&](const Poll& poll) { engine.flush(poll); });
}

void compact_range(DbArgument db, const py::object& start, const py::object& stop,
                   const py::object& progress) {
  Db& engine = *db;
  const auto begin = key_or_none(start.ptr());
  const auto end = key_or_none(stop.ptr());
  long_call(progress, [&](const Poll& poll) { engine.compact_range(begin, end, poll); });
}

void wait_idle(DbArgument db, const py::object& progress) {
  Db& engine = *db;
  long_call(progress, [&](const Poll& poll) { engine.wait_idle(poll); });
}

uint64_t verify(DbArgument db, const py::object& progress) {
  Db& engine = *db;
  uint64_t entries = 0;
  long_call(progress, [&](const Poll& poll) { entries = engine.verify(poll); });
  return entries;
}

std::string path_of(const py::object& path) {
  PyObject* bytes = nullptr;
  if (!PyUnicode_FSConverter(path.ptr(), &bytes)) throw py::error_already_set();
  return py::reinterpret_steal<py::bytes>(bytes);
}

struct Walked {
  uint64_t keys = 0;
  uint64_t weight = 0;
};

// Reads a range from end to end. Polls every so many keys, and before each read.
Walked walk(Db& db, CursorOptions options, const SnapshotRef& moment, const Poll& poll) {
  constexpr uint64_t kKeysPerPoll = 1024;
  Walked so_far;
  options.poll = [&] { poll({.done = so_far.keys, .total = 0}); };
  const auto cursor = db.cursor(options, moment);
  for (cursor->seek_to_first(); cursor->valid(); cursor->next()) {
    so_far.weight += weight_of(cursor->key().size(), cursor->value().size());
    if (++so_far.keys % kKeysPerPoll == 0) options.poll();
  }
  return so_far;
}

uint64_t count(DbArgument db, const py::object& start, const py::object& stop, bool include_start,
               bool include_stop, const py::object& prefix, const py::object& snapshot,
               const py::object& progress) {
  const RangeArguments range{.start = start.ptr(),
                             .stop = stop.ptr(),
                             .include_start = include_start,
                             .include_stop = include_stop,
                             .prefix = prefix.ptr()};
  const CursorOptions options = range.resolve();
  const SnapshotRef moment = snapshot_of(snapshot.ptr(), db.object());
  Db& engine = *db;
  Walked walked;
  long_call(progress, [&](const Poll& poll) { walked = walk(engine, options, moment, poll); });
  return walked.keys;
}

double space_amp_of(DbArgument db, const py::object& progress) {
  Db& engine = *db;
  Walked walked;
  long_call(progress, [&](const Poll& poll) { walked = walk(engine, {}, {}, poll); });
  return space_amp(engine.tree().version, walked.weight);
}

bool refresh(DbArgument db) {
  Db& engine = *db;
  bool newer = false;
  long_call(py::none(), [&](const Poll& poll) { newer = engine.refresh(poll); });
  return newer;
}

void checkpoint(DbArgument db, const py::object& path, const py::object& progress) {
  Db& engine = *db;
  const std::string text = path_of(path);
  long_call(progress, [&](const Poll& poll) { engine.checkpoint(text, poll); });
}

void sync(DbArgument db) {
  Db& engine = *db;
  without_gil([&] { engine.sync(); });
}

void destroy_path(const py::object& path) {
  const std::string text = path_of(path);
  without_gil([&] { destroy(text); });
}

}  // namespace

void register_long_calls(py::module_& m) {
  const auto none = py::none();
  m.def("flush", flush, py::arg("db"), py::kw_only(), py::arg("progress") = none,
        "Writes what is in memory into tables.");
  m.def("compact_range", compact_range, py::arg("db"), py::arg("start") = none,
        py::arg("stop") = none, py::kw_only(), py::arg("progress") = none,
        "Moves [start, stop] down to the deepest level that holds any of it.");
  m.def("wait_idle", wait_idle, py::arg("db"), py::kw_only(), py::arg("progress") = none,
        "Waits until no compaction is due.");
  m.def("verify", verify, py::arg("db"), py::kw_only(), py::arg("progress") = none,
        "Reads and checks every byte; returns the number of entries.");
  m.def("count", count, py::arg("db"), py::kw_only(), py::arg("start") = none,
        py::arg("stop") = none, py::arg("include_start") = true, py::arg("include_stop") = false,
        py::arg("prefix") = none, py::arg("snapshot") = none, py::arg("progress") = none,
        "Counts the keys of a range by reading them.");
  m.def("space_amp", space_amp_of, py::arg("db"), py::kw_only(), py::arg("progress") = none,
        "Weight in tables over the weight of what is visible, which it reads.");
  m.def("refresh", refresh, py::arg("db"),
        "Read-only: goes on to what the directory holds now; whether that is newer.");
  m.def("checkpoint", checkpoint, py::arg("db"), py::arg("path"), py::kw_only(),
        py::arg("progress") = none, "A copy of this moment in a new directory.");
  m.def("sync", sync, py::arg("db"), "Makes everything acknowledged before durable.");
  m.def("destroy", destroy_path, py::arg("path"), "Deletes a closed database.");
}

}  // namespace lsmkit
