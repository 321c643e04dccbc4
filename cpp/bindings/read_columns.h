// What reads looked into, for Python.
#pragma once

#include <pybind11/pybind11.h>

#include <optional>
#include <vector>

#include "lsmkit/trace/read_counts.h"

namespace lsmkit {

namespace py = pybind11;

py::dict to_dict(const ReadCounts& reads);
py::object to_dict(const std::optional<ReadCounts>& reads);  // None: not modelled
py::dict level_read_columns(const std::vector<LevelReadCounts>& levels);

}  // namespace lsmkit
