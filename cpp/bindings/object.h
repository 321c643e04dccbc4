// A Python object around a C++ value, and the type for it: what a C extension type needs and no
// more.
#pragma once

#include <pybind11/pybind11.h>

#include <new>
#include <type_traits>
#include <utility>

#include "bindings.h"
#include "errors.h"

namespace lsmkit {

template <class T>
struct Object {
  PyObject_HEAD T value;
};

template <class T>
T& value_of(PyObject* self) {
  return reinterpret_cast<Object<T>*>(self)->value;
}

// A new object with a default value; null with Python's error set. No Python code can run between
// the allocation and the end of the (nothrow) construction, so nobody sees it half made.
template <class T>
PyObject* new_object(PyTypeObject* type) {
  static_assert(std::is_nothrow_default_constructible_v<T>);
  PyObject* const self = type->tp_alloc(type, 0);
  if (self) new (&value_of<T>(self)) T();
  return self;
}

// A value that keeps its DB object alive says so with a member `PyObject* db`, for the collector.
template <class T>
concept HasParent = requires(T& value) {
  { value.db } -> std::same_as<PyObject*&>;
};

template <class T>
void dealloc(PyObject* self) {
  PyTypeObject* const type = Py_TYPE(self);
  if (PyType_IS_GC(type)) PyObject_GC_UnTrack(self);
  if constexpr (HasParent<T>) {
    value_of<T>(self).release();
    Py_CLEAR(value_of<T>(self).db);
  }
  value_of<T>(self).~T();
  type->tp_free(self);
  Py_DECREF(type);
}

template <HasParent T>
int traverse(PyObject* self, visitproc visit, void* arg) {
  Py_VISIT(value_of<T>(self).db);
  Py_VISIT(Py_TYPE(self));
  return 0;
}

// Makes the type and puts it into the module under its bare name. Types live as long as the
// process.
inline PyTypeObject* add_type(py::module_& m, PyType_Spec spec) {
  PyObject* const type = PyType_FromSpec(&spec);
  if (!type) throw py::error_already_set();
  if (PyModule_AddType(m.ptr(), reinterpret_cast<PyTypeObject*>(type)) != 0)
    throw py::error_already_set();
  return reinterpret_cast<PyTypeObject*>(type);
}

// Gives a function of ours the shape that Python calls, errors turned over. F takes what Python
// passes and may throw; it returns a new reference, or null with Python's error set.
template <auto F>
struct Shape;
template <class... Args, PyObject* (*F)(Args...)>
struct Shape<F> {
  static PyObject* call(Args... args) noexcept {
    return guarded<PyObject*>(nullptr, [&] { return F(args...); });
  }
};
template <class... Args, int (*F)(Args...)>
struct Shape<F> {
  static int call(Args... args) noexcept {
    return guarded(-1, [&] { return F(args...); });
  }
};

template <auto F>
PyMethodDef method(const char* name, int flags, const char* doc) {
  return {name, reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(&Shape<F>::call)), flags,
          doc};
}
template <auto F>
PyGetSetDef property(const char* name, const char* doc) {
  return {name, &Shape<F>::call, nullptr, doc, nullptr};
}
template <auto F>
PyType_Slot slot(int id) {
  return {id, reinterpret_cast<void*>(&Shape<F>::call)};
}

inline PyObject* none() {
  return Py_NewRef(Py_None);
}
inline PyObject* to_bytes(std::string_view bytes) {
  return PyBytes_FromStringAndSize(bytes.data(), static_cast<Py_ssize_t>(bytes.size()));
}
inline PyObject* to_item(std::string_view key, std::string_view value) {
  PyObject* const item = PyTuple_New(2);
  if (!item) return nullptr;
  PyTuple_SET_ITEM(item, 0, to_bytes(key));
  PyTuple_SET_ITEM(item, 1, to_bytes(value));
  if (PyTuple_GET_ITEM(item, 0) && PyTuple_GET_ITEM(item, 1)) return item;
  Py_DECREF(item);
  return nullptr;
}

}  // namespace lsmkit
