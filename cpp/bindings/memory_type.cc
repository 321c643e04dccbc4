#include "memory_type.h"

#include "bindings.h"
#include "object.h"

namespace lsmkit {

namespace {

struct MemoryValue {
  std::string_view bytes;
  std::shared_ptr<const void> owner;
};

PyTypeObject* memory_type;

int get_buffer(PyObject* self, Py_buffer* view, int flags) {
  const std::string_view bytes = value_of<MemoryValue>(self).bytes;
  return PyBuffer_FillInfo(view, self, const_cast<char*>(bytes.data()),
                           static_cast<Py_ssize_t>(bytes.size()), /*readonly=*/1, flags);
}

}  // namespace

py::memoryview view_of(std::string_view bytes, std::shared_ptr<const void> owner) {
  const auto memory = py::reinterpret_steal<py::object>(new_object<MemoryValue>(memory_type));
  if (!memory) throw py::error_already_set();
  value_of<MemoryValue>(memory.ptr()) = {bytes, std::move(owner)};
  return py::memoryview(memory);
}

void register_memory(py::module_&) {
  static PyType_Slot slots[] = {
      {Py_tp_doc, const_cast<char*>("Bytes of the engine's, as a read-only buffer.")},
      {Py_tp_dealloc, reinterpret_cast<void*>(dealloc<MemoryValue>)},
      slot<get_buffer>(Py_bf_getbuffer),
      {}};
  static PyType_Spec spec = {"lsmkit._core.Memory", sizeof(Object<MemoryValue>), 0,
                             Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots};
  // Not in the module: it is only ever seen as what a memoryview is of.
  memory_type = reinterpret_cast<PyTypeObject*>(PyType_FromSpec(&spec));
  if (!memory_type) throw py::error_already_set();
}

}  // namespace lsmkit
