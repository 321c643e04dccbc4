#include "arrow_out.h"

#include <cerrno>
#include <string>

#include "arrow_capsules.h"
#include "bindings.h"
#include "gil.h"
#include "rows.h"

namespace lsmkit {

namespace {

// What an exported struct's private_data points to: it holds all that the struct names. A reader
// may take a child out, whose `release` is null from then on.
template <class Struct, class Told>
struct Parts {
  explicit Parts(Told what) : told(std::move(what)) {}
  ~Parts() {
    for (Struct& child : children) {
      if (child.release) child.release(&child);
    }
  }
  Parts(const Parts&) = delete;
  Parts& operator=(const Parts&) = delete;

  // Requires: told.children, which are given away.
  template <class Export>
  void export_children(Export&& export_child) {
    children.resize(told.children.size());
    for (size_t i = 0; i < children.size(); ++i) {
      export_child(std::move(told.children[i]), &children[i]);
      pointers.push_back(&children[i]);
    }
  }

  Told told;
  std::vector<Struct> children;
  std::vector<Struct*> pointers;
};

using SchemaParts = Parts<ArrowSchema, ArrowType>;
using ArrayParts = Parts<ArrowArray, ArrowColumn>;

template <class Struct, class Told>
void release(Struct* exported) {
  delete static_cast<Parts<Struct, Told>*>(exported->private_data);
  exported->release = nullptr;
}

struct StreamParts {
  ArrowType type;
  NextBatch next;
  std::string error;
};

StreamParts& parts_of(ArrowArrayStream* stream) {
  return *static_cast<StreamParts*>(stream->private_data);
}

// Runs f, of which nothing is thrown into Arrow's reader; 0 or an errno.
template <class F>
int guarded(ArrowArrayStream* stream, F&& f) {
  StreamParts& parts = parts_of(stream);
  try {
    f(parts);
    return 0;
  } catch (const std::exception& error) {
    parts.error = error.what();
  } catch (...) {
    parts.error = "reading the database failed";
  }
  return EIO;
}

int stream_schema(ArrowArrayStream* stream, ArrowSchema* out) {
  return guarded(stream, [out](StreamParts& parts) { export_type(parts.type, out); });
}

int stream_next(ArrowArrayStream* stream, ArrowArray* out) {
  *out = {};  // the end, unless there is more
  return guarded(stream, [out](StreamParts& parts) {
    if (auto batch = parts.next()) export_column(std::move(*batch), out);
  });
}

const char* stream_error(ArrowArrayStream* stream) {
  return parts_of(stream).error.c_str();
}

void release_stream(ArrowArrayStream* stream) {
  delete &parts_of(stream);
  stream->release = nullptr;
}

// -- From Python: (name, format, nullable, rows, null_count, buffers, children) -------------------

struct Described {
  ArrowType type;
  ArrowColumn column;
};

// How many bytes buffer `index` of a type has at least.
size_t due_bytes(std::string_view format, size_t index, size_t rows) {
  if (index == 0 || format == "b") return (rows + 7) / 8;
  const bool has_offsets = format == "Z" || format == "U" || format == "+L";
  if (has_offsets) return index == 1 ? (rows + 1) * sizeof(int64_t) : 0;
  return rows * (format == "i" || format == "I" ? 4 : 8);
}

ArrowColumn pinned_column(std::string_view format, size_t rows, const py::list& buffers) {
  auto pinned = std::make_shared<std::vector<std::unique_ptr<PinnedBuffer>>>();
  ArrowColumn column;
  column.rows = static_cast<int64_t>(rows);
  for (const py::handle buffer : buffers) {
    const size_t due = due_bytes(format, column.buffers.size(), rows);
    column.buffers.push_back(nullptr);
    if (buffer.is_none()) continue;
    pinned->push_back(std::make_unique<PinnedBuffer>(buffer));
    ensure(pinned->back()->size() >= due, "an Arrow buffer is too short for its rows");
    column.buffers.back() = pinned->back()->data();
  }
  column.owner = {pinned.get(),
                  [pinned](const void*) mutable { with_gil([&] { pinned.reset(); }); }};
  return column;
}

Described described(const py::tuple& from) {
  Described to;
  to.type.name = from[0].cast<std::string>();
  to.type.format = from[1].cast<std::string>();
  to.type.nullable = from[2].cast<bool>();
  to.column = pinned_column(to.type.format, from[3].cast<size_t>(), from[5].cast<py::list>());
  to.column.null_count = from[4].cast<int64_t>();
  for (const py::handle child : from[6].cast<py::list>()) {
    Described part = described(child.cast<py::tuple>());
    to.type.children.push_back(std::move(part.type));
    to.column.children.push_back(std::move(part.column));
  }
  return to;
}

py::object arrow_schema(const py::tuple& column) {
  const Described exported = described(column);
  return make_capsule<ArrowSchema>([&](ArrowSchema* out) { export_type(exported.type, out); });
}

py::object arrow_array(const py::tuple& column) {
  Described exported = described(column);
  return make_capsule<ArrowArray>(
      [&](ArrowArray* out) { export_column(std::move(exported.column), out); });
}

py::object arrow_batch_stream(const py::tuple& column) {
  Described exported = described(column);
  auto left = std::make_shared<std::optional<ArrowColumn>>(std::move(exported.column));
  NextBatch next = [left = std::move(left)] { return std::exchange(*left, std::nullopt); };
  return make_capsule<ArrowArrayStream>([&](ArrowArrayStream* out) {
    export_stream(std::move(exported.type), std::move(next), out);
  });
}

}  // namespace

void export_type(const ArrowType& type, ArrowSchema* out) {
  auto parts = std::make_unique<SchemaParts>(type);
  parts->export_children(export_type);
  *out = {};
  out->format = parts->told.format.c_str();
  out->name = parts->told.name.c_str();
  out->flags = type.nullable ? kArrowNullable : 0;
  out->n_children = static_cast<int64_t>(parts->children.size());
  out->children = parts->pointers.data();
  out->release = release<ArrowSchema, ArrowType>;
  out->private_data = parts.release();
}

void export_column(ArrowColumn column, ArrowArray* out) {
  auto parts = std::make_unique<ArrayParts>(std::move(column));
  parts->export_children(export_column);
  *out = {};
  out->length = parts->told.rows;
  out->null_count = parts->told.null_count;
  out->n_buffers = static_cast<int64_t>(parts->told.buffers.size());
  out->buffers = parts->told.buffers.data();
  out->n_children = static_cast<int64_t>(parts->children.size());
  out->children = parts->pointers.data();
  out->release = release<ArrowArray, ArrowColumn>;
  out->private_data = parts.release();
}

void export_stream(ArrowType type, NextBatch next, ArrowArrayStream* out) {
  *out = {};
  out->get_schema = stream_schema;
  out->get_next = stream_next;
  out->get_last_error = stream_error;
  out->release = release_stream;
  out->private_data = new StreamParts{std::move(type), std::move(next), ""};
}

void register_arrow_out(py::module_& m) {
  m.def("arrow_schema", arrow_schema, py::arg("column"), "Arrow's capsule of a column's type.");
  m.def("arrow_array", arrow_array, py::arg("column"), "Arrow's capsule of a column.");
  m.def("arrow_batch_stream", arrow_batch_stream, py::arg("column"),
        "Arrow's capsule of a stream of one column, which is a struct.");
}

}  // namespace lsmkit
