// Cursor: seek, step, look. One entry at a time, moves without the GIL, for they may read the disk.
#include <string_view>

#include "bytes_argument.h"
#include "child.h"
#include "object.h"
#include "turn.h"

namespace lsmkit {

namespace {

PyTypeObject* cursor_type;

Child& child_of(PyObject* self) {
  return value_of<Child>(self);
}
DbCursor& live(PyObject* self) {
  return child_of(self).live("cursor");
}

DbCursor& standing(PyObject* self) {
  DbCursor& cursor = live(self);
  ensure(cursor.valid(), "this cursor does not stand on an entry: seek first, and ask valid()");
  return cursor;
}

template <class Move>
PyObject* move(PyObject* self, DbCursor& (*ready)(PyObject*), Move&& m) {
  const Turn turn(child_of(self).in_use, "this cursor");
  DbCursor& cursor = ready(self);
  without_gil([&] { m(cursor); });
  return none();
}

PyObject* seek(PyObject* self, PyObject* key_object) {
  BytesArgument key(key_object, Role::kKey);
  key.settle();
  return move(self, live, [&](DbCursor& c) { c.seek(key.bytes()); });
}
PyObject* seek_for_prev(PyObject* self, PyObject* key_object) {
  BytesArgument key(key_object, Role::kKey);
  key.settle();
  return move(self, live, [&](DbCursor& c) { c.seek_for_prev(key.bytes()); });
}
PyObject* seek_to_first(PyObject* self, PyObject*) {
  return move(self, live, [](DbCursor& c) { c.seek_to_first(); });
}
PyObject* seek_to_last(PyObject* self, PyObject*) {
  return move(self, live, [](DbCursor& c) { c.seek_to_last(); });
}
PyObject* next(PyObject* self, PyObject*) {
  return move(self, standing, [](DbCursor& c) { c.next(); });
}
PyObject* prev(PyObject* self, PyObject*) {
  return move(self, standing, [](DbCursor& c) { c.prev(); });
}

// Looks keep the GIL, but must not meet a move of another thread.
PyObject* valid(PyObject* self, PyObject*) {
  const Turn turn(child_of(self).in_use, "this cursor");
  return PyBool_FromLong(live(self).valid());
}
PyObject* key(PyObject* self, PyObject*) {
  const Turn turn(child_of(self).in_use, "this cursor");
  return to_bytes(standing(self).key());
}
PyObject* value(PyObject* self, PyObject*) {
  const Turn turn(child_of(self).in_use, "this cursor");
  return to_bytes(standing(self).value());
}
PyObject* item(PyObject* self, PyObject*) {
  const Turn turn(child_of(self).in_use, "this cursor");
  const DbCursor& cursor = standing(self);
  return to_item(cursor.key(), cursor.value());
}
PyObject* seqno(PyObject* self, PyObject*) {
  const Turn turn(child_of(self).in_use, "this cursor");
  return PyLong_FromUnsignedLongLong(standing(self).seqno());
}
PyObject* close(PyObject* self, PyObject*) {
  const Turn turn(child_of(self).in_use, "this cursor");
  child_of(self).release();
  return none();
}

}  // namespace

PyObject* make_cursor(PyObject* db_object, const RangeArguments& range, SnapshotRef snapshot) {
  const CursorOptions options = range.resolve();
  py::object self = py::reinterpret_steal<py::object>(new_object<Child>(cursor_type));
  if (!self) return nullptr;
  child_of(self.ptr()).open(db_object, options, std::move(snapshot));
  return self.release().ptr();
}

void register_cursor(py::module_& m) {
  static PyMethodDef methods[] = {
      method<valid>("valid", METH_NOARGS, "valid($self, /)\n--\n\nWhether it stands on an entry."),
      method<seek>("seek", METH_O, "seek($self, key, /)\n--\n\nTo the first key >= `key`."),
      method<seek_for_prev>("seek_for_prev", METH_O,
                            "seek_for_prev($self, key, /)\n--\n\nTo the last key <= `key`."),
      method<seek_to_first>("seek_to_first", METH_NOARGS,
                            "seek_to_first($self, /)\n--\n\nTo the first entry of the range."),
      method<seek_to_last>("seek_to_last", METH_NOARGS,
                           "seek_to_last($self, /)\n--\n\nTo the last entry of the range."),
      method<next>("next", METH_NOARGS, "next($self, /)\n--\n\nTo the entry after this one."),
      method<prev>("prev", METH_NOARGS, "prev($self, /)\n--\n\nTo the entry before this one."),
      method<key>("key", METH_NOARGS, "key($self, /)\n--\n\nThe entry's key."),
      method<value>("value", METH_NOARGS, "value($self, /)\n--\n\nThe entry's value."),
      method<item>("item", METH_NOARGS, "item($self, /)\n--\n\nThe entry as (key, value)."),
      method<seqno>("seqno", METH_NOARGS,
                    "seqno($self, /)\n--\n\nThe number of the commit that wrote the entry, or 0 if "
                    "it is too old for anyone to ask."),
      method<close>("close", METH_NOARGS, "close($self, /)\n--\n\nGives up what it pins."),
      {}};
  static PyType_Slot slots[] = {
      {Py_tp_doc, const_cast<char*>("Stands on an entry of a range, or nowhere.")},
      {Py_tp_dealloc, reinterpret_cast<void*>(dealloc<Child>)},
      {Py_tp_traverse, reinterpret_cast<void*>(traverse<Child>)},
      {Py_tp_methods, methods},
      {}};
  cursor_type = add_type(
      m, {"lsmkit._core.Cursor", sizeof(Object<Child>), 0,
          Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots});
}

}  // namespace lsmkit
