#include "rows.h"

#include <charconv>
#include <cstring>
#include <limits>

#include "bindings.h"
#include "lsmkit/bytes/error.h"
#include "memory_type.h"

namespace lsmkit {

namespace {

const char* name_of(Role role) {
  return role == Role::kKey ? "key" : "value";
}

[[noreturn]] void throw_no_bytes(Role role, const std::string& what) {
  throw py::type_error("a column of " + std::string(name_of(role)) + "s holds bytes, not " + what +
                       ": numbers and text become bytes by a codec of lsmkit.keys, such as "
                       "lsmkit.keys.U64().encode_many(column)");
}

// Arrow's "w:16": 16. Throws what `throw_no_bytes` does.
size_t fixed_width(std::string_view format, Role role) {
  size_t width = 0;
  const char* const end = format.data() + format.size();
  const auto [stopped, error] = std::from_chars(format.data() + 2, end, width);
  if (error != std::errc() || stopped != end)
    throw_no_bytes(role, "Arrow type " + std::string(format));
  return width;
}

}  // namespace

PinnedBuffer::PinnedBuffer(py::handle object) {
  if (PyObject_GetBuffer(object.ptr(), &view_, PyBUF_C_CONTIGUOUS) != 0)
    throw py::error_already_set();
}

Rows Rows::fixed(py::handle data, size_t count, size_t width, py::handle lengths) {
  Rows rows;
  auto bytes = std::make_shared<PinnedBuffer>(data);
  ensure(width == 0 || count <= bytes->size() / width, "fewer bytes than rows of that width");
  rows.count_ = count;
  rows.width_ = width;
  rows.data_ = bytes->data();
  rows.data_bytes_ = static_cast<int64_t>(bytes->size());
  rows.owners_.push_back(std::move(bytes));
  if (lengths.is_none()) return rows;
  auto pinned = std::make_shared<PinnedBuffer>(lengths);
  ensure(pinned->size() == count * sizeof(int64_t), "one length per row is due");
  rows.layout_ = Layout::kLengths;
  rows.index_ = pinned->data();
  rows.owners_.push_back(std::move(pinned));
  return rows;
}

Rows Rows::offsets(py::handle data, py::handle offsets, py::handle valid) {
  Rows rows;
  auto bytes = std::make_shared<PinnedBuffer>(data);
  auto index = std::make_shared<PinnedBuffer>(offsets);
  ensure(index->size() >= sizeof(int64_t) && index->size() % sizeof(int64_t) == 0,
         "offsets are int64, one more than there are rows");
  rows.layout_ = Layout::kOffsets64;
  rows.count_ = index->size() / sizeof(int64_t) - 1;
  rows.data_ = bytes->data();
  rows.data_bytes_ = static_cast<int64_t>(bytes->size());
  rows.index_ = index->data();
  rows.owners_ = {std::move(bytes), std::move(index)};
  if (valid.is_none()) return rows;
  auto bits = std::make_shared<PinnedBuffer>(valid);
  ensure(bits->size() >= (rows.count_ + 7) / 8, "one bit of validity per row is due");
  rows.valid_ = reinterpret_cast<const uint8_t*>(bits->data());
  rows.owners_.push_back(std::move(bits));
  return rows;
}

Rows Rows::joined(py::handle sequence, Role role) {
  auto column = std::make_shared<BinaryColumn>();
  const auto count = static_cast<size_t>(PySequence_Size(sequence.ptr()));
  for (size_t i = 0; i < count; ++i) {
    // Held: a buffer's own code may change the list.
    const auto item = py::reinterpret_steal<py::object>(
        PySequence_GetItem(sequence.ptr(), static_cast<Py_ssize_t>(i)));
    if (!item) throw py::error_already_set();
    const BytesArgument bytes(item.ptr(), role);
    column->add(bytes.bytes());
  }
  return of(std::move(column));
}

Rows Rows::of(std::shared_ptr<const BinaryColumn> column) {
  Rows rows;
  rows.layout_ = Layout::kOffsets64;
  rows.count_ = column->rows;
  rows.data_ = column->data.data();
  rows.data_bytes_ = static_cast<int64_t>(column->data.size());
  rows.index_ = column->offsets.data();
  rows.owners_.push_back(std::move(column));
  return rows;
}

Rows Rows::arrow(const ArrowSchema& schema, OwnedArrow<ArrowArray> array, Role role) {
  const std::string_view format = schema.format;
  if (schema.dictionary) throw_no_bytes(role, "codes of a dictionary (cast it to binary)");
  if (format == "+s") throw_no_bytes(role, "several columns (pass one of them)");
  Rows rows;
  rows.arrow_ = std::make_shared<OwnedArrow<ArrowArray>>(std::move(array));
  const ArrowArray& taken = *rows.arrow_->get();
  const auto offset = static_cast<size_t>(taken.offset);
  rows.count_ = static_cast<size_t>(taken.length);
  const void* const first = taken.n_buffers > 1 ? taken.buffers[1] : nullptr;
  const void* const second = taken.n_buffers > 2 ? taken.buffers[2] : nullptr;
  if (format.substr(0, 2) == "w:") {
    rows.width_ = fixed_width(format, role);
    rows.data_ = static_cast<const char*>(first) + offset * rows.width_;
  } else if (format == "z" || format == "u") {
    rows.layout_ = Layout::kOffsets32;
    rows.index_ = static_cast<const int32_t*>(first) + offset;
    rows.data_ = static_cast<const char*>(second);
  } else if (format == "Z" || format == "U") {
    rows.layout_ = Layout::kOffsets64;
    rows.index_ = static_cast<const int64_t*>(first) + offset;
    rows.data_ = static_cast<const char*>(second);
  } else if (format == "vz" || format == "vu") {
    rows.layout_ = Layout::kViews;
    rows.index_ = static_cast<const char*>(first) + offset * 16;
  } else {
    throw_no_bytes(role, "Arrow type " + std::string(format));
  }
  if (!rows.data_) rows.data_ = "";                        // of nothing but empty rows
  rows.data_bytes_ = std::numeric_limits<int64_t>::max();  // the interface does not tell
  if (taken.null_count != 0 && taken.buffers[0]) {
    rows.valid_ = static_cast<const uint8_t*>(taken.buffers[0]);
    rows.valid_offset_ = offset;
  }
  return rows;
}

Rows Rows::prefixed(std::string_view prefix, size_t first, size_t count) const {
  ensure(first <= count_ && count <= count_ - first, "no such rows");
  auto column = std::make_shared<BinaryColumn>();
  column->offsets.reserve((count + 1) * sizeof(int64_t));
  for (size_t i = 0; i < count; ++i) column->add(prefix, row(first + i));
  return of(std::move(column));
}

size_t Rows::first_null() const {
  if (!valid_) return count_;
  size_t row = 0;
  while (row < count_ && !is_null(row)) ++row;
  return row;
}

std::string_view Rows::rare_row(size_t row) const {
  if (layout_ == Layout::kViews) return view(row);
  if (layout_ == Layout::kOffsets32) {
    const auto* const offsets = static_cast<const int32_t*>(index_);
    return between(offsets[row], offsets[row + 1], row);
  }
  const int64_t length = static_cast<const int64_t*>(index_)[row];
  if (length < 0 || static_cast<uint64_t>(length) > width_) throw_bad_offsets(row);
  return {data_ + row * width_, static_cast<size_t>(length)};
}

// 16 bytes: the length, then up to 12 bytes of the row itself, or a prefix of 4, the number of a
// buffer and the place in it.
std::string_view Rows::view(size_t row) const {
  constexpr int32_t kMaxInline = 12;
  const char* const at = static_cast<const char*>(index_) + row * 16;
  int32_t fields[4];
  std::memcpy(fields, at, sizeof fields);
  const int32_t length = fields[0];
  if (length < 0) throw_bad_offsets(row);
  if (length <= kMaxInline) return {at + 4, static_cast<size_t>(length)};
  const ArrowArray& array = *arrow_->get();
  const int64_t buffer_count = array.n_buffers - 3;  // beside validity, views, sizes of buffers
  const int32_t buffer = fields[2];
  const int32_t begin = fields[3];
  if (buffer < 0 || buffer >= buffer_count || begin < 0) throw_bad_offsets(row);
  const auto* const sizes = static_cast<const int64_t*>(array.buffers[array.n_buffers - 1]);
  if (int64_t{begin} + length > sizes[buffer]) throw_bad_offsets(row);
  return {static_cast<const char*>(array.buffers[2 + buffer]) + begin, static_cast<size_t>(length)};
}

void Rows::throw_bad_offsets(size_t row) {
  throw InvalidArgument("the offsets of row " + std::to_string(row) +
                        " lead out of the array's data");
}

}  // namespace lsmkit
