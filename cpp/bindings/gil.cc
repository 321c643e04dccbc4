#include "gil.h"

#include <cxxabi.h>
#include <unistd.h>

#include <chrono>

#include "lsmkit/bytes/error.h"

namespace lsmkit {

namespace py = pybind11;

namespace {

// Any call into Python may turn out to be a thread's last one; see take_gil.
template <class F>
void or_sleep_for_ever(F&& f) {
  try {
    f();
  } catch (abi::__forced_unwind&) {
    for (;;) pause();
  }
}

void tell_python(const py::object& progress, const Progress& at) {
  or_sleep_for_ever([&] {
    if (PyErr_CheckSignals() != 0) throw py::error_already_set();
    if (!progress.is_none()) progress(at.done, at.total);
  });
}

}  // namespace

void take_gil(PyThreadState* state) {
  or_sleep_for_ever([state] { PyEval_RestoreThread(state); });
}

void long_call(const py::object& progress, const std::function<void(const Poll&)>& call) {
  constexpr auto kInterval = std::chrono::milliseconds(20);
  auto last = std::chrono::steady_clock::now() - kInterval;  // the first poll is told at once
  std::exception_ptr raised;
  PyThreadState* state = PyEval_SaveThread();
  const Poll poll = [&](const Progress& at) {
    const auto now = std::chrono::steady_clock::now();
    if (now - last < kInterval) return;
    last = now;
    take_gil(state);
    try {
      tell_python(progress, at);
    } catch (...) {
      raised = std::current_exception();
    }
    state = PyEval_SaveThread();
    if (raised) throw Interrupted();
  };
  std::exception_ptr error;
  try {
    call(poll);
  } catch (...) {
    error = std::current_exception();
  }
  take_gil(state);
  if (raised) std::rethrow_exception(std::move(raised));
  if (error) std::rethrow_exception(std::move(error));
}

}  // namespace lsmkit
