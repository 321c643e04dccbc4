// Arrow's structs in Python capsules: each released when its capsule goes, unless it was taken.
#pragma once

#include <pybind11/pybind11.h>

#include "arrow_abi.h"

namespace lsmkit {

template <class Struct>
struct CapsuleName;
template <>
struct CapsuleName<ArrowSchema> {
  static constexpr const char* kName = "arrow_schema";
};
template <>
struct CapsuleName<ArrowArray> {
  static constexpr const char* kName = "arrow_array";
};
template <>
struct CapsuleName<ArrowArrayStream> {
  static constexpr const char* kName = "arrow_array_stream";
};

// A capsule around an empty struct, for `fill` to fill.
template <class Struct, class Fill>
pybind11::capsule make_capsule(Fill&& fill) {
  auto* const value = new Struct{};
  const auto free = [](PyObject* capsule) {
    void* const held = PyCapsule_GetPointer(capsule, CapsuleName<Struct>::kName);
    auto* const owned = static_cast<Struct*>(held);
    if (owned->release) owned->release(owned);
    delete owned;
  };
  pybind11::capsule capsule(value, CapsuleName<Struct>::kName, free);
  fill(value);
  return capsule;
}

// What a capsule holds, which is empty from then on. Throws Python's ValueError for another one.
template <class Struct>
OwnedArrow<Struct> take_capsule(pybind11::handle capsule) {
  void* const held = PyCapsule_GetPointer(capsule.ptr(), CapsuleName<Struct>::kName);
  if (!held) throw pybind11::error_already_set();
  auto& found = *static_cast<Struct*>(held);
  if (!found.release) throw pybind11::value_error("this Arrow capsule was taken already");
  return OwnedArrow<Struct>(found);
}

}  // namespace lsmkit
