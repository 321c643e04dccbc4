// WriteBatch: writes collected to be committed together.
#include "bytes_argument.h"
#include "gil.h"
#include "object.h"
#include "point_calls.h"
#include "turn.h"

namespace lsmkit {

namespace {

struct BatchValue {
  WriteBatch batch;
  bool in_use = false;  // DB.write reads it without the GIL
};

PyTypeObject* batch_type;

PyObject* create(PyTypeObject* type, PyObject*, PyObject*) {
  return new_object<BatchValue>(type);
}

WriteBatch& idle_batch(PyObject* self) {
  BatchValue& value = value_of<BatchValue>(self);
  if (value.in_use) throw Error("this batch is being written by another thread");
  return value.batch;
}

PyObject* put(PyObject* self, PyObject* const* args, Py_ssize_t count) {
  parse_sync("put", 2, args, count, nullptr);
  const BytesArgument key(args[0], Role::kKey);
  const BytesArgument value(args[1], Role::kValue);
  idle_batch(self).put(key.bytes(), value.bytes());
  return none();
}
PyObject* remove(PyObject* self, PyObject* key_object) {
  const BytesArgument key(key_object, Role::kKey);
  idle_batch(self).remove(key.bytes());
  return none();
}
PyObject* clear(PyObject* self, PyObject*) {
  idle_batch(self).clear();
  return none();
}
PyObject* approximate_size(PyObject* self, PyObject*) {
  return PyLong_FromUnsignedLongLong(idle_batch(self).encoded_bytes());
}
Py_ssize_t length(PyObject* self) {
  return static_cast<Py_ssize_t>(value_of<BatchValue>(self).batch.op_count());
}

}  // namespace

BatchAccess batch_of(PyObject* object) {
  if (!Py_IS_TYPE(object, batch_type)) {
    PyErr_Format(PyExc_TypeError, "write() takes a WriteBatch, not %s", Py_TYPE(object)->tp_name);
    throw py::error_already_set();
  }
  BatchValue& value = value_of<BatchValue>(object);
  return {value.batch, value.in_use};
}

void register_write_batch(py::module_& m) {
  static PyMethodDef methods[] = {
      method<put>("put", METH_FASTCALL,
                  "put($self, key, value, /)\n--\n\nStores `value` under `key`."),
      method<remove>("delete", METH_O, "delete($self, key, /)\n--\n\nRemoves `key`."),
      method<clear>("clear", METH_NOARGS, "clear($self, /)\n--\n\nForgets all writes."),
      method<approximate_size>("approximate_size", METH_NOARGS,
                               "approximate_size($self, /)\n--\n\nBytes it takes in the log."),
      {}};
  static PyType_Slot slots[] = {
      {Py_tp_doc, const_cast<char*>("WriteBatch()\n--\n\nWrites to be committed together.")},
      {Py_tp_new, reinterpret_cast<void*>(create)},
      {Py_tp_dealloc, reinterpret_cast<void*>(dealloc<BatchValue>)},
      {Py_tp_methods, methods},
      {Py_sq_length, reinterpret_cast<void*>(length)},
      {}};
  batch_type = add_type(
      m, {"lsmkit._core.WriteBatch", sizeof(Object<BatchValue>), 0, Py_TPFLAGS_DEFAULT, slots});
}

}  // namespace lsmkit
