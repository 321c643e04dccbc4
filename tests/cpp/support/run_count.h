// How often a test of random runs is run: as it says, or LSMKIT_RUNS times (under a sanitizer
// fewer).
#pragma once

#include <cstdint>
#include <cstdlib>

namespace lsmkit::test {

inline uint64_t run_count(uint64_t due) {
  const char* set = std::getenv("LSMKIT_RUNS");
  return set == nullptr ? due : std::strtoull(set, nullptr, 10);
}

// Likewise, where cases are listed and not drawn: whether some of them have to do.
inline bool some_cases_do() {
  return std::getenv("LSMKIT_RUNS") != nullptr;
}

// How many times as long as it says a simulated run is (LSMKIT_TIMES_AS_LONG): once.
inline double times_as_long() {
  const char* set = std::getenv("LSMKIT_TIMES_AS_LONG");
  return set == nullptr ? 1 : std::strtod(set, nullptr);
}

}  // namespace lsmkit::test
