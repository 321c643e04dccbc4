#pragma once

#include <cstdint>

namespace lsmkit {

// How often operator new was called so far, by any thread.
uint64_t allocation_count();

}  // namespace lsmkit
