// Pieces of runs merged at once, beside a map of what is newest.
#include <doctest/doctest.h>

#include <map>
#include <random>
#include <vector>

#include "lsmkit/sim/merged_records.h"

using namespace lsmkit;

namespace {

struct OwnedPiece {
  std::vector<KeyRank> ranks;
  std::vector<Seqno> seqnos;
  RecordPiece piece() const { return {ranks, seqnos, 7}; }
};

// Of ranks below `span`; all seqnos within a thousand from `age` on, or the same one.
OwnedPiece any_piece(std::mt19937_64& random, uint64_t span, Seqno age, bool constant) {
  OwnedPiece out;
  for (uint64_t rank = random() % 8; rank < span; rank += 1 + random() % 8) {
    out.ranks.push_back(static_cast<KeyRank>(rank));
    if (!constant) out.seqnos.push_back(age + random() % 1'000);
  }
  return out;
}

}  // namespace

TEST_CASE("many pieces merge into the newest record of each key, in order") {
  std::mt19937_64 random(21);
  MergedRecords merged;
  for (int round = 0; round < 400; ++round) {
    CAPTURE(round);
    const size_t count = 1 + random() % 7;
    std::vector<OwnedPiece> owned;
    for (size_t i = 0; i < count; ++i)
      owned.push_back(any_piece(random, random() % 400, 1'000 * (count - i), i + 1 == count));
    std::vector<RecordPiece> pieces;
    std::map<KeyRank, Seqno> newest;
    size_t total = 0;
    for (const OwnedPiece& one : owned) {
      pieces.push_back(one.piece());
      total += one.ranks.size();
      for (size_t i = 0; i < one.ranks.size(); ++i)
        newest.emplace(one.ranks[i], one.seqnos.empty() ? 7 : one.seqnos[i]);
    }
    REQUIRE(merged.merge(pieces, 1'000'000, 100, 124));
    CHECK(merged.size() == newest.size());
    CHECK(merged.hidden() == total - newest.size());
    for (const auto& [rank, seqno] : newest) {
      REQUIRE(merged.valid());
      CHECK(merged.key() == rank);
      CHECK(merged.record().seqno == seqno);
      merged.skip(1);
    }
    CHECK(!merged.valid());
  }
}

TEST_CASE("what may not hide, or is out of order, is left to be looked at one by one") {
  MergedRecords merged;
  const OwnedPiece newer{{1, 5, 9}, {30, 31, 32}}, older{{2, 5}, {10, 11}};
  const std::vector<RecordPiece> pieces{newer.piece(), older.piece()};
  CHECK(merged.merge(pieces, 31, 100, 124));
  CHECK(merged.hidden() == 1);
  CHECK(!merged.merge(pieces, 30, 100, 124));
  CHECK(merged.size() == 0);
  const std::vector<RecordPiece> swapped{older.piece(), newer.piece()};
  CHECK(!merged.merge(swapped, 100, 100, 124));
}
