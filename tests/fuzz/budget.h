// How much memory an input makes the library hold, by counting what operator new hands out.
#pragma once

#include <cstdint>

namespace lsmkit::fuzz {

// From here until it goes, more than `limit_bytes` at one time ends the run.
class Budget {
 public:
  explicit Budget(uint64_t limit_bytes);
  ~Budget();
  Budget(const Budget&) = delete;
  Budget& operator=(const Budget&) = delete;
};

}  // namespace lsmkit::fuzz
