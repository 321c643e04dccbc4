// Starts of simulations from databases.
#include "start_type.h"

#include <pybind11/stl.h>

#include <utility>

#include "bindings.h"
#include "db_argument.h"
#include "gil.h"
#include "lsmkit/twin/exact_start_of.h"

namespace lsmkit {

namespace {

Start start_of(DbArgument db, const std::string& workload, const py::object& progress) {
  Db& engine = *db;
  Start out;
  long_call(progress, [&](const Poll& poll) {
    const Standing standing = engine.standing();
    out.assumptions = assumptions_of(standing);
    out.exact = exact_start_of(standing, workload_from_text(workload), poll);
  });
  return out;
}

}  // namespace

void register_starts(py::module_& m) {
  const py::metaclass plain(reinterpret_cast<PyObject*>(&PyType_Type));
  py::class_<Start>(m, "Start", plain, "What a simulation begins with; one takes it.")
      .def(py::init(&start_of), py::arg("db"), py::arg("workload"), py::kw_only(),
           py::arg("progress") = py::none())
      .def_readonly("assumptions", &Start::assumptions);
}

}  // namespace lsmkit
