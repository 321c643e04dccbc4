// C++ exceptions as Python's.
#pragma once

#include <pybind11/pybind11.h>

namespace lsmkit {

// Sets Python's error indicator from the exception that is being handled.
// Requires: inside a catch block, with the GIL.
void set_python_error() noexcept;

// For functions that Python calls directly: runs f, and turns what it throws into Python's error
// and `failed`.
template <class Result, class F>
Result guarded(Result failed, F&& f) noexcept {
  try {
    return f();
  } catch (...) {
    set_python_error();
    return failed;
  }
}

}  // namespace lsmkit
