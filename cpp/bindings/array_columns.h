// Columns as NumPy arrays, in the parts that lsmkit.column.Column is made of: (dtype, values,
// offsets or None, valid or None).
#pragma once

#include <pybind11/numpy.h>

#include <concepts>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bindings.h"

namespace lsmkit {

// An array that owns the values.
template <class T>
py::array to_array(std::vector<T> values) {
  auto owned = std::make_unique<std::vector<T>>(std::move(values));
  const std::vector<T>& kept = *owned;
  const py::capsule owner(owned.get(), [](void* p) { delete static_cast<std::vector<T>*>(p); });
  (void)owned.release();
  return py::array_t<T>(static_cast<py::ssize_t>(kept.size()), kept.data(), owner);
}

template <class T>
constexpr const char* dtype_of() {
  if constexpr (std::same_as<T, uint64_t>) return "u64";
  if constexpr (std::same_as<T, int32_t>) return "i32";
  if constexpr (std::same_as<T, double>) return "f64";
}

// value(row), for each row.
template <class T, class F>
py::tuple fixed_column(size_t rows, F&& value) {
  std::vector<T> values(rows);
  for (size_t row = 0; row < rows; ++row) values[row] = static_cast<T>(value(row));
  return py::make_tuple(dtype_of<T>(), to_array(std::move(values)), py::none(), py::none());
}

// value(row) is an optional.
template <class T, class F>
py::tuple nullable_column(size_t rows, F&& value) {
  std::vector<T> values(rows);
  py::array_t<bool> valid(static_cast<py::ssize_t>(rows));
  bool* const is_valid = valid.mutable_data();
  bool all = true;
  for (size_t row = 0; row < rows; ++row) {
    const auto found = value(row);
    if (found) values[row] = static_cast<T>(*found);
    is_valid[row] = found.has_value();
    all = all && is_valid[row];
  }
  const py::object mask = all ? py::object(py::none()) : py::object(valid);
  return py::make_tuple(dtype_of<T>(), to_array(std::move(values)), py::none(), mask);
}

// Rows of any length, one after the other.
template <class T>
class RaggedColumn {
 public:
  explicit RaggedColumn(const char* dtype, size_t rows) : dtype_(dtype) {
    offsets_.reserve(rows + 1);
    offsets_.push_back(0);
  }
  std::vector<T>& values() { return values_; }
  void end_row() { offsets_.push_back(static_cast<int64_t>(values_.size())); }
  py::tuple take() {
    return py::make_tuple(dtype_, to_array(std::move(values_)), to_array(std::move(offsets_)),
                          py::none());
  }

 private:
  const char* dtype_;
  std::vector<T> values_;
  std::vector<int64_t> offsets_;
};

// value(row): bytes.
template <class F>
py::tuple bytes_column(size_t rows, F&& value) {
  RaggedColumn<uint8_t> column("bytes", rows);
  for (size_t row = 0; row < rows; ++row) {
    const std::string_view bytes = value(row);
    column.values().insert(column.values().end(), bytes.begin(), bytes.end());
    column.end_row();
  }
  return column.take();
}

// `text` as UTF-8, if need be with its other bytes written out: text may hold a path.
std::string as_utf8(std::string_view text);

// value(row): text, that may hold a path.
template <class F>
py::tuple text_column(size_t rows, F&& value) {
  RaggedColumn<uint8_t> column("str", rows);
  for (size_t row = 0; row < rows; ++row) {
    const std::string text = as_utf8(value(row));
    column.values().insert(column.values().end(), text.begin(), text.end());
    column.end_row();
  }
  return column.take();
}

}  // namespace lsmkit
