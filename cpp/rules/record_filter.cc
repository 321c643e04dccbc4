#include "lsmkit/rules/record_filter.h"

#include <algorithm>

#include "lsmkit/bytes/error.h"

namespace lsmkit {

Keep RecordFilter::decide(std::string_view key, bool new_key, Seqno seqno, Kind kind) {
  return decide(new_key, seqno, kind, [&] {
    const bool known = has_answer_ && ByteKeys::is_before(key, answer_end_);
    return known ? may_hold_ : look_up(key);
  });
}

void RecordFilter::refuse(Kind kind) {
  throw NotSupported("records of kind " + std::to_string(static_cast<int>(kind)) +
                     " need a newer build to be compacted");
}

bool RecordFilter::is_pinned(Seqno seqno, Seqno newer_seqno) const {
  const auto& pins = rules_.pinned_seqnos;
  const auto pin = std::lower_bound(pins.begin(), pins.end(), seqno);
  return pin != pins.end() && *pin < newer_seqno;
}

bool RecordFilter::look_up(std::string_view key) {
  has_answer_ = true;
  may_hold_ = false;
  answer_end_ = {};
  for (const Run& run : rules_.older_runs) {
    const TableRef table = run.first_not_before(key);
    if (!table) continue;
    if (!starts_after(*table, key)) {
      may_hold_ = true;
      answer_end_ = {table->largest.key, !table->largest.exclusive};
      return true;
    }
    answer_end_ = earlier(answer_end_, {table->smallest.key, false});
  }
  return false;
}

OlderRuns RecordFilter::older_runs_over(std::string_view smallest, std::string_view largest) const {
  bool somewhere = false;
  for (const Run& run : rules_.older_runs) {
    const TableRef table = run.first_not_before(smallest);
    if (!table || starts_after(*table, largest)) continue;
    somewhere = true;
    if (!starts_after(*table, smallest) && !ends_before(*table, largest))
      return OlderRuns::kEverywhere;
  }
  return somewhere ? OlderRuns::kSomewhere : OlderRuns::kNowhere;
}

}  // namespace lsmkit
