// Stretches of several modelled runs as one, so that a rule is asked about all of them at once and
// not where one run gives way to the other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "lsmkit/sim/records.h"

namespace lsmkit {

// Puts of different keys, ascending, all equally heavy.
struct RecordPiece {
  std::span<const KeyRank> ranks;
  std::span<const Seqno> seqnos;  // empty: all are same_seqno
  Seqno same_seqno = 0;
};

class MergedRecords {
 public:
  // Takes the place of what was held. Of records of one key the newer, whose piece comes first,
  // hides the others. False, and nothing is held, if one of those that hide has a seqno above
  // `hiding_up_to`, or not above that of what it hides. Values are so long, records so heavy.
  bool merge(std::span<const RecordPiece> pieces, Seqno hiding_up_to, uint32_t value_bytes,
             uint64_t weight);

  size_t size() const { return ranks_.size(); }
  uint64_t hidden() const { return hidden_; }
  KeyRank last_key() const { return ranks_.back(); }
  Seqno last_seqno() const { return seqnos_.back(); }

  // What is left of it, as a Source of stretches (rules/merge_tables.h).
  bool valid() const { return at_ < size(); }
  KeyRank key() const { return ranks_[at_]; }
  SimRecord record() const { return {ranks_[at_], seqnos_[at_], Kind::kPut, value_bytes_}; }
  uint64_t stretch_weight() const { return weight_; }
  size_t stretch_before(uint64_t end) const { return count_ranks_below(ranks_, at_, end); }
  KeyRank key_ahead(size_t i) const { return ranks_[at_ + i]; }
  Seqno seqno_ahead(size_t i) const { return seqnos_[at_ + i]; }
  StretchSeqnos seqnos_ahead(size_t count, Seqno zeroed_up_to) const {
    return stretch_seqnos(std::span(seqnos_).subspan(at_, count), zeroed_up_to);
  }
  void skip(size_t count) { at_ += count; }
  void copy_to(Records& out, size_t count, Seqno zeroed_up_to) const {
    out.append_puts(std::span(ranks_).subspan(at_, count), std::span(seqnos_).subspan(at_, count),
                    value_bytes_, zeroed_up_to);
  }

 private:
  bool merge_two(const RecordPiece& newer, const RecordPiece& older, Seqno hiding_up_to);

  std::vector<KeyRank> ranks_, spare_ranks_;
  std::vector<Seqno> seqnos_, spare_seqnos_;
  std::vector<RecordPiece> pieces_;
  size_t at_ = 0;
  uint64_t hidden_ = 0;
  uint32_t value_bytes_ = 0;
  uint64_t weight_ = 0;
};

}  // namespace lsmkit
