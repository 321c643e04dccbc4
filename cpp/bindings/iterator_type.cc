// Iterator: a range, row by row, as fast as Python can take it.
//
// A step of the engine's cursor may read the disk, so it is made without the GIL; doing that row by
// row would cost more than the step. So rows are fetched in blocks that grow while the iteration
// lasts. The last row of a block is not copied: the cursor stays on it. This way a first row, and a
// huge value, are handed out straight from the engine's memory.
#include <algorithm>
#include <exception>
#include <string>
#include <vector>

#include "child.h"
#include "object.h"
#include "turn.h"

namespace lsmkit {

namespace {

constexpr size_t kFirstBlockRows = 4;
constexpr size_t kBlockGrowth = 4;
constexpr size_t kMaxBlockRows = 512;
constexpr size_t kMaxBlockBytes = 64 << 10;

struct Row {
  uint32_t key_bytes;
  uint32_t value_bytes;
};

struct Rows : Child {
  bool reverse = false;
  bool with_key = true;
  bool with_value = true;

  std::string bytes;  // of the copied rows: key, value, key, value ...
  std::vector<Row> copied;
  size_t next_copied = 0;
  size_t next_offset = 0;
  bool on_cursor = false;  // the row after the copied ones is where the cursor stands
  bool started = false;
  bool ended = false;
  size_t block_rows = kFirstBlockRows;
  std::exception_ptr error;  // met after the copied rows

  void step() {
    if (!started) {
      reverse ? cursor->seek_to_last() : cursor->seek_to_first();
      started = true;
    } else {
      reverse ? cursor->prev() : cursor->next();
    }
  }

  bool fits() const {
    return copied.size() + 1 < block_rows &&
           bytes.size() + cursor->key().size() + cursor->value().size() <= kMaxBlockBytes;
  }

  void copy_row() {
    const std::string_view key = with_key ? cursor->key() : std::string_view();
    const std::string_view value = with_value ? cursor->value() : std::string_view();
    bytes.append(key).append(value);
    copied.push_back({static_cast<uint32_t>(key.size()), static_cast<uint32_t>(value.size())});
  }

  // The next block. Without the GIL.
  void fetch() {
    bytes.clear();
    copied.clear();
    next_copied = next_offset = 0;
    try {
      step();
      while (cursor->valid() && fits()) {
        copy_row();
        step();
      }
      on_cursor = cursor->valid();
      ended = !on_cursor;
    } catch (...) {
      error = std::current_exception();
    }
    block_rows = std::min(kBlockGrowth * block_rows, kMaxBlockRows);
  }
};

PyTypeObject* iterator_type;

Rows& rows_of(PyObject* self) {
  return value_of<Rows>(self);
}

PyObject* to_row(const Rows& rows, std::string_view key, std::string_view value) {
  if (!rows.with_value) return to_bytes(key);
  if (!rows.with_key) return to_bytes(value);
  return to_item(key, value);
}

PyObject* take_copied(Rows& rows) {
  const Row row = rows.copied[rows.next_copied++];
  const char* const at = rows.bytes.data() + rows.next_offset;
  rows.next_offset += row.key_bytes + row.value_bytes;
  return to_row(rows, {at, row.key_bytes}, {at + row.key_bytes, row.value_bytes});
}

PyObject* next(PyObject* self) {
  Rows& rows = rows_of(self);
  const Turn turn(rows.in_use, "this iterator");
  if (!rows.cursor) return nullptr;  // closed, or at its end: StopIteration
  const DbCursor& cursor = rows.live("iterator");
  for (;;) {
    if (rows.next_copied < rows.copied.size()) return take_copied(rows);
    if (rows.on_cursor) {
      rows.on_cursor = false;
      return to_row(rows, cursor.key(), cursor.value());
    }
    if (rows.ended || rows.error) break;
    without_gil([&] { rows.fetch(); });
  }
  rows.release();
  if (rows.error) std::rethrow_exception(std::exchange(rows.error, nullptr));
  return nullptr;
}

PyObject* iter(PyObject* self) {
  return Py_NewRef(self);
}

PyObject* close(PyObject* self, PyObject*) {
  const Turn turn(rows_of(self).in_use, "this iterator");
  rows_of(self).release();
  return none();
}

}  // namespace

PyObject* make_iterator(PyObject* db_object, const IteratorArguments& arguments,
                        SnapshotRef snapshot) {
  ensure(arguments.include_key || arguments.include_value,
         "an iterator yields keys, values or both: include_key and include_value can't both be "
         "False (count() counts)");
  const CursorOptions options = arguments.range.resolve();
  py::object self = py::reinterpret_steal<py::object>(new_object<Rows>(iterator_type));
  if (!self) return nullptr;
  Rows& rows = rows_of(self.ptr());
  rows.reverse = arguments.reverse != 0;
  rows.with_key = arguments.include_key != 0;
  rows.with_value = arguments.include_value != 0;
  rows.open(db_object, options, std::move(snapshot));
  return self.release().ptr();
}

void register_iterator(py::module_& m) {
  static PyMethodDef methods[] = {
      method<close>("close", METH_NOARGS,
                    "close($self, /)\n--\n\nGives up what it pins; iteration then ends."),
      {}};
  static PyType_Slot slots[] = {{Py_tp_doc, const_cast<char*>("Yields the rows of a range once.")},
                                {Py_tp_dealloc, reinterpret_cast<void*>(dealloc<Rows>)},
                                {Py_tp_traverse, reinterpret_cast<void*>(traverse<Rows>)},
                                {Py_tp_methods, methods},
                                slot<iter>(Py_tp_iter),
                                slot<next>(Py_tp_iternext),
                                {}};
  iterator_type = add_type(
      m, {"lsmkit._core.Iterator", sizeof(Object<Rows>), 0,
          Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots});
}

}  // namespace lsmkit
