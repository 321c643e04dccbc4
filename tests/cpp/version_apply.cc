// Versions as values: every sequence of edits gives what a plain list of tables gives, old versions
// stay as they were, and edits that can't be right are refused with a sentence.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "lsmkit/bytes/error.h"
#include "lsmkit/version/version.h"
#include "support/datadriven.h"

using namespace lsmkit;

namespace {

// "+L1 #3 a..c" adds, "-L1 #3" removes, "L1 cursor=k" sets a cursor; "-... key=x" lies about the
// key.
VersionEdit edit_from(const Version& version, const std::string& text) {
  VersionEdit edit;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line[0] == '-') {
      const size_t blank = line.find(' ');
      const TableNumber number = table_from_text(line.substr(blank + 1) + " a..a").number;
      const auto place = version.find(number);
      const auto level = static_cast<uint32_t>(std::stoul(line.substr(2, blank - 2)));
      edit.removed.push_back(
          {level, place ? place->run : 0, number, place ? place->table->smallest.key : "nowhere"});
    } else {
      Version one = Version(1);
      VersionEdit add = full_edit(version_from_text(line[0] == '+' ? line.substr(1) : line));
      edit.added.insert(edit.added.end(), add.added.begin(), add.added.end());
      edit.cursors.merge(add.cursors);
    }
  }
  return edit;
}

// The oracle: tables in a plain map.
struct PlainVersion {
  std::map<TableNumber, TablePlace> tables;

  void apply(const VersionEdit& edit) {
    for (const RemovedTable& removed : edit.removed) tables.erase(removed.number);
    for (const AddedTable& a : edit.added) tables[a.table->number] = {a.level, a.run, a.table};
  }
  Version from_scratch() const {
    VersionEdit edit;
    for (const auto& [number, place] : tables)
      edit.added.push_back({place.level, place.run, place.table});
    return Version().after(edit);
  }
};

// Six-digit keys, so that numbers and keys sort alike.
std::string key_of(uint64_t n) {
  std::string digits = std::to_string(n);
  return std::string(6 - digits.size(), '0') + digits;
}

class RandomEdits {
 public:
  explicit RandomEdits(uint64_t seed) : random_(seed) {}

  // A new L0 run, or a replacement of a few neighbouring tables of a level by others.
  VersionEdit next(const Version& version) {
    VersionEdit edit;
    if (below(5) == 0) {
      const Seqno first = ++seqno_;
      seqno_ += below(10);
      uint64_t from = below(1'000);
      for (uint64_t n = 1 + below(3); n > 0; --n) from = add(edit, 0, seqno_, from, first);
      if (version.level(0).runs.size() > 6) remove_run(edit, 0, version.level(0).runs.back());
      return edit;
    }
    const auto level = static_cast<uint32_t>(1 + below(4));
    const uint64_t lo = below(90'000);
    const uint64_t hi = lo + below(3'000);
    const auto& runs = version.level(level).runs;
    if (!runs.empty()) {
      for (const TableRef& table : runs[0].overlapping(key_of(lo), key_of(hi)))
        edit.removed.push_back({level, 0, table->number, table->smallest.key});
    }
    for (uint64_t at = lo; at + 200 < hi && below(4) != 0;) at = add(edit, level, 0, at, 0, hi);
    return edit;
  }

 private:
  uint64_t below(uint64_t n) { return random_() % n; }

  uint64_t add(VersionEdit& edit, uint32_t level, RunId run, uint64_t from, Seqno first_seqno,
               uint64_t limit = 99'999) {
    TableMeta table;
    table.number = TableNumber{++number_};
    table.smallest.key = key_of(from);
    const uint64_t to = std::min(from + below(400), limit);
    table.largest.key = key_of(to);
    table.weight = below(3) == 0 ? 100 : 1 + below(1'000);
    table.file_bytes = below(900);
    table.entry_count = 1 + below(50);
    table.tombstone_count = below(2);
    table.smallest_seqno = first_seqno;
    table.largest_seqno = first_seqno;
    edit.added.push_back({level, run, std::make_shared<const TableMeta>(table)});
    return to + 1 + below(50);
  }

  void remove_run(VersionEdit& edit, uint32_t level, const Run& run) {
    run.for_each([&](const TableRef& table) {
      edit.removed.push_back({level, run.id(), table->number, table->smallest.key});
    });
  }

  std::mt19937_64 random_;
  uint64_t number_ = 0;
  Seqno seqno_ = 0;
};

}  // namespace

TEST_CASE("edits and refusals, as a conversation") {
  Version version;
  run_datadriven("version/apply", [&](const Directive& d) {
    if (d.command == "define") {
      version = version_from_text(d.input);
    } else {
      REQUIRE(d.command == "apply");
      version = apply(version, edit_from(version, d.input));
    }
    version.check_invariants();
    return to_text(version);
  });
}

TEST_CASE("5,000 random edits give what building from scratch gives, and all invariants hold") {
  RandomEdits edits(3);
  PlainVersion plain;
  Version version;
  for (int i = 1; i <= 5'000; ++i) {
    const VersionEdit edit = edits.next(version);
    version = apply(version, edit);
    plain.apply(edit);
    REQUIRE(version.table_count() == plain.tables.size());
    if (i % 50 != 0) continue;
    version.check_invariants();
    const Version scratch = plain.from_scratch();
    scratch.check_invariants();
    REQUIRE(to_text(version) == to_text(scratch));
    CHECK(version.weight() == scratch.weight());
    CHECK(version.entry_count() == scratch.entry_count());
  }
  CHECK(version.table_count() > 100);
}

TEST_CASE("an old version does not notice what is done to its successors") {
  RandomEdits edits(4);
  Version version;
  std::vector<std::pair<Version, std::string>> kept;
  for (int i = 0; i < 500; ++i) {
    version = apply(version, edits.next(version));
    if (i % 25 == 0) kept.emplace_back(version, to_text(version));
  }
  for (const auto& [old, text] : kept) {
    CHECK(to_text(old) == text);
    old.check_invariants();
  }
}

TEST_CASE("an edit with changed bytes is refused or leaves a version that holds all invariants") {
  RandomEdits edits(9);
  std::mt19937_64 random(10);
  Version version;
  for (int i = 0; i < 300; ++i) version = apply(version, edits.next(version));
  size_t applied = 0, refused = 0;
  for (int i = 0; i < 5'000; ++i) {
    std::string bytes;
    encode(edits.next(version), bytes);
    if (bytes.empty()) continue;
    for (uint64_t changes = 1 + random() % 2; changes > 0; --changes)
      bytes[random() % bytes.size()] ^= static_cast<char>(1 << random() % 8);
    try {
      const VersionEdit edit = decode_version_edit(bytes);
      apply(version, edit).check_invariants();
      ++applied;
    } catch (const DecodeError&) {
    } catch (const NotSupported&) {
    } catch (const InvalidArgument&) {
      ++refused;
    }
  }
  CHECK(applied > 100);
  CHECK(refused > 100);
}

TEST_CASE("range questions answer as looking at every table does") {
  RandomEdits edits(5);
  Version version;
  for (int i = 0; i < 2'000; ++i) version = apply(version, edits.next(version));
  std::mt19937_64 random(6);
  const Run run = version.level(2).runs.at(0);
  const std::vector<TableRef> all = run.tables();
  for (int i = 0; i < 2'000; ++i) {
    const std::string lo = key_of(random() % 95'000);
    const std::string hi = std::max(lo, key_of(random() % 95'000));
    std::vector<TableRef> met;
    uint64_t weight = 0;
    TableRef not_before, after, before;
    for (const TableRef& t : all) {
      if (t->largest.key >= lo && t->smallest.key <= hi) met.push_back(t), weight += t->weight;
      if (!not_before && t->largest.key >= lo) not_before = t;
      if (!after && t->smallest.key > lo) after = t;
      if (t->largest.key < lo) before = t;
    }
    REQUIRE(run.overlapping(lo, hi) == met);
    REQUIRE(run.overlapping_weight(lo, hi) == weight);
    REQUIRE(run.overlaps(lo, hi) == !met.empty());
    REQUIRE(run.first_not_before(lo) == not_before);
    REQUIRE(run.first_after(lo) == after);
    REQUIRE(run.last_before(lo) == before);
  }
}

TEST_CASE("tables come in the order of each picker, equals in key order") {
  RandomEdits edits(7);
  Version version;
  for (int i = 0; i < 2'000; ++i) version = apply(version, edits.next(version));
  const Run run = version.level(1).runs.at(0);
  const Run next = version.level(2).runs.at(0);
  const auto overlap = [&](const TableRef& t) {
    return next.overlapping_weight(t->smallest.key, t->largest.key);
  };
  const auto check = [&](TableOrder order, const auto& comes_before) {
    std::vector<TableRef> expected = run.tables();
    std::stable_sort(expected.begin(), expected.end(), comes_before);
    std::vector<TableRef> visited;
    run.for_each_in(order, [&](const TableRef& table, uint64_t weight) {
      CHECK(weight == overlap(table));
      visited.push_back(table);
      return false;
    });
    CHECK(visited == expected);
  };
  check(TableOrder::kOverlap, [&](const TableRef& a, const TableRef& b) {
    return overlap(a) * b->weight < overlap(b) * a->weight;
  });
  check(TableOrder::kSmallestSeqno,
        [](const TableRef& a, const TableRef& b) { return a->smallest_seqno < b->smallest_seqno; });
  check(TableOrder::kLargestSeqno,
        [](const TableRef& a, const TableRef& b) { return a->largest_seqno < b->largest_seqno; });
  check(TableOrder::kTombstones, [&](const TableRef& a, const TableRef& b) {
    return a->tombstone_count * (overlap(b) + b->weight + 1) >
           b->tombstone_count * (overlap(a) + a->weight + 1);
  });
}

TEST_CASE("a version survives the trip through text and through a full edit") {
  RandomEdits edits(8);
  Version version;
  for (int i = 0; i < 300; ++i) version = apply(version, edits.next(version));
  VersionEdit cursor;
  cursor.cursors = {{1, std::string("\0..x,", 5)}, {3, "plain"}};
  version = apply(version, cursor);
  CHECK(to_text(version_from_text(to_text(version))) == to_text(version));
  CHECK(version_from_text(to_text(version)).cursor(1) == cursor.cursors[1]);
  std::string bytes;
  encode(full_edit(version), bytes);
  CHECK(to_text(apply(Version(), decode_version_edit(bytes))) == to_text(version));
}

TEST_CASE("every field of a table survives the trip through text") {
  const std::string text =
      "#9.2.5 a\\x2e..\\x00\\xff.b weight=1000 entries=30 tombstones=2 range_tombstones=1 "
      "file_bytes=700 key_bytes=300 value_bytes=400 ingest=11 created_us=17 earliest_expiry_us=5 "
      "latest_expiry_us=6 seqnos=3..17 first=17:2 last=3:4:exclusive id=18364758544493064720 "
      "keyspace=3 codec=1 samples=a@0,k@k@500 unknown=32:6c61,18:";
  CHECK(to_text(table_from_text(text)) == text);
  CHECK(table_from_text(text).smallest.key == "a.");
  CHECK(table_from_text(text).largest.key == std::string("\0\xff.b", 4));
  for (const char* bad : {"", "#1", "1 a..b", "#1 a-b", "#1 a..b colour=red", "#1 a..b weight=x",
                          "#1.300.0 a..b", "#1 a..b last=3:9", "#1 \\y..b", "#1 \\x0..b"})
    CHECK_THROWS_AS(table_from_text(bad), InvalidArgument);
}
