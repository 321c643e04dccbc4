// Which record of a merge is kept.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "lsmkit/rules/merge_keys.h"
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

  // The same with the question about older runs handed out: `older_run_may_hold()` is called where
  // the answer matters.
  template <class OlderRunMayHold>
  Keep decide(bool new_key, Seqno seqno, Kind kind, const OlderRunMayHold& older_run_may_hold) {
    if (kind != Kind::kPut && kind != Kind::kDelete) refuse(kind);
    const Seqno newer_seqno = new_key ? UINT64_MAX : newer_seqno_;
    newer_seqno_ = seqno;
    if (newer_seqno <= rules_.history_floor && !is_pinned(seqno, newer_seqno)) return Keep::kDrop;
    if (seqno > elision_seqno_) return Keep::kKeep;
    if (kind == Kind::kDelete) return older_run_may_hold() ? Keep::kKeep : Keep::kDrop;
    if (!rules_.zero_seqnos || older_run_may_hold()) return Keep::kKeep;
    return Keep::kKeepZeroed;
  }

  // The same for puts of different keys, each the newest of its key: all of them are kept, and
  // those up to this seqno zeroed. Older runs matter only if any may be.
  bool may_zero() const { return rules_.zero_seqnos; }
  Seqno zeroed_up_to(bool older_run_may_hold) const {
    return older_run_may_hold ? 0 : elision_seqno_;
  }
  // What a newer record of its key hides is dropped if that has a seqno up to this; 0: it depends.
  Seqno hiding_up_to() const { return rules_.pinned_seqnos.empty() ? rules_.history_floor : 0; }
  // Of the last one.
  void pass_by(Seqno seqno) { newer_seqno_ = seqno; }

  // Whether an older run may hold `key`, and up to where that answer holds. Keys that are asked for
  // ascend.
  bool look_up(std::string_view key);
  StretchEnd answer_end() const { return answer_end_; }

  // The same for a stretch of keys, for simulations without records: what decide's question about
  // older runs would answer for the keys of [smallest, largest].
  OlderRuns older_runs_over(std::string_view smallest, std::string_view largest) const;

 private:
  [[noreturn]] static void refuse(Kind kind);
  bool is_pinned(Seqno seqno, Seqno newer_seqno) const;

  const MergeRules& rules_;
  const Seqno elision_seqno_;
  Seqno newer_seqno_ = 0;  // of the record before, if it has the same key

  // Of the last look-up. The end points into a table meta that rules_.older_runs keeps alive.
  bool may_hold_ = false;
  bool has_answer_ = false;
  StretchEnd answer_end_;
};

}  // namespace lsmkit
