// The bytes of edits: the written example reads as it says, everything survives the trip, and
// hostile bytes raise.
#include <doctest/doctest.h>

#include <fstream>
#include <random>
#include <sstream>
#include <string>

#include "lsmkit/bytes/coding.h"
#include "lsmkit/version/version.h"

using namespace lsmkit;

namespace {

// The hex digits of the example in FORMAT.md: of each indented line of its section, what stands
// before two blanks in a row.
std::string example_bytes() {
  std::ifstream in(std::string(LSMKIT_TESTDATA) + "/../../../cpp/version/FORMAT.md");
  REQUIRE(in.good());
  std::string bytes, line;
  bool in_example = false;
  while (std::getline(in, line)) {
    if (line.rfind("## ", 0) == 0) in_example = line == "## Example";
    if (!in_example || line.rfind("    ", 0) != 0) continue;
    line.erase(0, line.find_first_not_of(' '));
    std::istringstream digits(line.substr(0, line.find("  ")));
    for (std::string byte; digits >> byte;)
      bytes += static_cast<char>(std::stoi(byte, nullptr, 16));
  }
  return bytes;
}

std::string encoded(const VersionEdit& edit) {
  std::string bytes;
  encode(edit, bytes);
  return bytes;
}

TableRef full_table() {
  TableMeta t;
  t.number = pack_table_number(JobNumber{9}, 2, 5);
  t.id = 0xfedcba9876543210;
  t.smallest = {"a", 17, Kind::kDelete, false};
  t.largest = {std::string("z\0\xff", 3), 3, Kind::kRangeDelete, true};
  t.weight = 1'000;
  t.file_bytes = 700;
  t.key_bytes = 300;
  t.value_bytes = 400;
  t.entry_count = 30;
  t.tombstone_count = 2;
  t.range_tombstone_count = 1;
  t.smallest_seqno = 3;
  t.largest_seqno = 17;
  t.ingest_seqno = 11;
  t.created_us = 1'700'000'000'000'000;
  t.earliest_expiry_us = 5;
  t.latest_expiry_us = 6;
  t.codec = Codec::kZstd;
  t.samples = {{"a", 0}, {std::string(32, 'k'), 500}};
  t.unknown = {{32, "later"}, {18, std::string("\0", 1)}};
  return std::make_shared<const TableMeta>(t);
}

VersionEdit full_of_everything() {
  VersionEdit edit;
  edit.reason = EditReason::kLevelFull;
  edit.job = JobNumber{9};
  edit.score = 1.25;
  edit.removed = {{1, 0, TableNumber{7}, "k"}, {2, 0, TableNumber{8}, ""}};
  edit.added = {{2, 0, full_table()}, {0, 99, full_table()}};
  edit.cursors = {{1, "k"}, {2, std::string("\0", 1)}};
  edit.last_seqno = kMaxSeqno;
  edit.next_job = JobNumber{10};
  edit.next_log = LogNumber{4};
  edit.oldest_log = LogNumber{3};
  edit.flushed_seqno = 12;
  edit.history_floor = 11;
  edit.counters.emplace();
  uint64_t n = 100;
  for (const auto field : kCounterFields) *edit.counters.*field = n++;
  edit.options = "fanout=8\n";
  edit.typed_codec = "str,json";
  edit.unknown = {{40, "one"}, {38, "two"}, {40, "three"}};
  return edit;
}

}  // namespace

TEST_CASE("the example in FORMAT.md reads as it says, and is written the same way again") {
  const std::string bytes = example_bytes();
  REQUIRE(bytes.size() == 3 + 3 + 3 + 3 + 43 + 4);
  const VersionEdit edit = decode_version_edit(bytes);
  CHECK(edit.reason == EditReason::kFlush);
  CHECK(edit.job == JobNumber{1});
  CHECK(edit.last_seqno == 7);
  CHECK(edit.flushed_seqno == 7);
  REQUIRE(edit.added.size() == 1);
  CHECK(edit.added[0].level == 0);
  CHECK(edit.added[0].run == 7);
  CHECK(to_text(*edit.added[0].table) ==
        "#0.0.256 ape..zoo weight=25 entries=2 tombstones=1 file_bytes=300 seqnos=3..7 first=3 "
        "last=7:2");
  CHECK(edit.unknown == UnknownFields{{32, "hi"}});
  CHECK(encoded(edit) == bytes);
}

TEST_CASE("an edit full of everything comes back, unknown fields included") {
  const VersionEdit edit = full_of_everything();
  const std::string bytes = encoded(edit);
  const VersionEdit back = decode_version_edit(bytes);
  CHECK(encoded(back) == bytes);
  CHECK(back.score == edit.score);
  CHECK(back.cursors == edit.cursors);
  CHECK(back.removed[1].smallest_key.empty());
  CHECK(*back.added[0].table == *full_table());
  CHECK(*back.counters == *edit.counters);
  CHECK(back.options == edit.options);
  CHECK(back.typed_codec == edit.typed_codec);
  CHECK(back.unknown == edit.unknown);
  CHECK(back.last_seqno == kMaxSeqno);
  CHECK_FALSE(decode_version_edit("").last_seqno);
}

TEST_CASE("an unknown odd tag is NotSupported and named, in edits and in table metas") {
  std::string bytes = encoded(full_of_everything());
  put_varint(bytes, 41);
  put_length_prefixed(bytes, "x");
  try {
    decode_version_edit(bytes);
    FAIL("decoded");
  } catch (const NotSupported& error) {
    CHECK(std::string(error.what()).find("41") != std::string::npos);
  }
  std::string meta;
  encode(*full_table(), meta);
  put_varint(meta, 1001);
  put_length_prefixed(meta, "");
  CHECK_THROWS_AS(decode_table_meta(meta), NotSupported);
}

TEST_CASE("metas that contradict themselves are damage") {
  const auto refused = [](auto&& change) {
    TableMeta table = *full_table();
    change(table);
    std::string bytes;
    encode(table, bytes);
    CHECK_THROWS_AS(decode_table_meta(bytes), DecodeError);
  };
  refused([](TableMeta& t) { t.smallest.key = "zz"; });
  refused([](TableMeta& t) { t.largest = t.smallest, t.largest.exclusive = true; });
  refused([](TableMeta& t) { t.smallest_seqno = 18; });
  refused([](TableMeta& t) { t.largest_seqno = kMaxSeqno + 1; });
  refused([](TableMeta& t) { t.tombstone_count = 31; });
  refused([](TableMeta& t) { t.smallest.kind = Kind{0}; });
  refused([](TableMeta& t) { t.smallest.kind = Kind{8}; });
  refused([](TableMeta& t) { t.samples.resize(17); });
  refused([](TableMeta& t) { t.samples[0].key = std::string(33, 'a'); });
  refused([](TableMeta& t) { t.samples[0].weight_before = 501; });
  refused([](TableMeta& t) { t.samples[1].weight_before = 1'001; });
  refused([](TableMeta& t) { t.largest.key = std::string(65'536, 'z'); });
  CHECK_THROWS_AS(decode_table_meta(""), DecodeError);
}

TEST_CASE("a field that appears twice, is cut short, or goes on too long is damage") {
  const auto refused = [](std::string_view bytes) {
    CHECK_THROWS_AS(decode_version_edit(bytes), DecodeError);
  };
  refused(std::string_view("\x05\x01\x07\x05\x01\x07", 6));       // last seqno twice
  refused(std::string_view("\x05\x02\x07", 3));                   // ends early
  refused(std::string_view("\x05\x02\x07\x07", 4));               // a byte left over
  refused(std::string_view("\x00\x00", 2));                       // tag 0
  refused(std::string_view("\x03\x04\x10\x00\x01k", 6));          // level 16
  refused(std::string_view("\x08\x02\x01k\x08\x02\x01m", 8));     // one cursor twice
  refused(std::string_view("\x06\x08\0\0\0\0\0\0\xf0\x7f", 10));  // an infinite score
}

TEST_CASE("every cut and 20,000 random changes of an edit either decode or raise") {
  const std::string bytes = encoded(full_of_everything());
  const auto survive = [](std::string_view hostile) {
    try {
      const VersionEdit edit = decode_version_edit(hostile);
      std::string again;
      encode(edit, again);
      std::string third;
      encode(decode_version_edit(again), third);
      CHECK(third == again);
    } catch (const DecodeError&) {
    } catch (const NotSupported&) {
    }
  };
  for (size_t n = 0; n < bytes.size(); ++n) survive(std::string_view(bytes).substr(0, n));
  std::mt19937_64 random(11);
  for (int i = 0; i < 20'000; ++i) {
    std::string hostile = bytes;
    for (uint64_t changes = 1 + random() % 3; changes > 0; --changes)
      hostile[random() % hostile.size()] = static_cast<char>(random());
    survive(hostile);
  }
}
