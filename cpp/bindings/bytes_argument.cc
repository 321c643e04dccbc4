#include "bytes_argument.h"

#include "bindings.h"

namespace lsmkit {

void BytesArgument::pin(PyObject* object, Role role) {
  const char* const name = role == Role::kKey ? "key" : "value";
  if (PyUnicode_Check(object)) {
    PyErr_Format(PyExc_TypeError,
                 "a %s is bytes, not str: pass %s.encode(), or use db.typed(%s=str) to store text",
                 name, name, name);
    throw py::error_already_set();
  }
  if (!PyObject_CheckBuffer(object)) {
    PyErr_Format(PyExc_TypeError, "a %s is bytes or another buffer, not %s", name,
                 Py_TYPE(object)->tp_name);
    throw py::error_already_set();
  }
  if (PyObject_GetBuffer(object, &view_, PyBUF_SIMPLE) != 0) throw py::error_already_set();
  pinned_ = true;
  bytes_ = {static_cast<const char*>(view_.buf), static_cast<size_t>(view_.len)};
}

}  // namespace lsmkit
