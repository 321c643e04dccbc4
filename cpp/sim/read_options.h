// What a simulation of reads has to know of the engine beside the tree.
#pragma once

#include <cstdint>

#include "lsmkit/lookup/block_limit.h"

namespace lsmkit {

struct ReadOptions {
  BlockLimit block;
  uint64_t cache_bytes = 64 << 20;
  bool scans = true;  // false: nobody will
};

}  // namespace lsmkit
