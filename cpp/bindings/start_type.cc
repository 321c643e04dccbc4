// Starts of simulations from databases.
#include "start_type.h"

#include <pybind11/stl.h>

#include <utility>

#include "bindings.h"
#include "db_argument.h"
#include "gil.h"
#include "lsmkit/manifest/manifest.h"
#include "lsmkit/twin/exact_start_of.h"
#include "lsmkit/twin/segment_start_of.h"
#include "lsmkit/vfs/file_system.h"

namespace lsmkit {

namespace {

std::string path_text_of(const py::object& path) {
  PyObject* bytes = nullptr;
  if (!PyUnicode_FSConverter(path.ptr(), &bytes)) throw py::error_already_set();
  return py::reinterpret_steal<py::bytes>(bytes);
}

Start start_of(DbArgument db, const std::string& workload, const py::object& progress) {
  Db& engine = *db;
  Start out;
  long_call(progress, [&](const Poll& poll) {
    const Standing standing = engine.standing();
    out.assumptions = assumptions_of(standing);
    out.options = to_map(engine.options());
    out.exact = exact_start_of(standing, workload_from_text(workload), poll);
  });
  return out;
}

// Of the tables' metas alone.
Start tables_of(DbArgument db) {
  Db& engine = *db;
  return without_gil([&] {
    const Standing standing = engine.standing();
    Start out;
    out.segments = segment_start_of(standing);
    out.assumptions = segment_assumptions_of(standing.unflushed_count);
    out.options = to_map(engine.options());
    return out;
  });
}

// Likewise, of a directory whose MANIFEST alone is read.
Start manifest_of(const py::object& path) {
  const std::string dir = path_text_of(path);
  return without_gil([&] {
    const ManifestContents manifest = read_manifest(posix_file_system(), dir);
    Options options;
    set_stored_options(options, manifest.state.options);
    Start out;
    out.segments = SegmentTreeStart{manifest.state.version, manifest.state.flushed_seqno,
                                    static_cast<uint64_t>(manifest.state.next_job)};
    out.assumptions = segment_assumptions_of(0);
    out.assumptions.push_back("what the logs hold was left out: the MANIFEST alone was read");
    out.options = to_map(options);
    return out;
  });
}

}  // namespace

void register_starts(py::module_& m) {
  const py::metaclass plain(reinterpret_cast<PyObject*>(&PyType_Type));
  py::class_<Start>(m, "Start", plain, "What a simulation begins with; one takes it.")
      .def(py::init(&start_of), py::arg("db"), py::arg("workload"), py::kw_only(),
           py::arg("progress") = py::none())
      .def_static("tables_of", tables_of, py::arg("db"))
      .def_static("manifest_of", manifest_of, py::arg("path"))
      .def_readonly("options", &Start::options)
      .def_readonly("assumptions", &Start::assumptions);
}

}  // namespace lsmkit
