// Logs form a chain, and a gap in it is noticed from both sides.
#include <doctest/doctest.h>

#include "log_disk.h"
#include "lsmkit/log/log_header.h"

using namespace lsmkit;

namespace {

// Writes a log with these records; sealed for `successor` unless it is 0.
void write_log(StringDisk& disk, uint64_t n, uint64_t predecessor,
               const std::vector<std::string>& records, uint64_t successor = 0,
               LogPosition synced = kNothingSynced) {
  disk.files.erase(path_of(n));
  auto log = create_log(disk, n, predecessor);
  for (const std::string& record : records) append(*log, record, synced);
  if (successor != 0) log->seal(number(successor), n * 10, synced);
}

using Records = std::vector<std::string>;

}  // namespace

TEST_CASE("a chain starts at the oldest log that the MANIFEST names, and older ones are ignored") {
  StringDisk disk;
  write_log(disk, 1, 0, {"a"}, 2);
  write_log(disk, 2, 1, {"b"}, 3);
  write_log(disk, 3, 2, {"c"});
  CHECK(replay(disk, {3, 1, 2}, 1).records == Records{"a", "b", "c"});
  CHECK(replay(disk, {1, 2, 3}, 2).records == Records{"b", "c"});
  disk.files[path_of(1)] = "rubbish";
  CHECK(replay(disk, {1, 2, 3}, 2).records == Records{"b", "c"});
}

TEST_CASE("log numbers may have gaps, as long as the logs name each other") {
  StringDisk disk;
  write_log(disk, 5, 2, {"a"}, 9);
  write_log(disk, 9, 5, {"b"}, 1'000'000);
  write_log(disk, 1'000'000, 9, {"c"});
  CHECK(replay(disk, {5, 9, 1'000'000}, 5).records == Records{"a", "b", "c"});
}

TEST_CASE("a missing log is damage that names it") {
  const auto missing = [](StringDisk& disk, const std::vector<uint64_t>& present, uint64_t oldest) {
    const Replayed result = replay(disk, present, oldest);
    CHECK(result.error.find("the file is missing") != std::string::npos);
    return result.damaged_file;
  };
  StringDisk disk;
  write_log(disk, 1, 0, {"a"}, 2);
  write_log(disk, 2, 1, {"b"}, 3);
  write_log(disk, 3, 2, {"c"});

  SUBCASE("the oldest") {
    CHECK(missing(disk, {2, 3}, 1) == path_of(1));
  }
  SUBCASE("one in the middle, whose predecessor is sealed") {
    disk.files.erase(path_of(2));
    CHECK(missing(disk, {1, 3}, 1) == path_of(2));
  }
  SUBCASE("one in the middle, whose predecessor is torn") {
    write_log(disk, 1, 0, {"a"});
    disk.files.erase(path_of(2));
    CHECK(missing(disk, {1, 3}, 1) == path_of(2));
  }
  SUBCASE("the last, named by a seal") {
    disk.files.erase(path_of(3));
    CHECK(missing(disk, {1, 2}, 1) == path_of(3));
  }
}

TEST_CASE("a missing oldest log is no damage while no later log holds anything") {
  StringDisk disk;
  CHECK(replay(disk, {}, 4).error == "");
  write_log(disk, 5, 4, {});
  const Replayed result = replay(disk, {5}, 4);
  CHECK(result.error == "");
  CHECK(result.records.empty());
  CHECK(result.report.logs.empty());
}

TEST_CASE("history ends in a log that has no seal, and what later logs hold is dropped") {
  StringDisk disk;
  write_log(disk, 1, 0, {"a", "b"});
  write_log(disk, 2, 1, {"c"}, 3);
  write_log(disk, 3, 2, {"d"});
  const Replayed result = replay(disk, {1, 2, 3}, 1);
  CHECK(result.error == "");
  CHECK(result.records == Records{"a", "b"});
  CHECK(result.report.logs == std::vector<LogNumber>{number(1)});
  CHECK(result.report.torn_tail.find("no seal, and later logs hold records") != std::string::npos);
  CHECK(result.report.dropped_bytes ==
        disk.files[path_of(2)].size() + disk.files[path_of(3)].size() - 2 * kLogHeaderBytes);
}

TEST_CASE("a later log that knows more to have been synced turns that into damage") {
  StringDisk disk;
  write_log(disk, 1, 0, {"a", "b"});
  const uint64_t end = disk.files[path_of(1)].size();
  for (const auto& [synced, is_damage] : {std::pair{LogPosition{number(1), end}, false},
                                          {LogPosition{number(1), end + 1}, true},
                                          {LogPosition{number(2), 0}, true}}) {
    write_log(disk, 2, 1, {"c"}, 0, synced);
    const Replayed result = replay(disk, {1, 2}, 1);
    CHECK(result.damaged_file == (is_damage ? path_of(1) : ""));
    if (is_damage) CHECK(result.damaged_offset == end);
  }
}

TEST_CASE("logs that were being created when the power went are no damage") {
  StringDisk disk;
  write_log(disk, 1, 0, {"a"}, 2);
  write_log(disk, 2, 1, {"b"});
  write_log(disk, 3, 2, {});
  const std::string header = disk.files[path_of(3)];
  for (const std::string& torn :
       {header, std::string(), header.substr(0, 40), std::string(64, '\0'),
        std::string(1 << 20, '\0'), header.substr(0, 8) + std::string(56, '\0')}) {
    disk.files[path_of(3)] = torn;
    CHECK(replay(disk, {1, 2, 3}, 1).records == Records{"a", "b"});
    CHECK(replay(disk, {1, 2, 3}, 1).report.torn_tail == "");
    // Likewise as the log that a seal has just named.
    write_log(disk, 2, 1, {"b"}, 3);
    CHECK(replay(disk, {1, 2, 3}, 1).records == Records{"a", "b"});
    write_log(disk, 2, 1, {"b"});
  }
}

TEST_CASE("a header that is gone while its log or a later one holds records is damage") {
  StringDisk disk;
  write_log(disk, 1, 0, {"a"}, 2);
  write_log(disk, 2, 1, {"b"}, 3);
  write_log(disk, 3, 2, {"c"});
  StringDisk unsealed;
  unsealed.files = disk.files;
  write_log(unsealed, 1, 0, {"a"});
  for (const auto& [n, whole] :
       {std::pair{1, &disk}, {2, &disk}, {3, &disk}, {2, &unsealed}, {3, &unsealed}}) {
    StringDisk damaged;
    damaged.files = whole->files;
    damaged.files[path_of(n)].replace(0, kLogHeaderBytes, std::string(kLogHeaderBytes, '\0'));
    const Replayed result = replay(damaged, {1, 2, 3}, 1);
    CHECK(result.damaged_file == path_of(n));
    CHECK(result.damaged_offset == 0);
    CHECK(result.error.find("the log header is not valid") != std::string::npos);
  }
}

TEST_CASE("a log that holds nothing is told from one that does, and from a stranger's file") {
  StringDisk disk;
  write_log(disk, 1, 0, {});
  const std::string header = disk.files[path_of(1)];
  const auto recordless = [&](const std::string& content) {
    disk.files[path_of(1)] = content;
    return is_recordless_log(disk, path_of(1));
  };
  const std::string zeros(100'000, '\0');
  for (const std::string& ours : {std::string(), zeros, header, header + zeros})
    CHECK(recordless(ours));
  for (size_t torn = 1; torn < header.size(); ++torn) {
    CHECK(recordless(header.substr(0, torn)));
    CHECK(recordless(header.substr(0, torn) + zeros));
  }
  write_log(disk, 1, 0, {""});
  CHECK_FALSE(recordless(disk.files[path_of(1)]));
  CHECK_FALSE(recordless(zeros + "x"));
  for (const char* foreign : {"x", "2026-11-21 started\n", "\x89PNG\r\n"})
    CHECK_FALSE(recordless(foreign));
  for (const std::string& noise : {std::string(), std::string(64, 'x'), "x" + zeros}) {
    disk.files[path_of(1)] = noise;
    CHECK(ends_before_records(disk, path_of(1)));
    disk.files[path_of(1)] = std::string(64, '\0') + "x";
    CHECK_FALSE(ends_before_records(disk, path_of(1)));
  }
  LogFileHeader future;
  future.format_version = 2;
  CHECK_THROWS_AS(recordless(encode(future)), NotSupported);
}

TEST_CASE("a log under another's name, of another database or kind is damage") {
  StringDisk disk;
  write_log(disk, 1, 0, {"a"}, 2);
  write_log(disk, 2, 1, {"b"});
  const auto damage_with = [&](const std::string& second) {
    StringDisk changed;
    changed.files = disk.files;
    changed.files[path_of(2)] = second;
    const Replayed as_successor = replay(changed, {1, 2}, 1);
    CHECK(as_successor.damaged_file == path_of(2));
    const Replayed as_oldest = replay(changed, {2}, 2);
    return as_oldest.damaged_file;
  };
  StringDisk other;
  CHECK(damage_with(disk.files[path_of(1)]) == path_of(2));
  create_log(other, 2, 1, kDatabase + 1);
  CHECK(damage_with(other.files[path_of(2)]) == path_of(2));
  other.files.clear();
  LogWriter::create(other, path_of(2), {kDatabase, number(2), number(1), LogKind::kManifest}, 0);
  CHECK(damage_with(other.files[path_of(2)]) == path_of(2));

  // A log 2 that follows another log than the one whose seal names it.
  StringDisk forked;
  write_log(forked, 4, 3, {"a"}, 6);
  write_log(forked, 6, 5, {"b"});
  CHECK(replay(forked, {4, 6}, 4).damaged_file == path_of(6));
}

TEST_CASE("a log that holds records and is not in the chain is damage") {
  StringDisk disk;
  write_log(disk, 5, 0, {"a"}, 7);
  write_log(disk, 6, 5, {"passed over"});
  write_log(disk, 7, 5, {"b"});
  CHECK(replay(disk, {5, 6, 7}, 5).damaged_file == path_of(6));
  write_log(disk, 6, 5, {});
  CHECK(replay(disk, {5, 6, 7}, 5).records == Records{"a", "b"});

  write_log(disk, 8, 2, {"of another chain"});
  CHECK(replay(disk, {5, 7, 8}, 5).damaged_file == path_of(8));
  write_log(disk, 8, 0, {});  // an open was cut short here before its MANIFEST stood
  CHECK(replay(disk, {5, 7, 8}, 5).records == Records{"a", "b"});
}

TEST_CASE("the seal of a clean close ends the chain, and nothing may follow it") {
  StringDisk disk;
  auto log = create_log(disk, 1);
  append(*log, "a");
  log->seal(number(0), 12, kNothingSynced);
  write_log(disk, 2, 1, {});
  const Replayed closed = replay(disk, {1, 2}, 1);
  CHECK(closed.records == Records{"a"});
  CHECK(closed.report.sealed);
  CHECK(closed.report.sealed_last_seqno == 12);
  CHECK(closed.report.end == log->position());
  write_log(disk, 2, 1, {"b"});
  CHECK(replay(disk, {1, 2}, 1).damaged_file == path_of(1));
}

TEST_CASE("a seal that names its own log or an older one does not lead round in circles") {
  for (const uint64_t successor : {1, 2}) {
    StringDisk disk;
    write_log(disk, 1, 0, {"a"}, 2);
    write_log(disk, 2, 1, {"b"}, successor);
    CHECK(replay(disk, {1, 2}, 1).damaged_file == path_of(2));
  }
}

TEST_CASE("a mark reaches 254 logs back; from further on nothing is claimed") {
  for (const uint64_t back : {254, 255, 300}) {
    StringDisk disk;
    write_log(disk, 1, 0, {"a"});
    write_log(disk, 1 + back, 1, {"b"}, 0, {number(1), 10'000});
    const Replayed result = replay(disk, {1, 1 + back}, 1);
    CHECK(result.damaged_file == (back == 254 ? path_of(1) : ""));
  }
}

TEST_CASE("one file alone is read by the same rule, and its kind is checked") {
  StringDisk disk;
  auto manifest = LogWriter::create(disk, "db/MANIFEST",
                                    {kDatabase, number(40), number(0), LogKind::kManifest}, 0);
  append(*manifest, "first edit");
  const uint64_t second = manifest->size();
  append(*manifest, "second edit", manifest->position());
  append(*manifest, "third edit", manifest->position());
  Records edits;
  const auto take = [&](std::string_view edit, LogPosition begin) {
    CHECK(begin.log == number(40));
    edits.emplace_back(edit);
  };
  const auto read = [&] {
    edits.clear();
    return replay_file(disk, "db/MANIFEST", LogKind::kManifest, kDatabase, take);
  };
  CHECK(read().end == manifest->position());
  CHECK(edits == Records{"first edit", "second edit", "third edit"});
  CHECK_THROWS_AS(replay_file(disk, "db/MANIFEST", LogKind::kWal, {}, take), CorruptionError);
  CHECK_THROWS_AS(replay_file(disk, "db/MANIFEST", LogKind::kManifest, 1, take), CorruptionError);

  std::string& file = disk.files["db/MANIFEST"];
  const std::string whole = file;
  file.back() ^= 1;  // the last edit is torn
  CHECK(read().torn_tail != "");
  CHECK(edits == Records{"first edit", "second edit"});
  file = whole;
  file[second + 20] ^= 1;  // the third says that the second was synced
  CHECK_THROWS_AS(read(), CorruptionError);
  file = whole.substr(0, 63);
  CHECK_THROWS_AS(read(), CorruptionError);
}

TEST_CASE("a sealed log read alone ends with its seal, wherever that leads") {
  StringDisk disk;
  write_log(disk, 3, 2, {"a"}, 4);
  Records records;
  const ReplayReport report =
      replay_file(disk, path_of(3), LogKind::kWal, {},
                  [&](std::string_view record, LogPosition) { records.emplace_back(record); });
  CHECK(records == Records{"a"});
  CHECK(report.sealed);
  CHECK(report.sealed_last_seqno == 30);
}
