#include "errors.h"

#include <new>
#include <stdexcept>
#include <system_error>

#include "bindings.h"
#include "lsmkit/bytes/error.h"

namespace lsmkit {

namespace {

// The classes of lsmkit._errors; they live as long as the process, as the module does.
struct Classes {
  PyObject* error;
  PyObject* io;
  PyObject* locked;
  PyObject* corruption;
  PyObject* durability;
  PyObject* invalid_argument;
  PyObject* read_only;
  PyObject* closed;
  PyObject* forked;
  PyObject* stall_timeout;
  PyObject* not_supported;
};
Classes classes;

// Messages carry paths, and paths are bytes that need not be UTF-8.
py::object text(std::string_view bytes) {
  return py::reinterpret_steal<py::object>(
      PyUnicode_DecodeFSDefaultAndSize(bytes.data(), static_cast<Py_ssize_t>(bytes.size())));
}

template <class... Args>
void raise(PyObject* type, const Args&... args) {
  const py::object error = py::handle(type)(args...);
  PyErr_SetObject(type, error.ptr());
}

void raise_io(int code, std::string_view message, std::string_view path) {
  if (path.empty()) return raise(classes.io, code, text(message));
  raise(classes.io, code, text(message), text(path));
}

void set_error_of_current_exception() {
  try {
    throw;
  } catch (py::error_already_set& e) {
    e.restore();
  } catch (const py::builtin_exception& e) {
    e.set_error();
  } catch (const IoError& e) {
    raise_io(e.code(), e.what(), e.path());
  } catch (const LockedError& e) {
    raise(classes.locked, text(e.what()), text(e.path()), e.pid());
  } catch (const CorruptionError& e) {
    raise(classes.corruption, text(e.what()), text(e.file()), e.offset());
  } catch (const DurabilityError& e) {
    raise(classes.durability, text(e.what()));
  } catch (const InvalidArgument& e) {
    raise(classes.invalid_argument, text(e.what()));
  } catch (const ReadOnlyError& e) {
    raise(classes.read_only, text(e.what()));
  } catch (const ClosedError& e) {
    raise(classes.closed, text(e.what()));
  } catch (const ForkedError& e) {
    raise(classes.forked, text(e.what()));
  } catch (const StallTimeout& e) {
    raise(classes.stall_timeout, text(e.what()));
  } catch (const NotSupported& e) {
    raise(classes.not_supported, text(e.what()));
  } catch (const Error& e) {
    raise(classes.error, text(e.what()));
  } catch (const std::system_error& e) {
    raise_io(e.code().value(), e.what(), "");
  } catch (const std::bad_alloc&) {
    PyErr_NoMemory();
  } catch (const std::length_error&) {  // a container asked for more than there can be
    PyErr_NoMemory();
  } catch (const std::exception& e) {
    PyErr_Format(PyExc_SystemError, "lsmkit broke a promise of its own: %s", e.what());
  } catch (...) {
    PyErr_SetString(PyExc_SystemError, "lsmkit threw something that is no exception");
  }
}

}  // namespace

void set_python_error() noexcept {
  try {
    set_error_of_current_exception();
  } catch (py::error_already_set& e) {
    e.restore();  // making the error failed: that failure is what there is to tell
  } catch (...) {
    PyErr_NoMemory();
  }
}

void register_errors(py::module_&) {
  const py::module_ errors = py::module_::import("lsmkit._errors");
  const auto find = [&](const char* name) {
    return errors.attr(name).cast<py::object>().release().ptr();
  };
  classes = {
      .error = find("Error"),
      .io = find("IOError"),
      .locked = find("LockedError"),
      .corruption = find("CorruptionError"),
      .durability = find("DurabilityError"),
      .invalid_argument = find("InvalidArgument"),
      .read_only = find("ReadOnlyError"),
      .closed = find("ClosedError"),
      .forked = find("ForkedError"),
      .stall_timeout = find("StallTimeout"),
      .not_supported = find("NotSupported"),
  };
  py::register_exception_translator([](std::exception_ptr error) {
    try {
      if (error) std::rethrow_exception(error);
    } catch (...) {
      set_python_error();
    }
  });
}

}  // namespace lsmkit
