// What a simulation begins with, as Python holds it until one takes it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lsmkit/sim/exact_start.h"
#include "lsmkit/sim/segment_start.h"

namespace lsmkit {

struct Start {
  // One of the two; none: taken.
  std::optional<StartOfExactRun> exact;
  std::optional<SegmentTreeStart> segments;
  std::map<std::string, std::string> options;  // of the database
  std::vector<std::string> assumptions;
};

}  // namespace lsmkit
