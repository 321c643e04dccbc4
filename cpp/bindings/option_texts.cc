// Options as {name: text}, both ways. Python's Options class gives them types and documentation.
#include "bindings.h"
#include "db_argument.h"
#include "text_map.h"

namespace lsmkit {

namespace {

py::dict to_dict(const Options& options) {
  py::dict texts;
  for (const auto& [name, text] : to_map(options)) texts[py::str(name)] = py::str(text);
  return texts;
}

py::frozenset stored_option_names() {
  py::set names;
  for (const auto& [name, text] : to_map(Options{}))
    if (is_stored_option(name)) names.add(py::str(name));
  return py::frozenset(names);
}

std::string text_or_type_error(py::handle object, const char* what) {
  if (!py::isinstance<py::str>(object))
    throw py::type_error(std::string("option ") + what + " must be str, not " +
                         Py_TYPE(object.ptr())->tp_name);
  return object.cast<std::string>();
}

}  // namespace

std::vector<std::pair<std::string, std::string>> to_text_pairs(py::handle mapping) {
  const py::object items = py::reinterpret_steal<py::object>(PyMapping_Items(mapping.ptr()));
  if (!items) {
    PyErr_Clear();
    throw py::type_error(std::string("options must be a mapping of names to texts, not ") +
                         Py_TYPE(mapping.ptr())->tp_name);
  }
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const py::handle item : items) {
    const auto pair = item.cast<py::tuple>();
    pairs.emplace_back(text_or_type_error(pair[0], "names"), text_or_type_error(pair[1], "values"));
  }
  return pairs;
}

Options to_options(py::handle mapping) {
  Options options;
  for (const auto& [name, text] : to_text_pairs(mapping)) set_option(options, name, text);
  options.validate();
  return options;
}

void register_options(py::module_& m) {
  m.def(
      "options", [](DbArgument db) { return to_dict(db->options()); }, py::arg("db"),
      "The options in force, as text by name.");
  m.def(
      "default_options", [] { return to_dict(Options{}); }, "Every option's default, as text.");
  m.def("stored_option_names", stored_option_names,
        "The options that are kept in the directory; the others belong to one open.");
  m.def(
      "normalize_options", [](const py::object& options) { return to_dict(to_options(options)); },
      py::arg("options"), "The defaults with `options` on top, checked.");
}

}  // namespace lsmkit
