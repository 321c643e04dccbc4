// DB objects as arguments of pybind11 functions.
#pragma once

#include <pybind11/pybind11.h>

#include "handles.h"

namespace lsmkit {

class DbArgument {
 public:
  DbArgument() = default;
  explicit DbArgument(PyObject* object) : object_(object) {}
  PyObject* object() const { return object_; }
  Db* operator->() const { return &db_of(object_); }
  Db& operator*() const { return db_of(object_); }

 private:
  PyObject* object_ = nullptr;  // borrowed from the caller
};

}  // namespace lsmkit

template <>
struct pybind11::detail::type_caster<lsmkit::DbArgument> {
  PYBIND11_TYPE_CASTER(lsmkit::DbArgument, const_name("DB"));
  bool load(handle object, bool) {
    if (!lsmkit::is_db(object.ptr())) return false;
    value = lsmkit::DbArgument(object.ptr());
    return true;
  }
};
