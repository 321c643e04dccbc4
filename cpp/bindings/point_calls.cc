#include "point_calls.h"

#include "bindings.h"
#include "bytes_argument.h"
#include "gil.h"
#include "object.h"

namespace lsmkit {

namespace {

// Above this the copy into the log outweighs giving up the GIL.
constexpr size_t kMaxTriedBytes = 64 << 10;

bool find(Db& db, const SnapshotRef& snapshot, PyObject* key_object, PinnedValue& value) {
  BytesArgument key(key_object, Role::kKey);
  const TryResult tried = db.try_get(key.bytes(), value, snapshot.get());
  if (tried != TryResult::kWouldBlock) [[likely]]
    return tried == TryResult::kDone;

  const SnapshotRef held = snapshot;  // the object may be closed by another thread meanwhile
  key.settle();
  return without_gil([&] { return db.get(key.bytes(), value, held.get()); });
}

[[noreturn]] void throw_type_error(const char* format, const char* verb, Py_ssize_t a = 0,
                                   Py_ssize_t b = 0) {
  PyErr_Format(PyExc_TypeError, format, verb, a, b);
  throw py::error_already_set();
}

[[noreturn]] void throw_unexpected_keyword(const char* verb, PyObject* name) {
  PyErr_Format(PyExc_TypeError, "%s() got an unexpected keyword argument %R", verb, name);
  throw py::error_already_set();
}

}  // namespace

PyObject* get_or(Db& db, const SnapshotRef& snapshot, PyObject* key, PyObject* fallback) {
  PinnedValue value;
  if (!find(db, snapshot, key, value)) return Py_NewRef(fallback);
  return to_bytes(value.bytes);
}

PyObject* get_or_key_error(Db& db, const SnapshotRef& snapshot, PyObject* key) {
  PinnedValue value;
  if (find(db, snapshot, key, value)) return to_bytes(value.bytes);
  PyErr_SetObject(PyExc_KeyError, key);
  return nullptr;
}

bool contains(Db& db, const SnapshotRef& snapshot, PyObject* key) {
  PinnedValue value;
  return find(db, snapshot, key, value);
}

void put_pair(Db& db, PyObject* key_object, PyObject* value_object, bool sync) {
  BytesArgument key(key_object, Role::kKey);
  BytesArgument value(value_object, Role::kValue);
  if (!sync && value.bytes().size() <= kMaxTriedBytes &&
      db.try_put(key.bytes(), value.bytes()) == TryResult::kDone) [[likely]]
    return;
  key.settle();
  value.settle();
  long_call(py::none(), [&](const Poll& poll) {
    db.put(key.bytes(), value.bytes(), {.sync = sync, .poll = &poll});
  });
}

void remove_key(Db& db, PyObject* key_object, bool sync) {
  BytesArgument key(key_object, Role::kKey);
  if (!sync && db.try_remove(key.bytes()) == TryResult::kDone) [[likely]]
    return;
  key.settle();
  long_call(py::none(),
            [&](const Poll& poll) { db.remove(key.bytes(), {.sync = sync, .poll = &poll}); });
}

GetArguments parse_get(PyObject* const* args, Py_ssize_t count, PyObject* names) {
  if (count < 1 || count > 2)
    throw_type_error("%s() takes a key and at most a default (%zd positional arguments given)",
                     "get", count);
  GetArguments parsed{args[0], count == 2 ? args[1] : Py_None};
  const Py_ssize_t name_count = names ? PyTuple_GET_SIZE(names) : 0;
  for (Py_ssize_t i = 0; i < name_count; ++i) {
    PyObject* const name = PyTuple_GET_ITEM(names, i);
    if (PyUnicode_CompareWithASCIIString(name, "default") != 0)
      throw_unexpected_keyword("get", name);
    if (count == 2) throw_type_error("%s() got two values for its default", "get");
    parsed.fallback = args[count + i];
  }
  return parsed;
}

bool parse_sync(const char* verb, Py_ssize_t due, PyObject* const* args, Py_ssize_t count,
                PyObject* names) {
  if (count != due)
    throw_type_error("%s() takes %zd positional arguments (%zd given)", verb, due, count);
  bool sync = false;
  const Py_ssize_t name_count = names ? PyTuple_GET_SIZE(names) : 0;
  for (Py_ssize_t i = 0; i < name_count; ++i) {
    PyObject* const name = PyTuple_GET_ITEM(names, i);
    if (PyUnicode_CompareWithASCIIString(name, "sync") != 0) throw_unexpected_keyword(verb, name);
    const int truth = PyObject_IsTrue(args[count + i]);
    if (truth < 0) throw py::error_already_set();
    sync = truth == 1;
  }
  return sync;
}

}  // namespace lsmkit
