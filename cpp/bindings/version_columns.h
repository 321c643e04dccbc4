// The tables, runs and levels of a Version as columns; `_core.pyi` lists them under tree().
#pragma once

#include <cstdint>
#include <vector>

#include "bindings.h"
#include "lsmkit/version/version.h"

namespace lsmkit {

// By level, 0 where the vectors are shorter.
py::dict level_columns(const Version& version, const std::vector<uint64_t>& target_weights,
                       const std::vector<double>& scores);
py::dict run_columns(const Version& version);
py::dict table_columns(const Version& version);

}  // namespace lsmkit
