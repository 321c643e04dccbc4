// What every fuzz target consists of, and what it may demand.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "lsmkit/bytes/error.h"

namespace lsmkit::fuzz {

struct Target {
  const char* name;
  // How many mutations a replay runs if nobody says otherwise: two or three seconds' worth.
  uint64_t default_runs;
  // What an input may make the library allocate, all in all at one time: so much, and so much more
  // for each of its bytes.
  uint64_t base_bytes;
  uint64_t bytes_per_input_byte;
};
extern const Target kTarget;

// Inputs to start from, made anew by every run. Called before any input is run.
std::vector<std::string> seeds();

// One input. Returns if the library did what it promises, and aborts if not. No exception may leave
// it: entry.cc makes that a broken promise, too.
void run_one(std::string_view input);

// Ends the run; what was promised is said.
[[noreturn]] inline void fail(std::string_view promise) {
  std::fprintf(stderr, "broken promise: %.*s\n", static_cast<int>(promise.size()), promise.data());
  std::abort();
}

inline void require(bool holds, std::string_view promise) {
  if (!holds) fail(promise);
}

// Runs `f`. False if it ended in an error of the library, which is what hostile bytes may come to;
// everything else that is thrown ends the run.
template <class F>
bool succeeds(F&& f) {
  try {
    f();
    return true;
  } catch (const Error&) {
    return false;
  }
}

}  // namespace lsmkit::fuzz
