// Giving up the GIL and taking it back.
//
// The rule: no lock of the engine is held while the GIL is asked for, and the engine's own threads
// never ask for it. So whoever holds the GIL may wait for the engine, and nobody waits in a circle.
#pragma once

#include <pybind11/pybind11.h>

#include <exception>
#include <functional>
#include <optional>
#include <type_traits>
#include <utility>

#include "lsmkit/bytes/error.h"
#include "lsmkit/db/db.h"

namespace lsmkit {

// PyEval_RestoreThread for C++ callers: up to Python 3.13 it ends a daemon thread whose interpreter
// is gone by unwinding its stack, which C++ answers with abort(). Here such a thread sleeps for
// ever instead, as Python does itself from 3.14 on.
void take_gil(PyThreadState* state);

// Runs f without the GIL. What it throws is thrown again once the GIL is back.
template <class F>
auto without_gil(F&& f) {
  using Result = std::invoke_result_t<F>;
  constexpr bool kReturns = !std::is_void_v<Result>;
  std::conditional_t<kReturns, std::optional<Result>, std::nullopt_t> result{std::nullopt};
  std::exception_ptr error;
  PyThreadState* const state = PyEval_SaveThread();
  try {
    if constexpr (kReturns) {
      result.emplace(f());
    } else {
      f();
    }
  } catch (...) {
    error = std::current_exception();
  }
  take_gil(state);
  if (error) std::rethrow_exception(std::move(error));
  if constexpr (kReturns) return std::move(*result);
}

// Runs a long call without the GIL. When it polls, but at most every 20 ms, signal handlers run and
// `progress(done, total)` is told (unless it is None); what they raise ends the call and is thrown
// from here. Where the call stood at last is told in any case, unless `tells_end` is false: then
// nothing is raised once it is done.
// Requires: the engine polls on the thread that called it.
void long_call(const pybind11::object& progress, const std::function<void(const Poll&)>& call,
               bool tells_end = true);

// Runs f with the GIL, whether this thread has it or not.
void with_gil(const std::function<void()>& f);

// What Python code raised that the engine called; its text is thrown through the engine instead,
// which may keep it and drop it where nobody has the GIL.
class RaisedInPython : public Error {
 public:
  using Error::Error;
};
// Leaves the exception itself to this thread's long call, if there is one: it is thrown from there
// if the engine ends with RaisedInPython; and in any case if it is one that no `except Exception`
// catches, such as Ctrl-C. Requires: the GIL.
void keep_raised(std::exception_ptr raised);

}  // namespace lsmkit
