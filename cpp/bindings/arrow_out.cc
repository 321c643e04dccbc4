#include "arrow_out.h"

#include <cerrno>
#include <string>

#include "bindings.h"
#include "gil.h"
#include "rows.h"

namespace lsmkit {

namespace {

// What an exported struct's private_data points to: it holds all that the struct names.
struct SchemaParts {
  std::vector<ArrowSchema> children;
  std::vector<ArrowSchema*> pointers;
};

void release_schema(ArrowSchema* schema) {
  auto* const parts = static_cast<SchemaParts*>(schema->private_data);
  for (ArrowSchema& child : parts->children) {
    if (child.release) child.release(&child);
  }
  delete parts;
  schema->release = nullptr;
}

void fill_schema(const char* format, const char* name, int64_t flags, SchemaParts* parts,
                 ArrowSchema* out) {
  *out = {};
  out->format = format;
  out->name = name;
  out->flags = flags;
  out->n_children = static_cast<int64_t>(parts->children.size());
  out->children = parts->pointers.data();
  out->release = release_schema;
  out->private_data = parts;
}

struct ArrayParts {
  ArrowColumn column;
  const void* buffers[3] = {};
  std::vector<ArrowArray> children;
  std::vector<ArrowArray*> pointers;
};

void release_array(ArrowArray* array) {
  auto* const parts = static_cast<ArrayParts*>(array->private_data);
  for (ArrowArray& child : parts->children) {
    if (child.release) child.release(&child);
  }
  delete parts;
  array->release = nullptr;
}

void fill_array(int64_t rows, int64_t null_count, int64_t buffer_count, ArrayParts* parts,
                ArrowArray* out) {
  *out = {};
  out->length = rows;
  out->null_count = null_count;
  out->n_buffers = buffer_count;
  out->buffers = parts->buffers;
  out->n_children = static_cast<int64_t>(parts->children.size());
  out->children = parts->pointers.data();
  out->release = release_array;
  out->private_data = parts;
}

struct StreamParts {
  std::vector<const char*> names;
  NextBatch next;
  std::string error;
};

StreamParts& parts_of(ArrowArrayStream* stream) {
  return *static_cast<StreamParts*>(stream->private_data);
}

int stream_schema(ArrowArrayStream* stream, ArrowSchema* out) {
  export_struct_schema(parts_of(stream).names, out);
  return 0;
}

int stream_next(ArrowArrayStream* stream, ArrowArray* out) {
  StreamParts& parts = parts_of(stream);
  try {
    *out = {};  // the end, unless there is more
    auto columns = parts.next();
    if (!columns) return 0;
    const int64_t rows = columns->empty() ? 0 : columns->front().rows;
    export_struct(rows, std::move(*columns), out);
    return 0;
  } catch (const std::exception& error) {
    parts.error = error.what();
  } catch (...) {
    parts.error = "reading the database failed";
  }
  return EIO;
}

const char* stream_error(ArrowArrayStream* stream) {
  return parts_of(stream).error.c_str();
}

void release_stream(ArrowArrayStream* stream) {
  delete &parts_of(stream);
  stream->release = nullptr;
}

}  // namespace

void export_binary_schema(ArrowSchema* out) {
  fill_schema("Z", "", kArrowNullable, new SchemaParts, out);
}

void export_struct_schema(const std::vector<const char*>& names, ArrowSchema* out) {
  auto parts = std::make_unique<SchemaParts>();
  parts->children.resize(names.size());
  for (size_t i = 0; i < names.size(); ++i) {
    fill_schema("Z", names[i], 0, new SchemaParts, &parts->children[i]);
    parts->pointers.push_back(&parts->children[i]);
  }
  fill_schema("+s", "", 0, parts.release(), out);
}

void export_binary(ArrowColumn column, ArrowArray* out) {
  auto* const parts = new ArrayParts;
  parts->buffers[0] = column.valid;
  parts->buffers[1] = column.offsets;
  parts->buffers[2] = column.data;
  parts->column = std::move(column);
  fill_array(parts->column.rows, parts->column.null_count, 3, parts, out);
}

void export_struct(int64_t rows, std::vector<ArrowColumn> columns, ArrowArray* out) {
  auto parts = std::make_unique<ArrayParts>();
  parts->children.resize(columns.size());
  for (size_t i = 0; i < columns.size(); ++i) {
    export_binary(std::move(columns[i]), &parts->children[i]);
    parts->pointers.push_back(&parts->children[i]);
  }
  fill_array(rows, 0, 1, parts.release(), out);
}

void export_stream(std::vector<const char*> names, NextBatch next, ArrowArrayStream* out) {
  *out = {};
  out->get_schema = stream_schema;
  out->get_next = stream_next;
  out->get_last_error = stream_error;
  out->release = release_stream;
  out->private_data = new StreamParts{std::move(names), std::move(next), ""};
}

}  // namespace lsmkit
