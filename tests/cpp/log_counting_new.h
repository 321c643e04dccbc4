// Counts what operator new hands out in this program.
#pragma once

#include <cstdint>

namespace lsmkit {

// How often operator new was called so far, by any thread.
uint64_t allocation_count();

// The largest single allocation since the last call.
uint64_t take_largest_allocation_bytes();

}  // namespace lsmkit
