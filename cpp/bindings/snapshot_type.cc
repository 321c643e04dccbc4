// Snapshot: what the database showed at one moment.
#include "gil.h"
#include "lsmkit/bytes/error.h"
#include "object.h"
#include "point_calls.h"

namespace lsmkit {

namespace {

struct SnapshotValue {
  PyObject* db = nullptr;  // owned
  SnapshotRef snapshot;    // null: closed

  // Dropping the pin may free memtables and delete files.
  void release() noexcept {
    if (!snapshot) return;
    SnapshotRef last = std::move(snapshot);
    without_gil([&] { last.reset(); });
  }
};

PyTypeObject* snapshot_type;

SnapshotValue& value_at(PyObject* self) {
  return value_of<SnapshotValue>(self);
}

const SnapshotRef& live(PyObject* self) {
  const SnapshotRef& snapshot = value_at(self).snapshot;
  if (!snapshot) throw ClosedError("this snapshot is closed");
  return snapshot;
}
Db& db_behind(PyObject* self) {
  return db_of(value_at(self).db);
}

PyObject* get(PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* names) {
  const GetArguments parsed = parse_get(args, count, names);
  return get_or(db_behind(self), live(self), parsed.key, parsed.fallback);
}
PyObject* get_item(PyObject* self, PyObject* key) {
  return get_or_key_error(db_behind(self), live(self), key);
}
int has(PyObject* self, PyObject* key) {
  return contains(db_behind(self), live(self), key);
}

PyObject* cursor(PyObject* self, PyObject* args, PyObject* kwargs) {
  return make_cursor(value_at(self).db, parse_cursor(args, kwargs, false), live(self));
}
PyObject* iterator(PyObject* self, PyObject* args, PyObject* kwargs) {
  return make_iterator(value_at(self).db, parse_iterator(args, kwargs, false), live(self));
}

PyObject* close(PyObject* self, PyObject*) {
  value_at(self).release();
  return none();
}
PyObject* enter(PyObject* self, PyObject*) {
  live(self);
  return Py_NewRef(self);
}
PyObject* exit(PyObject* self, PyObject* const*, Py_ssize_t) {
  return close(self, nullptr);
}

PyObject* closed(PyObject* self, void*) {
  return PyBool_FromLong(!value_at(self).snapshot || db_behind(self).closed());
}
PyObject* db(PyObject* self, void*) {
  return Py_NewRef(value_at(self).db);
}
PyObject* seqno(PyObject* self, void*) {
  return PyLong_FromUnsignedLongLong(live(self)->seqno());
}

}  // namespace

SnapshotRef snapshot_of(PyObject* object, PyObject* db_object) {
  if (!object || object == Py_None) return nullptr;
  py::object core;  // the package's snapshots have theirs under this name
  if (!Py_IS_TYPE(object, snapshot_type)) {
    core = py::getattr(object, "core", py::none());
    if (!Py_IS_TYPE(core.ptr(), snapshot_type)) {
      PyErr_Format(PyExc_TypeError, "snapshot must be a Snapshot or None, not %s",
                   Py_TYPE(object)->tp_name);
      throw py::error_already_set();
    }
    object = core.ptr();
  }
  ensure(value_at(object).db == db_object, "this snapshot was made by another DB object");
  return live(object);
}

PyObject* make_snapshot(PyObject* db_object) {
  py::object self = py::reinterpret_steal<py::object>(new_object<SnapshotValue>(snapshot_type));
  if (!self) return nullptr;
  SnapshotValue& value = value_at(self.ptr());
  value.db = Py_NewRef(db_object);
  value.snapshot = db_of(db_object).snapshot();
  return self.release().ptr();
}

void register_snapshot(py::module_& m) {
  static PyMethodDef methods[] = {
      method<get>("get", METH_FASTCALL | METH_KEYWORDS,
                  "get($self, key, /, default=None)\n--\n\n"
                  "The value that `key` had, or `default`."),
      method<cursor>("cursor", METH_VARARGS | METH_KEYWORDS,
                     "cursor($self, /, *, start=None, stop=None, include_start=True, "
                     "include_stop=False, prefix=None)\n--\n\nA Cursor over a range."),
      method<iterator>("iterator", METH_VARARGS | METH_KEYWORDS,
                       "iterator($self, /, *, start=None, stop=None, include_start=True, "
                       "include_stop=False, prefix=None, reverse=False, include_key=True, "
                       "include_value=True)\n--\n\nAn Iterator over a range."),
      method<close>("close", METH_NOARGS, "close($self, /)\n--\n\nGives up the pin."),
      method<enter>("__enter__", METH_NOARGS, "__enter__($self, /)\n--\n\nThe snapshot itself."),
      method<exit>("__exit__", METH_FASTCALL,
                   "__exit__($self, kind, error, traceback, /)\n--\n\nCloses the snapshot."),
      {}};
  static PyGetSetDef properties[] = {
      property<closed>("closed", "Whether it was closed, or its database."),
      property<db>("db", "The database it belongs to."),
      property<seqno>("seqno", "The newest commit that it sees."),
      {}};
  static PyType_Slot slots[] = {
      {Py_tp_doc, const_cast<char*>("What a database showed at one moment.")},
      {Py_tp_dealloc, reinterpret_cast<void*>(dealloc<SnapshotValue>)},
      {Py_tp_traverse, reinterpret_cast<void*>(traverse<SnapshotValue>)},
      {Py_tp_methods, methods},
      {Py_tp_getset, properties},
      slot<get_item>(Py_mp_subscript),
      slot<has>(Py_sq_contains),
      {}};
  snapshot_type = add_type(
      m, {"lsmkit._core.Snapshot", sizeof(Object<SnapshotValue>), 0,
          Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots});
}

}  // namespace lsmkit
