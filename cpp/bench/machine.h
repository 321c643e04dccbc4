// What a figure was measured on.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace lsmkit::bench {

// system, processors, compiler, build, file_system (of `dir`).
std::vector<std::pair<std::string, std::string>> machine_facts(const std::string& dir);

}  // namespace lsmkit::bench
