// Events say what an edit did, survive the trip through bytes, and read as a line; amplification is
// what DESIGN 4 defines.
#include <doctest/doctest.h>

#include <cmath>
#include <random>

#include "lsmkit/bytes/coding.h"
#include "lsmkit/trace/amplification.h"
#include "lsmkit/trace/event.h"

using namespace lsmkit;

namespace {

const char* const kShape =
    "L0 #5 a..m weight=100 entries=10 file_bytes=60 seqnos=1..10\n"
    "L1 #1 a..c weight=200 entries=20 file_bytes=120 tombstones=1 seqnos=1..3\n"
    "L1 #2 x..z weight=300 entries=30 file_bytes=180\n";

VersionEdit merge_of_5_and_1() {
  VersionEdit edit;
  edit.reason = EditReason::kL0ToBase;
  edit.job = JobNumber{9};
  edit.score = 1.5;
  edit.removed = {{0, 10, pack_table_number(JobNumber{5}, 0, 0), "a"},
                  {1, 0, pack_table_number(JobNumber{1}, 0, 0), "a"}};
  edit.added = {{1, 0,
                 std::make_shared<const TableMeta>(
                     table_from_text("#9 a..m weight=250 entries=25 file_bytes=150 seqnos=0..9"))}};
  return edit;
}

}  // namespace

TEST_CASE("a compaction's event says what was read, written and dropped, as rectangles") {
  const Version before = version_from_text(kShape);
  const Event event = event_of(merge_of_5_and_1(), before);
  CHECK(event.kind == EventKind::kCompaction);
  CHECK(event.job == JobNumber{9});
  CHECK(event.input_level == 0);
  CHECK(event.output_level == 1);
  CHECK(event.read_bytes == 180);
  CHECK(event.read_weight == 300);
  CHECK(event.written_bytes == 150);
  CHECK(event.written_weight == 250);
  CHECK(event.in_entries == 30);
  CHECK(event.out_entries == 25);
  CHECK(event.dropped_entries == 5);
  REQUIRE(event.removed.size() == 2);
  CHECK(event.removed[1].smallest_key == "a");
  CHECK(event.removed[1].largest_key == "c");
  CHECK(event.removed[1].tombstone_count == 1);
  REQUIRE(event.added.size() == 1);
  CHECK(event.added[0].largest_seqno == 9);
  CHECK(to_line(event) ==
        "    0.000000 s  compaction job 9 (L0 to base, score 1.50) L0 2 tables 0.00 MiB -> L1 1 "
        "table 0.00 MiB, 5 of 30 entries dropped");
}

TEST_CASE("a trivial move reads and writes nothing, a flush only writes") {
  const Version before = version_from_text(kShape);
  const TablePlace place = *before.find(pack_table_number(JobNumber{2}, 0, 0));
  VersionEdit move;
  move.reason = EditReason::kLevelFull;
  move.removed = {{1, 0, place.table->number, "x"}};
  move.added = {{2, 0, place.table}};
  const Event moved = event_of(move, before);
  CHECK(moved.kind == EventKind::kTrivialMove);
  CHECK(moved.input_level == 1);
  CHECK(moved.output_level == 2);
  CHECK(moved.read_bytes == 0);
  CHECK(moved.written_weight == 0);
  CHECK(moved.dropped_entries == 0);

  VersionEdit flush;
  flush.reason = EditReason::kFlush;
  flush.added = {{0, 20,
                  std::make_shared<const TableMeta>(
                      table_from_text("#10 b..c weight=7 file_bytes=5 entries=1 seqnos=11..20"))}};
  const Event flushed = event_of(flush, before);
  CHECK(flushed.kind == EventKind::kFlush);
  CHECK(flushed.read_bytes == 0);
  CHECK(flushed.written_bytes == 5);
  CHECK(flushed.out_entries == 1);

  VersionEdit dropped = merge_of_5_and_1();
  dropped.added.clear();
  CHECK(event_of(dropped, before).dropped_entries == 30);
  CHECK(event_of(dropped, before).kind == EventKind::kCompaction);
}

TEST_CASE("a keyframe holds every table") {
  Counters counters;
  counters.puts = 7;
  const Event event = keyframe_of(version_from_text(kShape), counters);
  CHECK(event.added.size() == 3);
  CHECK(event.added[0].run == 10);
  CHECK(event.counters == counters);
  CHECK(to_line(event) == "    0.000000 s  keyframe: 3 tables");
}

TEST_CASE("events survive the trip through bytes; hostile bytes only raise") {
  Event event = event_of(merge_of_5_and_1(), version_from_text(kShape));
  event.number = 3;
  event.time_us = 1'500'000;
  event.wall_us = 1'700'000'000'000'000;
  event.duration_us = 2'500;
  event.last_seqno = 77;
  event.counters.emplace();
  event.counters->puts = 12;
  event.text = "two\nlines";
  event.unknown = {{100, "later"}};
  std::string bytes;
  encode(event, bytes);
  CHECK(decode_event(bytes) == event);
  CHECK(to_line(event).find("2.500 ms: two lines") != std::string::npos);

  std::string odd = bytes;
  put_varint(odd, 99);
  put_length_prefixed(odd, "");
  CHECK_THROWS_AS(decode_event(odd), NotSupported);
  CHECK_THROWS_AS(decode_event(""), DecodeError);
  std::mt19937_64 random(5);
  for (int i = 0; i < 20'000; ++i) {
    std::string hostile = bytes.substr(0, 1 + random() % bytes.size());
    hostile[random() % hostile.size()] = static_cast<char>(random());
    try {
      to_line(decode_event(hostile));
    } catch (const DecodeError&) {
    } catch (const NotSupported&) {
    }
  }
}

TEST_CASE("amplification is bytes or weight written over what was put, in a window") {
  Counters begin;
  begin.user_key_bytes = 16;
  begin.user_value_bytes = 100;
  begin.flush_file_bytes = 1'000;
  Counters end = begin;
  end.user_key_bytes += 160;
  end.user_value_bytes += 1'000;
  end.user_weight += 1'240;
  end.log_bytes += 1'392;
  end.flush_file_bytes += 1'160;
  end.flush_weight += 1'240;
  end.compaction_written_file_bytes += 4'640;
  end.compaction_written_weight += 8'680;
  const Counters counted = difference(end, begin);
  CHECK(write_amp(counted) == doctest::Approx(5));
  CHECK(write_amp_weight(counted) == doctest::Approx(8));
  CHECK(log_amp(counted) == doctest::Approx(1.2));
  CHECK(write_amp_over_flush(counted) == doctest::Approx(5));
  CHECK(std::isnan(write_amp(Counters())));

  const Version version =
      version_from_text("L1 #1 a..b weight=300 file_bytes=100 key_bytes=50 value_bytes=150\n");
  CHECK(space_amp(version, 200) == doctest::Approx(1.5));
  CHECK(compression_ratio(version) == doctest::Approx(0.5));
}
