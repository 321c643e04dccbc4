// What a segment simulation begins with when it goes on from a real tree: the tables as their metas
// tell, without their records.
#pragma once

#include <cstdint>

#include "lsmkit/version/version.h"

namespace lsmkit {

struct SegmentTreeStart {
  Version version = Version();  // keys are bytes, as the workload encodes them
  Seqno last_seqno = 0;
  uint64_t next_job = 1;
};

}  // namespace lsmkit
