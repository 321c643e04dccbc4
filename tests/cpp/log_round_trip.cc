// What was appended comes back: every size, any pieces, in order.
#include <doctest/doctest.h>

#include <algorithm>
#include <random>

#include "log_counting_new.h"
#include "log_disk.h"
#include "lsmkit/log/log_dump.h"

using namespace lsmkit;

namespace {

void check_round_trip(const std::vector<std::string>& records) {
  StringDisk disk;
  auto log = create_log(disk, 1);
  std::vector<LogPosition> begins;
  for (const std::string& record : records) {
    begins.push_back(log->position());
    const size_t left = left_in_block(log->size());
    if (left < kChunkHeaderBytes) begins.back().offset += left;
    const uint64_t end = append(*log, record, log->position());
    REQUIRE(end == log->size());
    REQUIRE(end == disk.files[path_of(1)].size());
  }
  const Replayed back = replay(disk, {1}, 1);
  CAPTURE(back.report.torn_tail);
  REQUIRE(back.error == "");
  REQUIRE(back.records == records);
  CHECK(back.report.records == records.size());
  CHECK(back.report.end == log->position());
  CHECK(back.report.torn_tail == "");
  CHECK(back.report.dropped_bytes == 0);
  CHECK(back.begins == begins);
}

}  // namespace

TEST_CASE("records of every size around block edges come back") {
  // The first record leaves `left` bytes of the block, the second meets that edge.
  for (size_t left = 0; left <= 40; ++left) {
    const size_t first = kLogBlockBytes - kLogHeaderBytes - kChunkHeaderBytes - left;
    for (const size_t second : {0, 1, 12, 13, 14, 26, 27, 28, 100, 32'741, 32'742, 32'743, 32'755,
                                32'756, 65'510, 65'523, 100'000}) {
      check_round_trip({patterned(first, left), patterned(second, second), "after"});
    }
  }
}

TEST_CASE("records of 0 to 100,000 bytes come back, and one of 5 MB") {
  std::vector<std::string> records;
  for (size_t bytes = 0; bytes <= 100'000; bytes += 1 + bytes / 16)
    records.push_back(patterned(bytes, bytes));
  records.push_back(patterned(5'000'000, 5));
  records.push_back("");
  check_round_trip(records);
}

TEST_CASE("random records in random pieces come back as a list keeps them") {
  std::mt19937_64 random(20);
  for (int round = 0; round < 30; ++round) {
    StringDisk disk;
    auto log = create_log(disk, 1);
    std::vector<std::string> model;
    while (log->size() < 300'000) {
      const size_t bytes = random() % 4 == 0 ? random() % 60'000 : random() % 300;
      const std::string record = patterned(bytes, random());
      std::vector<std::string_view> pieces;
      for (size_t at = 0; at < bytes;) {
        const size_t n = random() % 3 == 0 ? 0 : std::min(bytes - at, random() % 20'000);
        pieces.push_back(std::string_view(record).substr(at, n));
        at += n;
      }
      log->allocate(bytes);
      log->append(pieces, kNothingSynced);
      model.push_back(record);
    }
    REQUIRE(replay(disk, {1}, 1).records == model);
  }
}

TEST_CASE("a record that fits its block is one commit, and appending allocates nothing (W1.2)") {
  StringDisk disk;
  auto log = LogWriter::create(disk, path_of(1), {kDatabase, number(1)}, 1 << 20);
  const std::string a = patterned(40, 1), b = patterned(95, 2), large = patterned(70'000, 3);
  const std::string_view small_pieces[] = {a, "", b}, large_pieces[] = {a, large};

  log->append(large_pieces, log->position());  // the disk itself may allocate, once
  const uint64_t commits = disk.commit_count;
  uint64_t allocations = allocation_count();
  for (int i = 0; i < 100; ++i) log->append(small_pieces, log->position());
  CHECK(allocation_count() == allocations);
  CHECK(disk.commit_count == commits + 100);

  allocations = allocation_count();
  log->append(large_pieces, log->position());
  CHECK(allocation_count() == allocations);
  CHECK(disk.commit_count == commits + 101);
  CHECK(replay(disk, {1}, 1).records.size() == 102);
}

TEST_CASE("a full disk is found before anything changes, and the log still takes what fits") {
  StringDisk disk;
  auto log = create_log(disk, 1);
  append(*log, "before");
  const std::string bytes = disk.files[path_of(1)];
  disk.room_bytes = bytes.size() + 1000;
  CHECK_THROWS_AS(log->allocate(2000), IoError);
  CHECK(disk.files[path_of(1)] == bytes);
  append(*log, "small");
  CHECK(replay(disk, {1}, 1).records == std::vector<std::string>{"before", "small"});
}

TEST_CASE("allocate asks for room enough for any record and a seal after it") {
  std::mt19937_64 random(3);
  for (int round = 0; round < 300; ++round) {
    StringDisk disk;
    auto log = create_log(disk, 1);
    append(*log, patterned(random() % 70'000, 1));
    const std::string record = patterned(random() % 100'000, 2);
    // The least room with which allocate succeeds is enough.
    uint64_t low = log->size(), high = low + 200'000;
    while (low < high) {
      disk.room_bytes = (low + high) / 2;
      try {
        log->allocate(record.size());
        high = disk.room_bytes;
      } catch (const IoError&) {
        low = disk.room_bytes + 1;
      }
    }
    const std::string_view pieces[] = {record};
    log->append(pieces, kNothingSynced);
    log->seal(LogNumber{~uint64_t{0}}, kMaxSeqno, kNothingSynced);
    CHECK(log->size() <= low);
  }
}

TEST_CASE("a seal fits wherever a log ends") {
  for (size_t left = 0; left <= 60; ++left) {
    StringDisk disk;
    auto log = create_log(disk, 1);
    append(*log, patterned(kLogBlockBytes - kLogHeaderBytes - kChunkHeaderBytes - left, left));
    log->seal(number(0), 1'000'000'000'000, kNothingSynced);
    const Replayed back = replay(disk, {1}, 1);
    CHECK(back.error == "");
    CHECK(back.records.size() == 1);
    CHECK(back.report.sealed);
    CHECK(back.report.sealed_last_seqno == 1'000'000'000'000);
    CHECK(back.report.end == log->position());
  }
}

TEST_CASE("a sealed log takes no more, and neither does one whose append failed") {
  StringDisk disk;
  auto sealed = create_log(disk, 1);
  sealed->seal(number(2), 7, kNothingSynced);
  CHECK_THROWS_AS(append(*sealed, "late"), InvalidArgument);
  CHECK_THROWS_AS(sealed->seal(number(3), 7, kNothingSynced), InvalidArgument);

  for (const size_t bytes : {10, 100'000}) {
    auto failed = create_log(disk, bytes);
    disk.commits_fail = true;
    CHECK_THROWS_AS(append(*failed, patterned(bytes, 1)), IoError);
    disk.commits_fail = false;
    CHECK_THROWS_AS(append(*failed, "after an unknown tail"), InvalidArgument);
  }
}

TEST_CASE("a record above 2 GiB and a log above 1 TiB are refused before anything is written") {
  StringDisk disk;
  auto log = create_log(disk, 1);
  CHECK_THROWS_AS(log->allocate(kMaxRecordBytes + 1), InvalidArgument);
  CHECK_THROWS_AS(log->allocate(~uint64_t{0}), InvalidArgument);
  append(*log, "fine");
  CHECK(replay(disk, {1}, 1).records.size() == 1);
}

TEST_CASE("the file holds zeros past its end as space allocated ahead: a clean end") {
  StringDisk disk;
  auto log = create_log(disk, 1);
  append(*log, "one");
  append(*log, std::string(100, '\0'));  // its own zeros belong to it
  for (const size_t ahead : {1, 12, 13, 4096, 1'000'000}) {
    StringDisk longer;
    longer.files = disk.files;
    longer.files[path_of(1)].append(ahead, '\0');
    const Replayed back = replay(longer, {1}, 1);
    CHECK(back.records.size() == 2);
    CHECK(back.report.torn_tail == "");
    CHECK(back.report.end == log->position());
  }
}

TEST_CASE("a dump shows every chunk, and goes on after damage") {
  StringDisk disk;
  auto log = create_log(disk, 4, 3);
  append(*log, "one");
  const uint64_t second = log->size();
  append(*log, "two", {number(3), 77});
  append(*log, patterned(40'000, 1), log->position());
  log->seal(number(5), 9, {});
  disk.files[path_of(4)][second + 14] ^= 1;

  std::vector<std::pair<ChunkState, ChunkType>> shown;
  const LogFileHeader header = walk_chunks(disk, path_of(4), [&](const ChunkView& chunk) {
    shown.emplace_back(chunk.state, chunk.type);
    if (chunk.type == ChunkType::kFirst)
      CHECK(chunk.synced == LogPosition{number(4), chunk.offset});
  });
  CHECK(header.identity.predecessor == number(3));
  using Shown = decltype(shown);
  CHECK(shown == Shown{{ChunkState::kValid, ChunkType::kFull},
                       {ChunkState::kBadChecksum, ChunkType::kFull},
                       {ChunkState::kValid, ChunkType::kFirst},
                       {ChunkState::kValid, ChunkType::kLast},
                       {ChunkState::kValid, ChunkType::kSeal}});
}
