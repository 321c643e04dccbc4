#include "lsmkit/twin/segment_start_of.h"

namespace lsmkit {

SegmentTreeStart segment_start_of(const Standing& standing) {
  return {standing.version, standing.last_seqno, static_cast<uint64_t>(standing.next_job)};
}

std::vector<std::string> segment_assumptions_of(uint64_t unflushed) {
  std::vector<std::string> out = {
      "between two key samples of a table each of the workload's keys is as likely to be there as "
      "any other that is as popular; how many popular ones a run holds, its key samples tell, if "
      "the workload says which they are (its seed does)",
      "a table's tombstones lie as densely as its other records",
      "values of a table are of one size"};
  if (unflushed > 0)
    out.push_back(std::to_string(unflushed) + " record" + (unflushed > 1 ? "s" : "") +
                  " in memory, left out");
  return out;
}

}  // namespace lsmkit
