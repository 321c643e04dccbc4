// DB: a handle on an open database. Made to be subclassed in Python.
#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

#include "disk.h"
#include "gil.h"
#include "lsmkit/bytes/error.h"
#include "object.h"
#include "own_planner.h"
#include "point_calls.h"
#include "text_map.h"
#include "turn.h"

namespace lsmkit {

namespace {

struct DbValue;
PyTypeObject* db_type;
std::unordered_set<DbValue*> open_handles;  // guarded by the GIL; for the end of the process

struct DbValue {
  std::shared_ptr<Db> db;  // null until opened, then the same for life
  bool opening = false;

  DbValue() noexcept = default;
  ~DbValue() {
    if (!db) return;
    open_handles.erase(this);
    without_gil([this] { db.reset(); });  // flushes if nobody called close()
  }
};

DbValue& value_at(PyObject* self) {
  return value_of<DbValue>(self);
}

PyObject* create(PyTypeObject* type, PyObject*, PyObject*) {
  return new_object<DbValue>(type);
}

int init(PyObject* self, PyObject* args, PyObject* kwargs) {
  static const char* const kNames[] = {"path", "options", "overrides", "read_only",
                                       "disk", "planner", nullptr};
  PyObject* path = nullptr;
  PyObject* options = Py_None;
  PyObject* overrides = Py_None;
  int read_only = 0;
  PyObject* disk_object = Py_None;
  PyObject* planner = Py_None;
  if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O&|$OOpOO:DB", const_cast<char**>(kNames),
                                   PyUnicode_FSConverter, &path, &options, &overrides, &read_only,
                                   &disk_object, &planner))
    return -1;
  const py::object path_bytes = py::reinterpret_steal<py::object>(path);

  OpenRequest request;
  request.path = std::string(PyBytes_AS_STRING(path), static_cast<size_t>(PyBytes_GET_SIZE(path)));
  if (options != Py_None) request.options = to_options(options);
  if (overrides != Py_None) request.overrides = to_text_pairs(overrides);
  request.read_only = read_only != 0;
  if (planner != Py_None) request.planner = planner_of(py::reinterpret_borrow<py::object>(planner));
  set_disk(disk_object, request.environment);

  DbValue& value = value_at(self);
  const Turn turn(value.opening, "this DB");
  ensure(!value.db, "this DB was opened before; make another one");
  std::shared_ptr<Db> db;
  long_call(py::none(), [&](const Poll& poll) {
    request.poll = poll;
    db = Db::open(request);
  });
  open_handles.insert(&value);
  value.db = std::move(db);
  return 0;
}

PyObject* get(PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* names) {
  const GetArguments parsed = parse_get(args, count, names);
  return get_or(db_of(self), nullptr, parsed.key, parsed.fallback);
}
PyObject* put(PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* names) {
  const bool sync = parse_sync("put", 2, args, count, names);
  put_pair(db_of(self), args[0], args[1], sync);
  return none();
}
PyObject* remove(PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* names) {
  const bool sync = parse_sync("delete", 1, args, count, names);
  remove_key(db_of(self), args[0], sync);
  return none();
}

PyObject* get_item(PyObject* self, PyObject* key) {
  return get_or_key_error(db_of(self), nullptr, key);
}
int set_item(PyObject* self, PyObject* key, PyObject* value) {
  Db& db = db_of(self);
  if (value) {
    put_pair(db, key, value, false);
    return 0;
  }
  if (!contains(db, nullptr, key)) {
    PyErr_SetObject(PyExc_KeyError, key);
    return -1;
  }
  remove_key(db, key, false);
  return 0;
}
int has(PyObject* self, PyObject* key) {
  return contains(db_of(self), nullptr, key);
}

PyObject* write(PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* names) {
  const bool sync = parse_sync("write", 1, args, count, names);
  Db& db = db_of(self);
  const BatchAccess access = batch_of(args[0]);
  const Turn turn(access.in_use, "this batch");
  long_call(py::none(),
            [&](const Poll& poll) { db.write(access.batch, {.sync = sync, .poll = &poll}); });
  return none();
}

PyObject* snapshot(PyObject* self, PyObject*) {
  return make_snapshot(self);
}
PyObject* cursor(PyObject* self, PyObject* args, PyObject* kwargs) {
  const RangeArguments range = parse_cursor(args, kwargs, true);
  return make_cursor(self, range, snapshot_of(range.snapshot, self));
}
PyObject* iterator(PyObject* self, PyObject* args, PyObject* kwargs) {
  const IteratorArguments arguments = parse_iterator(args, kwargs, true);
  return make_iterator(self, arguments, snapshot_of(arguments.range.snapshot, self));
}

PyObject* close(PyObject* self, PyObject*) {
  DbValue& value = value_at(self);
  if (value.db) long_call(py::none(), [&](const Poll& poll) { value.db->close(poll); });
  return none();
}

PyObject* closed(PyObject* self, void*) {
  const DbValue& value = value_at(self);
  return PyBool_FromLong(!value.db || value.db->closed());
}
PyObject* path(PyObject* self, void*) {
  const std::string& text = db_of(self).path();
  return PyUnicode_DecodeFSDefaultAndSize(text.data(), static_cast<Py_ssize_t>(text.size()));
}
PyObject* read_only(PyObject* self, void*) {
  return PyBool_FromLong(db_of(self).read_only());
}
PyObject* last_seqno(PyObject* self, void*) {
  return PyLong_FromUnsignedLongLong(db_of(self).last_seqno());
}
PyObject* durable_seqno(PyObject* self, void*) {
  return PyLong_FromUnsignedLongLong(db_of(self).durable_seqno());
}

// Closes what is still open while Python can still say what went wrong.
void close_all() {
  std::vector<std::shared_ptr<Db>> handles;
  for (const DbValue* value : open_handles) handles.push_back(value->db);
  for (const auto& db : handles) {
    try {
      without_gil([&] { db->close(); });
    } catch (const ForkedError&) {
      // A child that exits leaves its parent's database alone.
    } catch (...) {
      set_python_error();
      PyErr_WriteUnraisable(nullptr);
    }
  }
}

}  // namespace

Db& db_of(PyObject* db_object) {
  const DbValue& value = value_at(db_object);
  if (!value.db) [[unlikely]]
    throw ClosedError("this DB is not open: its __init__ has not run, or has failed");
  return *value.db;
}

bool is_db(PyObject* object) {
  return PyObject_TypeCheck(object, db_type) != 0;
}

void register_db(py::module_& m) {
  static PyMethodDef methods[] = {
      method<get>("get", METH_FASTCALL | METH_KEYWORDS,
                  "get($self, key, /, default=None)\n--\n\nThe value of `key`, or `default`."),
      method<put>("put", METH_FASTCALL | METH_KEYWORDS,
                  "put($self, key, value, /, *, sync=False)\n--\n\n"
                  "Stores `value` under `key`. With `sync` it survives a power loss on return."),
      method<remove>("delete", METH_FASTCALL | METH_KEYWORDS,
                     "delete($self, key, /, *, sync=False)\n--\n\n"
                     "Removes `key`; it need not exist."),
      method<write>("write", METH_FASTCALL | METH_KEYWORDS,
                    "write($self, batch, /, *, sync=False)\n--\n\n"
                    "Writes a WriteBatch, whole or not at all."),
      method<snapshot>("snapshot", METH_NOARGS,
                       "snapshot($self, /)\n--\n\nA Snapshot of this moment."),
      method<cursor>("cursor", METH_VARARGS | METH_KEYWORDS,
                     "cursor($self, /, *, start=None, stop=None, include_start=True, "
                     "include_stop=False, prefix=None, snapshot=None)\n--\n\n"
                     "A Cursor over a range."),
      method<iterator>("iterator", METH_VARARGS | METH_KEYWORDS,
                       "iterator($self, /, *, start=None, stop=None, include_start=True, "
                       "include_stop=False, prefix=None, reverse=False, include_key=True, "
                       "include_value=True, snapshot=None)\n--\n\n"
                       "An Iterator over a range: (key, value) rows, or one of the two."),
      method<close>("close", METH_NOARGS,
                    "close($self, /)\n--\n\nFlushes and closes; more than once is fine."),
      {}};
  static PyGetSetDef properties[] = {
      property<closed>("closed", "Whether it is closed, or was never opened."),
      property<path>("path", "The directory, as it was given."),
      property<read_only>("read_only", "Whether it was opened only to be read."),
      property<last_seqno>("last_seqno", "The newest commit; 0 before the first."),
      property<durable_seqno>("durable_seqno", "Commits up to here survive a power loss."),
      {}};
  static PyType_Slot slots[] = {
      {Py_tp_doc, const_cast<char*>("DB(path, *, options=None, overrides=None, read_only=False, "
                                    "disk=None, planner=None)\n"
                                    "--\n\nAn open database.")},
      {Py_tp_new, reinterpret_cast<void*>(create)},
      {Py_tp_dealloc, reinterpret_cast<void*>(dealloc<DbValue>)},
      {Py_tp_methods, methods},
      {Py_tp_getset, properties},
      slot<init>(Py_tp_init),
      slot<get_item>(Py_mp_subscript),
      slot<set_item>(Py_mp_ass_subscript),
      slot<has>(Py_sq_contains),
      {}};
  db_type = add_type(m, {"lsmkit._core.DB", sizeof(Object<DbValue>), 0,
                         Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, slots});
  py::module_::import("atexit").attr("register")(py::cpp_function(close_all));
}

}  // namespace lsmkit
