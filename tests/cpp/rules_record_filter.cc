// Which record is kept: every history of one key, every set of pins, every floor, compared with
// what each reader must see.
#include <doctest/doctest.h>

#include <optional>
#include <vector>

#include "lsmkit/bytes/error.h"
#include "lsmkit/rules/record_filter.h"

using namespace lsmkit;

namespace {

constexpr Seqno kLast = 5;  // commits 1 to 5; an older run, where there is one, holds the key at 0

struct Version1 {  // one record of the key
  Seqno seqno;
  Kind kind;
};
using History = std::vector<Version1>;  // newest first

// What a reader sees: the seqno of the put, 0 for the older run's record, nullopt for nothing.
std::optional<Seqno> seen(const History& history, const std::vector<Seqno>& shown_as, Seqno reader,
                          bool older) {
  for (size_t i = 0; i < history.size(); ++i) {
    if (shown_as[i] > reader) continue;
    if (history[i].kind == Kind::kDelete) return std::nullopt;
    return history[i].seqno;
  }
  return older ? std::optional<Seqno>(0) : std::nullopt;
}

std::vector<Seqno> seqnos_of(const History& history) {
  std::vector<Seqno> out;
  for (const Version1& v : history) out.push_back(v.seqno);
  return out;
}

Run run_over(const char* smallest, const char* largest) {
  const std::string text = std::string("L1 #1 ") + smallest + ".." + largest;
  return version_from_text(text).level(1).runs.front();
}

struct Case {
  History history;
  MergeRules rules;
  bool older = false;
};

void check_case(const Case& c) {
  RecordFilter filter(c.rules);
  History kept;
  std::vector<Seqno> shown_as;
  bool first = true;
  for (const Version1& v : c.history) {
    const Keep keep = filter.decide("k", first, v.seqno, v.kind);
    first = false;
    if (keep == Keep::kDrop) continue;
    kept.push_back(v);
    shown_as.push_back(keep == Keep::kKeepZeroed ? 0 : v.seqno);
  }

  std::vector<Seqno> readers = c.rules.pinned_seqnos;
  for (Seqno s = c.rules.history_floor; s <= kLast + 1; ++s) readers.push_back(s);
  const auto all_as_before = [&](const History& h, const std::vector<Seqno>& as) {
    for (const Seqno reader : readers)
      if (seen(h, as, reader, c.older) != seen(c.history, seqnos_of(c.history), reader, c.older))
        return false;
    return true;
  };
  REQUIRE(all_as_before(kept, shown_as));

  const Seqno elision = elision_seqno(c.rules);
  for (size_t i = 0; i < kept.size(); ++i) {
    // Nothing kept could have gone as well, but for tombstones that not every reader is past.
    if (kept[i].kind == Kind::kPut || (kept[i].seqno <= elision && !c.older)) {
      History fewer = kept;
      std::vector<Seqno> fewer_as = shown_as;
      fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
      fewer_as.erase(fewer_as.begin() + static_cast<std::ptrdiff_t>(i));
      REQUIRE_FALSE(all_as_before(fewer, fewer_as));
    }
    const bool zeroed = shown_as[i] == 0;
    REQUIRE(zeroed == (kept[i].kind == Kind::kPut && kept[i].seqno <= elision && !c.older &&
                       c.rules.zero_seqnos));
  }
}

}  // namespace

TEST_CASE("every reader sees what it saw, and nothing more is kept than that takes") {
  Case c;
  size_t cases = 0;
  for (unsigned kinds = 0; kinds < 243; ++kinds) {  // per seqno: absent, put, delete
    c.history.clear();
    unsigned digits = kinds;
    for (Seqno seqno = kLast; seqno >= 1; --seqno, digits /= 3) {
      if (digits % 3 != 0)
        c.history.push_back({seqno, digits % 3 == 1 ? Kind::kPut : Kind::kDelete});
    }
    for (unsigned pins = 0; pins < 32; ++pins) {
      c.rules.pinned_seqnos.clear();
      for (Seqno seqno = 1; seqno <= kLast; ++seqno)
        if ((pins >> (seqno - 1) & 1) != 0) c.rules.pinned_seqnos.push_back(seqno);
      for (Seqno floor = 0; floor <= kLast + 1; ++floor) {
        for (const bool older : {false, true}) {
          for (const bool zero : {false, true}) {
            c.rules.history_floor = floor;
            c.rules.zero_seqnos = zero;
            c.older = older;
            c.rules.older_runs.clear();
            if (older) c.rules.older_runs.push_back(run_over("a", "z"));
            check_case(c);
            ++cases;
          }
        }
      }
    }
  }
  CHECK(cases == 243 * 32 * 7 * 4);
}

TEST_CASE("an older run counts only where one of its tables covers the key") {
  MergeRules rules;
  rules.history_floor = 100;
  rules.zero_seqnos = true;
  const Version older = version_from_text(
      "L1 #1 c..f\nL1 #2 m..p last=1:4:exclusive\nL2 #3 a..a\nL2 #4 e..h\nL2 #5 q..q\n");
  rules.older_runs = {older.level(1).runs[0], older.level(2).runs[0]};
  RecordFilter filter(rules);
  std::string covered;
  for (const char* key : {"", "a", "aa", "b", "c", "cc", "f", "g", "h", "i", "m", "o", "p", "q"})
    if (filter.decide(key, true, 7, Kind::kDelete) == Keep::kKeep)
      covered += key + std::string(" ");
  CHECK(covered == "a c cc f g h m o q ");

  CHECK(filter.older_runs_over("c", "e") == OlderRuns::kEverywhere);
  CHECK(filter.older_runs_over("e", "h") == OlderRuns::kEverywhere);
  CHECK(filter.older_runs_over("c", "h") == OlderRuns::kSomewhere);
  CHECK(filter.older_runs_over("i", "l") == OlderRuns::kNowhere);
  CHECK(filter.older_runs_over("r", "z") == OlderRuns::kNowhere);
}

TEST_CASE("the form for stretches agrees with asking for every key") {
  MergeRules rules;
  rules.history_floor = 100;
  const Version older =
      version_from_text("L1 #1 c..f\nL1 #2 h..h\nL1 #3 m..p\nL2 #4 e..g\nL2 #5 q..r\n");
  rules.older_runs = {older.level(1).runs[0], older.level(2).runs[0]};
  for (char lo = 'a'; lo <= 'z'; ++lo) {
    for (char hi = lo; hi <= 'z'; ++hi) {
      RecordFilter filter(rules);
      size_t covered = 0;
      for (char key = lo; key <= hi; ++key)
        covered += filter.decide(std::string(1, key), true, 7, Kind::kDelete) == Keep::kKeep;
      const OlderRuns over = filter.older_runs_over(std::string(1, lo), std::string(1, hi));
      CHECK((over == OlderRuns::kNowhere) == (covered == 0));
      if (over == OlderRuns::kEverywhere) CHECK(covered == static_cast<size_t>(hi - lo + 1));
    }
  }
}

TEST_CASE("kinds that this build cannot merge are refused, not lost") {
  const MergeRules rules;
  RecordFilter filter(rules);
  CHECK_THROWS_AS(filter.decide("k", true, 3, Kind::kMerge), NotSupported);
  CHECK_THROWS_AS(filter.decide("k", true, 3, Kind::kRangeDelete), NotSupported);
}
