// Single keys, read and written: the calls that must cost next to nothing.
//
// They keep the GIL and try: giving it up and taking it back costs more than the work, and with
// several Python threads much more. Only when the engine says that it would have to wait or to read
// from the disk is the GIL given up, and the call made again in its waiting form.
#pragma once

#include <pybind11/pybind11.h>

#include "handles.h"

namespace lsmkit {

// These return new references, or null with Python's error set; they may throw.
PyObject* get_or(Db& db, const SnapshotRef& snapshot, PyObject* key, PyObject* fallback);
PyObject* get_or_key_error(Db& db, const SnapshotRef& snapshot, PyObject* key);
bool contains(Db& db, const SnapshotRef& snapshot, PyObject* key);

void put_pair(Db& db, PyObject* key, PyObject* value, bool sync);
void remove_key(Db& db, PyObject* key, bool sync);

// The arguments of get(key, /, default=None).
struct GetArguments {
  PyObject* key;
  PyObject* fallback;
};
GetArguments parse_get(PyObject* const* args, Py_ssize_t count, PyObject* names);

// The arguments of verbs like put(key, value, /, *, sync=False): checks that there are `due`
// positional ones and returns the keyword.
bool parse_sync(const char* verb, Py_ssize_t due, PyObject* const* args, Py_ssize_t count,
                PyObject* names);

}  // namespace lsmkit
