// `lsmkit dump`: a file of a database, part by part.
#include "lsmkit/db/dump.h"
#include "bindings.h"
#include "lsmkit/vfs/file_system.h"

namespace lsmkit {

namespace {

std::string dump(const py::object& path, const py::function& show) {
  PyObject* encoded = nullptr;
  if (!PyUnicode_FSConverter(path.ptr(), &encoded)) throw py::error_already_set();
  const auto bytes = py::reinterpret_steal<py::bytes>(encoded);
  return dump_file(
      posix_file_system(), static_cast<std::string>(bytes),
      [&](uint64_t offset, uint64_t size, std::string_view part, std::string_view text) {
        if (PyErr_CheckSignals() != 0) throw py::error_already_set();
        show(offset, size, part, text);
      });
}

}  // namespace

void register_dump(py::module_& m) {
  m.def("dump_file", dump, py::arg("path"), py::arg("show"), py::pos_only(),
        "Shows a file of a database part by part; returns its kind.");
}

}  // namespace lsmkit
