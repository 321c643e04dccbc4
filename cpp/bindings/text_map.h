// Options and other names with texts, between Python's mappings and ours.
#pragma once

#include <pybind11/pybind11.h>

#include <string>
#include <utility>
#include <vector>

#include "lsmkit/db/options.h"

namespace lsmkit {

// Throws Python's TypeError if the object is no mapping of str to str.
std::vector<std::pair<std::string, std::string>> to_text_pairs(pybind11::handle mapping);

// The defaults with what the mapping names on top, valid as a whole. Throws InvalidArgument.
Options to_options(pybind11::handle mapping);

}  // namespace lsmkit
