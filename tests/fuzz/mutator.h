// Changes inputs at random, but always the same way for the same number.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace lsmkit::fuzz {

// One of `seeds`, changed in one to eight places. Requires: seeds is not empty.
std::string mutated(const std::vector<std::string>& seeds, std::mt19937_64& random);

}  // namespace lsmkit::fuzz
