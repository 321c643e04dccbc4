// What a simulation begins with, as Python holds it until one takes it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lsmkit/sim/exact_start.h"

namespace lsmkit {

struct Start {
  std::optional<StartOfExactRun> exact;  // none: taken
  std::vector<std::string> assumptions;
};

}  // namespace lsmkit
