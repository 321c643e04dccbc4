#include "lsmkit/rules/record_filter.h"

#include <algorithm>

#include "lsmkit/bytes/error.h"

namespace lsmkit {

Keep RecordFilter::decide(std::string_view key, bool new_key, Seqno seqno, Kind kind) {
  if (kind != Kind::kPut && kind != Kind::kDelete)
    throw NotSupported("records of kind " + std::to_string(static_cast<int>(kind)) +
                       " need a newer build to be compacted");
  const Seqno newer_seqno = new_key ? UINT64_MAX : newer_seqno_;
  newer_seqno_ = seqno;
  if (!is_visible(seqno, newer_seqno)) return Keep::kDrop;
  if (seqno > elision_seqno_) return Keep::kKeep;
  if (kind == Kind::kDelete) return older_run_may_hold(key) ? Keep::kKeep : Keep::kDrop;
  if (!rules_.zero_seqnos || older_run_may_hold(key)) return Keep::kKeep;
  return Keep::kKeepZeroed;
}

bool RecordFilter::is_visible(Seqno seqno, Seqno newer_seqno) const {
  if (newer_seqno > rules_.history_floor) return true;
  const auto& pins = rules_.pinned_seqnos;
  const auto pin = std::lower_bound(pins.begin(), pins.end(), seqno);
  return pin != pins.end() && *pin < newer_seqno;
}

bool RecordFilter::older_run_may_hold(std::string_view key) {
  const bool known = has_answer_ && (!answer_has_end_ || key < answer_end_ ||
                                     (answer_end_inclusive_ && key == answer_end_));
  if (!known) look_up(key);
  return may_hold_;
}

void RecordFilter::look_up(std::string_view key) {
  has_answer_ = true;
  may_hold_ = false;
  answer_has_end_ = false;
  for (const Run& run : rules_.older_runs) {
    const TableRef table = run.first_not_before(key);
    if (!table) continue;
    if (!starts_after(*table, key)) {
      may_hold_ = true;
      answer_has_end_ = true;
      answer_end_ = table->largest.key;
      answer_end_inclusive_ = !table->largest.exclusive;
      return;
    }
    if (!answer_has_end_ || table->smallest.key < answer_end_) {
      answer_has_end_ = true;
      answer_end_ = table->smallest.key;
      answer_end_inclusive_ = false;
    }
  }
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
