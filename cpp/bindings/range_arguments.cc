#include "range_arguments.h"

#include <algorithm>
#include <optional>
#include <string>

#include "bindings.h"
#include "bytes_argument.h"
#include "lsmkit/bytes/key.h"

namespace lsmkit {

namespace {

// PyArg_* fills what the format names; arguments past its end are not touched.
template <class... Targets>
void parse(PyObject* args, PyObject* kwargs, const char* format, const char* const* names,
           Targets... targets) {
  if (!PyArg_ParseTupleAndKeywords(args, kwargs, format, const_cast<char**>(names), targets...))
    throw py::error_already_set();
}

}  // namespace

std::optional<std::string> key_or_none(PyObject* object) {
  if (!object || object == Py_None) return std::nullopt;
  return std::string(BytesArgument(object, Role::kKey).bytes());
}

void narrow_to_prefix(CursorOptions& range, std::string_view prefix) {
  if (!range.start || *range.start < prefix) {
    range.start = prefix;
    range.include_start = true;
  }
  std::string end;
  if (prefix_end(prefix, end) && (!range.stop || *range.stop >= end)) {
    range.stop = std::move(end);
    range.include_stop = false;
  }
}

CursorOptions RangeArguments::resolve() const {
  CursorOptions range;
  range.start = key_or_none(start);
  range.stop = key_or_none(stop);
  range.include_start = include_start != 0;
  range.include_stop = include_stop != 0;
  if (const auto wanted = key_or_none(prefix)) narrow_to_prefix(range, *wanted);
  return range;
}

RangeArguments parse_cursor(PyObject* args, PyObject* kwargs, bool takes_snapshot) {
  static const char* const kAll[] = {"start",  "stop",     "include_start", "include_stop",
                                     "prefix", "snapshot", nullptr};
  static const char* const kOwn[] = {"start",        "stop",   "include_start",
                                     "include_stop", "prefix", nullptr};
  RangeArguments r;
  parse(args, kwargs, takes_snapshot ? "|$OOppOO:cursor" : "|$OOppO:cursor",
        takes_snapshot ? kAll : kOwn, &r.start, &r.stop, &r.include_start, &r.include_stop,
        &r.prefix, &r.snapshot);
  return r;
}

IteratorArguments parse_iterator(PyObject* args, PyObject* kwargs, bool takes_snapshot) {
  static const char* const kAll[] = {"start",    "stop",    "include_start", "include_stop",
                                     "prefix",   "reverse", "include_key",   "include_value",
                                     "snapshot", nullptr};
  static const char* const kOwn[] = {"start",        "stop",          "include_start",
                                     "include_stop", "prefix",        "reverse",
                                     "include_key",  "include_value", nullptr};
  IteratorArguments i;
  RangeArguments& r = i.range;
  parse(args, kwargs, takes_snapshot ? "|$OOppOpppO:iterator" : "|$OOppOppp:iterator",
        takes_snapshot ? kAll : kOwn, &r.start, &r.stop, &r.include_start, &r.include_stop,
        &r.prefix, &i.reverse, &i.include_key, &i.include_value, &r.snapshot);
  return i;
}

}  // namespace lsmkit
