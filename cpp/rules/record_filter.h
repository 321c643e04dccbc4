// Which record of a merge is kept.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "lsmkit/rules/merge_rules.h"

namespace lsmkit {

enum class Keep : uint8_t {
  kDrop,
  kKeep,
  kKeepZeroed,  // with seqno 0: nobody can tell it from a record older than everything
};

// Whether an older run outside the inputs may hold keys of a range.
enum class OlderRuns : uint8_t { kNowhere, kSomewhere, kEverywhere };

// The rule. A record is visible to readers from its own seqno up to the one before the next newer
// record of its key. It is dropped
//   - if no pin lies there and the history floor lies above, or
//   - if it is a tombstone that every reader sees (it is at or below the oldest pin and the floor),
//     and no older run outside the inputs may hold the key: then there is nothing left to hide.
// Under the same condition as in the second case a value's seqno is zeroed.
class RecordFilter {
 public:
  // `rules` must outlive the filter.
  explicit RecordFilter(const MergeRules& rules)
      : rules_(rules), elision_seqno_(lsmkit::elision_seqno(rules)) {}

  // Records come in internal order; `new_key` marks the first, newest, of each key. Throws
  // NotSupported for kinds that this build cannot merge.
  Keep decide(std::string_view key, bool new_key, Seqno seqno, Kind kind);

  // The same for a stretch of keys, for simulations without records: what decide's question about
  // older runs would answer for the keys of [smallest, largest].
  OlderRuns older_runs_over(std::string_view smallest, std::string_view largest) const;

 private:
  bool is_visible(Seqno seqno, Seqno newer_seqno) const;
  bool older_run_may_hold(std::string_view key);
  void look_up(std::string_view key);

  const MergeRules& rules_;
  const Seqno elision_seqno_;
  Seqno newer_seqno_ = 0;  // of the record before, if it has the same key

  // The last look-up's answer holds for all keys up to answer_end_, which points into a table meta
  // that rules_.older_runs keeps alive.
  bool may_hold_ = false;
  bool has_answer_ = false;
  bool answer_has_end_ = false;
  bool answer_end_inclusive_ = false;
  std::string_view answer_end_;
};

}  // namespace lsmkit
