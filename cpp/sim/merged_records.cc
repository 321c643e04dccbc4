#include "lsmkit/sim/merged_records.h"

#include <algorithm>

namespace lsmkit {
namespace {

// A column to be read at any place, be it constant or not.
struct SeqnoReader {
  explicit SeqnoReader(const RecordPiece& piece)
      : first(piece.seqnos.empty() ? &piece.same_seqno : piece.seqnos.data()),
        mask(piece.seqnos.empty() ? 0 : ~size_t{0}) {}
  Seqno operator[](size_t i) const { return first[i & mask]; }

  const Seqno* first;
  size_t mask;
};

RecordPiece piece_of(const std::vector<KeyRank>& ranks, const std::vector<Seqno>& seqnos,
                     size_t begin, size_t end) {
  return {std::span(ranks).subspan(begin, end - begin),
          std::span(seqnos).subspan(begin, end - begin), 0};
}

}  // namespace

// Neighbours are merged two by two until one is left. What a round makes stands in ranks_ and
// seqnos_, what the one before it made in the spare ones.
bool MergedRecords::merge(std::span<const RecordPiece> pieces, Seqno hiding_up_to,
                          uint32_t value_bytes, uint64_t weight) {
  value_bytes_ = value_bytes;
  weight_ = weight;
  at_ = hidden_ = 0;
  pieces_.assign(pieces.begin(), pieces.end());
  size_t total = 0;
  for (const RecordPiece& piece : pieces) total += piece.ranks.size();
  do {
    ranks_.swap(spare_ranks_);
    seqnos_.swap(spare_seqnos_);
    ranks_.clear(), seqnos_.clear();
    ranks_.reserve(total),
        seqnos_.reserve(total);  // so that pieces of it stay where they are
    size_t count = 0;
    for (size_t i = 0; i < pieces_.size(); i += 2) {
      const size_t begin = ranks_.size();
      const RecordPiece older = i + 1 < pieces_.size() ? pieces_[i + 1] : RecordPiece{};
      if (!merge_two(pieces_[i], older, hiding_up_to)) {
        ranks_.clear(), seqnos_.clear();
        return false;
      }
      pieces_[count++] = piece_of(ranks_, seqnos_, begin, ranks_.size());
    }
    pieces_.resize(count);
  } while (pieces_.size() > 1);
  return true;
}

// Without a branch that depends on which comes first.
bool MergedRecords::merge_two(const RecordPiece& newer, const RecordPiece& older,
                              Seqno hiding_up_to) {
  const size_t begin = ranks_.size();
  const size_t newer_count = newer.ranks.size(), older_count = older.ranks.size();
  ranks_.resize(begin + newer_count + older_count);
  seqnos_.resize(ranks_.size());
  const KeyRank* const newer_ranks = newer.ranks.data();
  const KeyRank* const older_ranks = older.ranks.data();
  const SeqnoReader newer_seqnos(newer), older_seqnos(older);
  KeyRank* ranks = ranks_.data() + begin;
  Seqno* seqnos = seqnos_.data() + begin;
  size_t i = 0, j = 0;
  bool refused = false;
  while (i < newer_count && j < older_count) {
    const KeyRank a = newer_ranks[i], b = older_ranks[j];
    const Seqno a_seqno = newer_seqnos[i], b_seqno = older_seqnos[j];
    *ranks++ = a <= b ? a : b;
    *seqnos++ = a <= b ? a_seqno : b_seqno;
    refused |= (a == b) & ((a_seqno > hiding_up_to) | (a_seqno <= b_seqno));
    i += a <= b;
    j += b <= a;
  }
  const auto copy = [&](const KeyRank* from, const SeqnoReader& reader, size_t k, size_t count) {
    for (; k < count; ++k) *ranks++ = from[k], *seqnos++ = reader[k];
  };
  copy(newer_ranks, newer_seqnos, i, newer_count);
  copy(older_ranks, older_seqnos, j, older_count);
  const auto end = static_cast<size_t>(ranks - ranks_.data());
  hidden_ += ranks_.size() - end;
  ranks_.resize(end);
  seqnos_.resize(end);
  return !refused;
}

}  // namespace lsmkit
