// The keyword arguments that name a range: start, stop, prefix and what else cursors and iterators
// take.
#pragma once

#include <pybind11/pybind11.h>

#include <optional>
#include <string>
#include <string_view>

#include "lsmkit/db/db.h"

namespace lsmkit {

// A copy of the key; nothing for null or None. Throws Python's TypeError for what is no buffer.
std::optional<std::string> key_or_none(PyObject* object);

// The part of the range that starts with `prefix`.
void narrow_to_prefix(CursorOptions& range, std::string_view prefix);

// Borrowed references, null or None where nothing was given.
struct RangeArguments {
  PyObject* start = nullptr;
  PyObject* stop = nullptr;
  int include_start = 1;
  int include_stop = 0;
  PyObject* prefix = nullptr;
  PyObject* snapshot = nullptr;

  CursorOptions resolve() const;  // throws Python's TypeError for what is no buffer
};

struct IteratorArguments {
  RangeArguments range;
  int reverse = 0;
  int include_key = 1;
  int include_value = 1;
};

// Throw Python's TypeError. A snapshot's own methods take no `snapshot`.
RangeArguments parse_cursor(PyObject* args, PyObject* kwargs, bool takes_snapshot);
IteratorArguments parse_iterator(PyObject* args, PyObject* kwargs, bool takes_snapshot);

}  // namespace lsmkit
