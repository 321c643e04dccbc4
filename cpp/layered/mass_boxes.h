// Boxes in the plane of pages and log positions: what a delta holds, told by slices, is what the
// log has in its boxes. One as a rule; more where collection took layers of some pages before a
// compaction went over all of them.
#pragma once

#include <vector>

#include "lsmkit/layered/layer.h"

namespace lsmkit {

struct MassBox {
  PageRange pages;
  LsnRange lsns;
  bool operator==(const MassBox&) const = default;
};

inline bool is_empty(const MassBox& box) {
  return box.pages.begin >= box.pages.end || box.lsns.begin >= box.lsns.end;
}

MassBox common(const MassBox& a, const MassBox& b);

// The same in few boxes: by pages and then by LSN, any two of them with the same pages or with none
// in common. Requires: none empty, no two overlap.
std::vector<MassBox> joined(const std::vector<MassBox>& boxes);

}  // namespace lsmkit
