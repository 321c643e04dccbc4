#include "gil.h"

#include <cxxabi.h>
#include <unistd.h>

#include <chrono>
#include <optional>

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

// What this thread's innermost long call was left by keep_raised. Touched with the GIL.
thread_local std::exception_ptr* kept_by_long_call = nullptr;

struct KeepingRaised {
  explicit KeepingRaised(std::exception_ptr& kept) : outer(kept_by_long_call) {
    kept_by_long_call = &kept;
  }
  ~KeepingRaised() { kept_by_long_call = outer; }
  KeepingRaised(const KeepingRaised&) = delete;
  KeepingRaised& operator=(const KeepingRaised&) = delete;
  std::exception_ptr* const outer;
};

bool is_beyond_except_exception(const std::exception_ptr& raised) {
  try {
    std::rethrow_exception(raised);
  } catch (const py::error_already_set& error) {
    return !error.matches(PyExc_Exception);
  } catch (...) {
    return false;
  }
}

bool is_raised_in_python(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const RaisedInPython&) {
    return true;
  } catch (...) {
    return false;
  }
}

}  // namespace

void take_gil(PyThreadState* state) {
  or_sleep_for_ever([state] { PyEval_RestoreThread(state); });
}

void long_call(const py::object& progress, const std::function<void(const Poll&)>& call,
               bool tells_end) {
  constexpr auto kInterval = std::chrono::milliseconds(20);
  auto last = std::chrono::steady_clock::now() - kInterval;  // the first poll is told at once
  std::exception_ptr raised;
  std::exception_ptr kept;
  const KeepingRaised keeping(kept);
  std::optional<Progress> untold;  // too soon after the last one
  PyThreadState* state = PyEval_SaveThread();
  const Poll poll = [&](const Progress& at) {
    const auto now = std::chrono::steady_clock::now();
    untold = at;
    if (now - last < kInterval) return;
    untold.reset();
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
  if (kept && (error ? is_raised_in_python(error) : is_beyond_except_exception(kept)))
    raised = std::move(kept);
  if (raised) std::rethrow_exception(std::move(raised));
  if (error) std::rethrow_exception(std::move(error));
  // So that short calls end at the whole, too.
  if (untold && tells_end && !progress.is_none())
    or_sleep_for_ever([&] { progress(untold->done, untold->total); });
}

void with_gil(const std::function<void()>& f) {
  or_sleep_for_ever([&] {
    const PyGILState_STATE state = PyGILState_Ensure();
    f();
    PyGILState_Release(state);
  });
}

void keep_raised(std::exception_ptr raised) {
  if (kept_by_long_call != nullptr) *kept_by_long_call = std::move(raised);
}

}  // namespace lsmkit
