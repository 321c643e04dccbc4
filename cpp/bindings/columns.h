// Rows on the C++ side, {name: list} on Python's.
#pragma once

#include <string_view>
#include <vector>

#include "bindings.h"
#include "lsmkit/version/version_edit.h"

namespace lsmkit {

inline py::bytes as_bytes(std::string_view bytes) {
  return {bytes.data(), bytes.size()};
}

// Text that may hold a path, whose bytes need not be UTF-8.
py::object path_text(std::string_view text);
py::object optional_text(const std::optional<std::string>& text);

py::dict to_dict(const Counters& counters);

class Columns {
 public:
  explicit Columns(std::vector<const char*> names)
      : names_(std::move(names)), lists_(names_.size()) {}

  // One value per name, in the order of the names.
  template <class... Values>
  void add(const Values&... values) {
    size_t column = 0;
    (lists_.at(column++).append(values), ...);
  }

  py::dict dict() const {
    py::dict columns;
    for (size_t i = 0; i < names_.size(); ++i) columns[names_[i]] = lists_[i];
    return columns;
  }

 private:
  std::vector<const char*> names_;
  std::vector<py::list> lists_;
};

}  // namespace lsmkit
